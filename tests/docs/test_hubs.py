"""Claims of `how-to/hubs.md`."""

import json
import re
from typing import Any

import pytest
from fastapi import FastAPI

from examples.snippets import arguments, hooks, members, names, results, sending, several
from serverless_hub import EmbeddedService, HubDefinitionError, HubRouter, ServerlessHub
from serverless_hub.hub.clients import CallerClients
from serverless_hub.protocol.messages import NO_RESULT, Close, Completion, Invocation
from tests.docs.pages import cells, page
from tests.support.client import Client, connected
from tests.support.server import serving

HUBS = page("how-to/hubs.md")
TEA = {"name": "tea", "cents": 250}


async def outcome(client: Client, target: str, *values: Any) -> Any:
    """Return the result of a call, or its error as text."""
    completion = await client.invoke(target, *values)
    return client.result_of(completion) if completion.error is None else completion.error


def call(target: str, *values: Any) -> Invocation:
    """Return a call that nobody answers."""
    return Invocation(target, values)


async def test_targets_are_named_as_the_class_says() -> None:
    targets = ("placeOrder", "PLACEORDER", "cancel", "cancelOrder", "place_order", "_receipt")
    unknown = "Invocation failed, status code 404"
    async with serving(names.app) as url, connected(url, "orders") as client:
        outcomes = [await outcome(client, target, "tea") for target in targets]
    assert outcomes == ["receipt for tea", "receipt for tea", "cancelled: tea", unknown, unknown, unknown]
    assert unknown in HUBS


def test_two_targets_that_differ_only_by_case_are_a_definition_error() -> None:
    async def method(self: ServerlessHub) -> None: ...

    with pytest.raises(HubDefinitionError, match="same target"):
        type("Twice", (ServerlessHub,), {"go": method, "Go": method})


CALLS: list[tuple[str, list[Any], str]] = [
    ("add", [TEA], "1 x tea for 250 cents, labels: none"),
    ("add", [TEA, 3, "gift", "hurry"], "3 x tea for 750 cents, labels: gift, hurry"),
    ("deliver", ["2026-12-24", "home"], "delivered on a Thursday to the home"),
    ("deliver", ["2026-12-24"], "'deliver' takes 2 arguments: 1 came"),
    ("deliver", ["2026-12-24", "moon"], "'deliver' cannot be called like that: to: Input should be 'home' or 'office'"),
    ("add", [TEA | {"cents": 0}], "'add' cannot be called like that: item.cents: Input should be greater than 0"),
]


async def test_arguments_are_bound_and_refused_as_shown() -> None:
    shown = [text for _, _, text in CALLS]
    async with serving(arguments.app) as url, connected(url, "basket") as client:
        assert [await outcome(client, target, *values) for target, values, _ in CALLS] == shown
    assert [text for text in shown if text not in HUBS] == []


async def test_results_and_errors_are_those_of_the_table() -> None:
    async with serving(results.app) as url, connected(url, "bank") as client:
        account = await outcome(client, "account", "ann")
        nobody = await outcome(client, "account", "bob")
        nothing = await client.invoke("remind", "ann")
        unexpected = await outcome(client, "remind", "bob")
        too_much = await outcome(client, "withdraw", "ann", 5000)
    assert nothing == Completion(nothing.invocation_id, NO_RESULT)
    text, number = re.split(r"(?<=Error id: )", unexpected)
    assert re.fullmatch("[0-9a-f]{12}", number)
    shown = [json.dumps(account, separators=(",", ":")), nobody, text, too_much]
    assert [value for value in shown if f"`{value}" not in HUBS] == []


@pytest.fixture
def empty_lounge() -> None:
    hooks.seated.clear()


@pytest.mark.usefixtures("empty_lounge")
async def test_a_client_that_is_refused_reads_why_may_not_reconnect_and_never_leaves() -> None:
    async with serving(hooks.app) as url, connected(url, "lounge") as first:
        assert await first.call_of("seated") == [1]
        async with connected(url, "lounge") as second:
            assert await first.call_of("seated") == [2]
            async with connected(url, "lounge") as third:
                assert await third.receive() == Close("the lounge is full", allow_reconnect=False)
                await third.socket.wait_closed()
            await second.socket.close()
        # The first to leave is the second: there is nothing about the third.
        assert await first.call_of("left") == [1, None]


@pytest.mark.usefixtures("empty_lounge")
async def test_the_hook_reads_why_a_connection_was_lost() -> None:
    async with serving(hooks.app) as url, connected(url, "lounge") as first, connected(url, "lounge") as second:
        await second.call_of("seated")
        await second.socket.close(1011)
        assert await first.call_of("left") == [1, "The connection was lost (WebSocket code 1011)."]
        async with connected(url, "lounge") as third:
            await first.call_of("seated")
            third.socket.transport.abort()
            (_, reason) = await first.call_of("left")
            assert reason.startswith("The connection was lost")


async def test_a_story_reaches_the_other_followers_and_its_author_hears_that_it_is_out() -> None:
    story = {"title": "Rain", "words": 3}
    async with serving(sending.app) as url, connected(url, "news") as author, connected(url, "news") as reader:
        for client in (author, reader):
            await client.invoke("follow", "weather")
        await author.send(call("publish", "weather", story))
        assert await author.call_of("published") == ["Rain"]
        assert await reader.call_of("story") == ["weather", story]
        await reader.invoke("unfollow", "weather")
        await author.invoke("publish", "weather", story)
        await author.invoke("publish", "sports", story)
        await reader.invoke("follow", "weather")
        await author.invoke("publish", "weather", story | {"title": "Sun"})
        assert await reader.call_of("story") == ["weather", story | {"title": "Sun"}]


async def test_a_user_is_in_a_group_with_all_connections_those_to_come_too() -> None:
    async with serving(members.app) as url, connected(url, "club", name="ben") as head:
        await head.invoke("enrol", "ann")
        async with connected(url, "club", name="ann") as first, connected(url, "club", name="ann") as second:
            await head.invoke("announce", "hello")
            assert await first.call_of("announced") == ["hello"]
            assert await second.call_of("announced") == ["hello"]
        assert await outcome(head, "isMember", "ann") is True
        await head.invoke("expel", "ann")
        assert await outcome(head, "isMember", "ann") is False


async def test_an_invitation_for_no_time_is_for_those_who_are_there() -> None:
    async with serving(members.app) as url, connected(url, "club", name="eve") as guest:
        await guest.invoke("invite", "eve", 0)
        await guest.send(call("announce", "hello"))
        assert await guest.call_of("announced") == ["hello"]
        async with connected(url, "club", name="eve") as later:
            await guest.invoke("announce", "too late for some")
            # Had the announcement reached it, it would come before what is sent next.
            await guest.invoke("invite", "eve", 0)
            await guest.send(call("announce", "again"))
            assert await later.call_of("announced") == ["again"]


async def test_a_closed_connection_reads_the_reason_and_may_reconnect() -> None:
    async with serving(sending.app) as url, connected(url, "news") as client:
        await client.send(call("leave"))
        assert await client.receive() == Close("goodbye", allow_reconnect=True)


async def test_a_connection_that_is_not_open_cannot_be_removed() -> None:
    async with serving(sending.app) as url, connected(url, "news") as client:
        assert await outcome(client, "remove", "nobody") == "that connection is not open"


def test_the_table_of_receivers_is_complete() -> None:
    shown = {name for row in cells("how-to/hubs.md", "Sending") for name in re.findall(r"`(\w+)[(`]", row[0])}
    other_types = {"typed", "untyped"}  # the same receivers, of another type
    assert shown == {name for name in dir(CallerClients) if not name.startswith("_")} - other_types


async def test_hubs_of_one_router_are_apart() -> None:
    async with (
        serving(several.app) as url,
        connected(url, "live/chat") as chat,
        connected(url, "live/ticker") as ticker,
    ):
        await chat.invoke("shout", "hello")
        await ticker.send(call("quote", 250))
        # Had the shout reached the ticker, it would come first.
        message = await ticker.receive()
        assert getattr(message, "target", None) == "quoted"


@pytest.mark.parametrize("installed", [True, False])
async def test_installed_events_pass_before_the_middleware_and_included_ones_through_it(installed: bool) -> None:
    seen: list[str] = []
    app = FastAPI()

    @app.middleware("http")
    async def watch(request: Any, call_next: Any) -> Any:
        seen.append(request.url.path)
        return await call_next(request)

    router = HubRouter(several.Chat, default_service=EmbeddedService())
    if installed:
        router.install(app)
    else:
        app.include_router(router)
    async with serving(app) as url, connected(url) as client:
        await client.invoke("shout", "hello")
    assert ("/runtime/webhooks/signalr" in seen) is not installed
