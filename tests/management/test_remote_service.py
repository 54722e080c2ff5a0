"""One service at several endpoints, over real HTTP: where messages and clients go, and what fails how."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from serverless_hub.errors import (
    ConfigurationError,
    ConnectionGoneError,
    InvalidArgumentError,
    PartialFailureError,
    TokenError,
    UnauthorizedError,
    UnreachableError,
)
from serverless_hub.http_client import HttpClient
from serverless_hub.hub.negotiation import Negotiation
from serverless_hub.hub.ports import Receivers
from serverless_hub.management.remote_service import RemoteService
from serverless_hub.management.retry import RetryPolicy
from serverless_hub.management.send_options import SendOptions
from serverless_hub.protocol.endpoint import Endpoint
from serverless_hub.protocol.tokens import unverified_claims
from tests.support.client import Client
from tests.support.clock import ManualClock
from tests.support.services import KEY, OneToken, client_of, closed, endpoint, keyless, service

ALL = Receivers("all")
ANN = Negotiation(user_id="ann", claims={"role": "admin"})
ONCE = SendOptions(retry=RetryPolicy.none())
OTHER_KEY = "other-other-other-other-other-other"


@asynccontextmanager
async def remote(
    *endpoints: Endpoint, clock: ManualClock | None = None, **options: Any
) -> AsyncGenerator[RemoteService]:
    """Yield a service that runs."""
    http = HttpClient()
    found = RemoteService(endpoints, http, clock or ManualClock(time.time()), options.pop("options", ONCE), **options)
    await found.start()
    try:
        yield found
    finally:
        await found.stop()
        await http.close()


@asynccontextmanager
async def two_services() -> AsyncGenerator[tuple[Endpoint, Endpoint]]:
    async with service() as east, service(OTHER_KEY) as west:
        yield endpoint(east, "east"), endpoint(west, "west", key=OTHER_KEY)


@asynccontextmanager
async def clients(found: RemoteService, names: Sequence[str] = ("east", "west")) -> AsyncGenerator[list[Client]]:
    """Yield a client at each endpoint."""
    infos = {state.name: info for state, info in await found.connection_infos("chat", ANN)}
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(client_of(infos[name])) for name in names]


async def until_offline(found: RemoteService, clock: ManualClock, *names: str) -> None:
    """Let time pass until these endpoints are offline."""
    async with asyncio.timeout(10):
        while {state.name for state in found.endpoints() if not state.online} != set(names):
            await clock.advance(3)


# --- sending


@pytest.mark.requirement("endpoints.send")
async def test_messages_and_management_go_to_every_endpoint() -> None:
    async with two_services() as endpoints, remote(*endpoints) as found, clients(found) as (east, west):
        sender = found.sender("chat")
        await sender.send(ALL, "heard", ["hi"])
        assert [await east.call_of("heard"), await west.call_of("heard")] == [["hi"], ["hi"]]
        assert await sender.exists("users", "ann")
        await sender.add_user_to_group("ann", "admins", None)
        await sender.send(Receivers("groups", ("admins",)), "heard", ["again"])
        assert [await east.call_of("heard"), await west.call_of("heard")] == [["again"], ["again"]]


async def test_a_connection_is_found_wherever_it_is() -> None:
    async with two_services() as endpoints, remote(*endpoints) as found, clients(found) as both:
        sender = found.sender("chat")
        ids = [client.result_of(await client.invoke("my_id")) for client in both]
        for connection_id in ids:
            assert await sender.exists("connections", connection_id)
            await sender.add_to_group(connection_id, "room")
        members: list[str] = []
        page = await sender.group_members("room", page_size=1, continuation=None)
        members += [member.connection_id for member in page.members]
        while page.continuation is not None:
            page = await sender.group_members("room", page_size=1, continuation=page.continuation)
            members += [member.connection_id for member in page.members]
        assert members == ids
        with pytest.raises(ConnectionGoneError):
            await sender.invoke("nobody", "ask", [], 1.0)


@pytest.mark.requirement("endpoints.choose")
async def test_messages_go_to_the_endpoints_that_are_chosen_by_name_or_url() -> None:
    async with two_services() as endpoints, remote(*endpoints) as found, clients(found) as (east, west):
        await found.sender("chat", ["east"]).send(ALL, "heard", ["east only"])
        await found.sender("chat", [endpoints[1].url]).send(ALL, "heard", ["west only"])
        await found.sender("chat", ["east", "west"]).send(ALL, "heard", ["both"])
        assert [await east.call_of("heard"), await east.call_of("heard")] == [["east only"], ["both"]]
        assert [await west.call_of("heard"), await west.call_of("heard")] == [["west only"], ["both"]]


@pytest.mark.parametrize(
    ("only", "text"), [([], "no endpoint is named"), (["east", "north"], "'north' is no"), ([""], "'' is no endpoint")]
)
async def test_an_endpoint_that_does_not_exist_cannot_be_chosen(only: list[str], text: str) -> None:
    async with remote(endpoint("https://e.example", "east"), endpoint("https://w.example")) as found:
        with pytest.raises(InvalidArgumentError, match=text) as raised:
            found.sender("chat", only)
        assert str(raised.value).endswith("there are east, https://w.example")
        with pytest.raises(TypeError, match=r"write \['east'\]"):
            found.sender("chat", "east")


@pytest.mark.requirement("endpoints.partial")
async def test_an_endpoint_that_does_not_answer_is_named_and_the_others_have_it() -> None:
    with closed() as down:
        async with service() as up, remote(endpoint(up, "up"), endpoint(down, "down")) as found:
            async with clients(found, ["up"]) as (client,):
                with pytest.raises(PartialFailureError, match="1 of 2 SignalR endpoints failed: down: ") as raised:
                    await found.sender("chat").send(ALL, "heard", ["hi"])
                assert await client.call_of("heard") == ["hi"]
            assert isinstance(raised.value.failures["down"], UnreachableError)
            assert KEY not in str(raised.value)


@pytest.mark.requirement("endpoints.send")
async def test_an_endpoint_that_is_offline_gets_neither_messages_nor_clients() -> None:
    clock = ManualClock(time.time())
    with closed() as down:
        endpoints = endpoint(down, "down"), endpoint("http://127.0.0.1:9", "spare", primary=False)
        async with service() as up, remote(*endpoints, endpoint(up, "up"), clock=clock) as found:
            await until_offline(found, clock, "down", "spare")
            for _ in range(5):
                assert (await found.connection_info("chat", ANN)).url.startswith(up)
            async with clients(found, ["up"]) as (client,):
                await found.sender("chat").send(ALL, "heard", ["hi"])
                assert await client.call_of("heard") == ["hi"]
                with pytest.raises(UnreachableError):  # somebody wants it nevertheless
                    await found.sender("chat", ["down"]).send(ALL, "heard", [])


@pytest.mark.requirement("endpoints.send")
async def test_without_any_endpoint_online_messages_are_tried_at_all_and_clients_are_not_sent_anywhere() -> None:
    clock = ManualClock(time.time())
    with closed() as one, closed() as other:
        async with remote(endpoint(one, "one"), endpoint(other, "other"), clock=clock) as found:
            await until_offline(found, clock, "one", "other")
            with pytest.raises(PartialFailureError, match="2 of 2"):
                await found.sender("chat").send(ALL, "heard", [])
            with pytest.raises(UnreachableError, match=r"none of .* is online"):
                await found.connection_info("chat", ANN)


async def test_the_only_endpoint_raises_its_own_errors() -> None:
    with closed() as down:
        async with remote(endpoint(down)) as found:
            with pytest.raises(UnreachableError):
                await found.sender("chat").send(ALL, "heard", [])
            assert (await found.connection_info("chat", ANN)).url == f"{down}/client/?hub=chat"


@pytest.mark.requirement("endpoints.keys")
async def test_one_service_with_two_keys_gets_everything_once() -> None:
    async with service() as url:
        found: RemoteService
        async with remote(endpoint(url), endpoint(url, "next", key=OTHER_KEY)) as found:
            assert list(found.keys) == [KEY, OTHER_KEY]
            assert len(found.endpoints()) == 1
            async with clients(found, [""]) as (client,):
                await found.sender("chat").send(ALL, "heard", [1])
                await found.sender("chat").send(ALL, "heard", [2])
                assert [await client.call_of("heard"), await client.call_of("heard")] == [[1], [2]]


async def test_senders_follow_when_the_endpoints_are_replaced() -> None:
    async with two_services() as (east, west), remote(east) as found:
        sender = found.sender("chat")
        chosen = found.sender("chat", ["east"])
        found.replace([east, west])
        found.replace([west])
        assert list(found.keys) == [OTHER_KEY]
        async with clients(found, ["west"]) as (client,):
            await sender.send(ALL, "heard", ["hi"])
            assert await client.call_of("heard") == ["hi"]
        with pytest.raises(InvalidArgumentError, match="'east' is no endpoint: there are west"):
            await chosen.send(ALL, "heard", [])
        with pytest.raises(ConfigurationError):
            found.replace([])
        assert [state.name for state in found.endpoints()] == ["west"]


@pytest.mark.requirement("hub-context.healthy")
async def test_asked_for_their_health_endpoints_say_how_they_are_now() -> None:
    with closed() as down:
        async with service() as up, remote(endpoint(up, "up"), endpoint(down, "down")) as found:
            assert {state.name: state.online for state in await found.check()} == {"up": True, "down": False}
        async with remote(endpoint(down)) as found:
            assert [state.online for state in await found.check()] == [False]


def test_a_service_signs_when_all_its_endpoints_have_a_key() -> None:
    assert RemoteService([endpoint("https://a")], HttpClient(), ManualClock()).signs
    assert not RemoteService([endpoint("https://a"), keyless("https://b")], HttpClient(), ManualClock()).signs


# --- clients


async def test_an_app_with_the_same_key_is_sure_who_the_client_is() -> None:
    async with (
        service() as url,
        remote(endpoint(url)) as found,
        client_of(await found.connection_info("chat", ANN)) as client,
    ):
        assert client.result_of(await client.invoke("whoami")) == ["ann", ["ann", {"role": "admin"}]]


async def test_another_seal_may_take_the_place_of_ours() -> None:
    async with remote(endpoint("https://a")) as found:
        info = await found.connection_info("chat", ANN, lambda key: f"sealed with {key}")
        assert unverified_claims(info.accessToken)["serverless_hub"] == f"sealed with {KEY}"


async def test_a_token_that_no_service_takes_is_not_made() -> None:
    async with remote(endpoint("https://a")) as found:
        for negotiate in (found.connection_info, found.connection_infos):
            with pytest.raises(TokenError):
                await negotiate("chat", Negotiation(claims={"text": "x" * 5000}))


async def test_every_endpoint_has_its_own_connection_info() -> None:
    async with two_services() as endpoints, remote(*endpoints) as found:
        infos = await found.connection_infos("chat", ANN)
        assert [(state.name, info.url) for state, info in infos] == [
            (each.name, f"{each.url}/client/?hub=chat") for each in endpoints
        ]


# --- endpoints without an access key


def with_credential() -> SendOptions:
    return SendOptions(retry=RetryPolicy.none(), credential=OneToken.at(time.time()))


@pytest.mark.requirement("rest-client.identity.client-tokens")
async def test_without_an_access_key_the_service_makes_the_clients_token() -> None:
    async with service() as url, remote(keyless(url), options=with_credential()) as found:
        info = await found.connection_info("chat", Negotiation(user_id="ann", lifetime=timedelta(minutes=5)))
        claims = unverified_claims(info.accessToken)
        assert claims["exp"] - claims["iat"] == 300
        async with client_of(info) as client:
            assert client.result_of(await client.invoke("whoami")) == ["ann", None]
        anonymous = await found.connection_info("chat", Negotiation())
        async with client_of(anonymous) as client:
            assert client.result_of(await client.invoke("whoami")) == [None, None]


@pytest.mark.requirement("rest-client.identity.client-tokens")
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"claims": {"role": "secret role"}}, "claims"),
        ({"close_on_authentication_expiration": True}, "close_on_authentication_expiration"),
        ({"authentication_expires_on": datetime(2100, 1, 1, tzinfo=UTC)}, "authentication_expires_on"),
        ({"detailed_errors": True, "diagnostic_client": True}, "detailed_errors, diagnostic_client"),
        ({"transports": ["WebSockets"]}, "transports"),
    ],
)
async def test_what_such_a_token_cannot_carry_is_refused_and_not_dropped(options: dict[str, Any], named: str) -> None:
    async with remote(keyless("https://a.example"), options=with_credential()) as found:
        for negotiate in (found.connection_info, found.connection_infos):
            with pytest.raises(ConfigurationError, match=f"they cannot carry {named} of a Negotiation") as raised:
                await negotiate("chat", Negotiation(user_id="ann", **options))
            assert "secret role" not in str(raised.value)


async def test_a_service_that_does_not_take_the_credential_makes_no_token() -> None:
    async with service(OTHER_KEY) as url, remote(keyless(url), options=with_credential()) as found:
        with pytest.raises(UnauthorizedError):
            await found.connection_info("chat", Negotiation())
        with pytest.raises(UnauthorizedError):
            await found.connection_infos("chat", Negotiation())


@pytest.mark.requirement("endpoint-bindings.negotiation.without")
async def test_an_endpoint_that_makes_no_token_now_is_left_out_of_several() -> None:
    with closed() as down:
        async with remote(
            keyless(down, "down"), endpoint("https://up.example", "up"), options=with_credential()
        ) as found:
            infos = await found.connection_infos("chat", Negotiation(user_id="ann"))
            assert [state.name for state, _ in infos] == ["up"]


async def test_keys_that_were_replaced_are_forgotten() -> None:
    with closed() as down:
        async with remote(endpoint(down, "old")) as found:
            for number in range(5):
                found.replace([endpoint(down, "new", key=f"{KEY}{number}")])
            assert len(found._clients) == 1  # pyright: ignore[reportPrivateUsage] - nothing else shows what is kept
