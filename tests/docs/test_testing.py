"""The tests that `how-to/testing.md` shows, and its claims."""

# --8<-- [start:imports]
from typing import Any

import pytest

# --8<-- [end:imports]
from examples.snippets import fixtures
from examples.snippets.bindings import order
from examples.snippets.functions import add, send_message
from examples.snippets.injection import Notebook, Notes, app, open_notebook
from examples.snippets.members import Club, who
from examples.snippets.members import app as club
from examples.snippets.typed import Shop
from examples.snippets.typed import app as shop
from serverless_hub import HubException, InvocationContext, Negotiation
from serverless_hub.bindings import SignalRMessage, SignalROutput
from serverless_hub.protocol.upstream import Category
from serverless_hub.testing import (
    Action,
    ConnectError,
    ExpectationError,
    HubTestClient,
    Receivers,
    SendRecorder,
    Sent,
    call,
)
from tests.docs.pages import ROOT, page
from tests.support.pytest_run import run_pytest


# --8<-- [start:plain]
async def test_a_missing_number_is_one() -> None:
    assert await add(40, 2) == 42
    assert await add(40) == 41


# --8<-- [end:plain]
# --8<-- [start:output]
class Remembering(SignalROutput):
    def __init__(self) -> None:
        self.items: list[Any] = []

    async def add(self, item: Any) -> None:
        self.items.append(item)


async def test_the_packers_hear_of_an_order() -> None:
    sent = Remembering()
    await order(7, sent)
    assert sent.items == [SignalRMessage(target="ordered", arguments=[7], group_name="packers")]


# --8<-- [end:output]
# --8<-- [start:context]
async def test_a_message_goes_to_its_room() -> None:
    recorder = SendRecorder()
    context = InvocationContext(
        hub="chat", category=Category.MESSAGES, event="sendMessage", connection_id="c1", sender=recorder
    )
    assert await send_message(context, "lobby", "Hello") == 5
    assert recorder.sent == [Sent(Receivers("groups", ("lobby",)), "receiveMessage", ["Hello"])]


# --8<-- [end:context]
# --8<-- [start:call]
async def test_members_hear_what_is_announced() -> None:
    called = await call(Club, "announce", "tea is ready", user_id="ann")
    assert called.sent == [Sent(Receivers("groups", ("members",)), "announced", ["tea is ready"])]


async def test_who_enrols_is_in_the_group_of_members() -> None:
    called = await call(Club, "enrol", "ann")
    assert called.actions == [Action("add_user_to_group", ("ann", "members", None))]


# --8<-- [end:call]
# --8<-- [start:answers]
async def test_an_order_that_is_confirmed_is_bought() -> None:
    called = await call(Shop, "buy", {"number": 1, "total_cents": 250}, answers={"confirm": True})
    assert called.result == "bought"


# --8<-- [end:answers]
# --8<-- [start:overrides]
class Blank(Notebook):
    def write(self, text: str) -> int:
        return len(text)


async def test_a_note_goes_into_the_notebook() -> None:
    called = await call(Notes, "write", "four", overrides={open_notebook: Blank})
    assert called.result == 4


# --8<-- [end:overrides]
# --8<-- [start:client]
async def test_a_price_reaches_all_others() -> None:
    async with HubTestClient(shop) as hub:
        ann = await hub.connect()
        ben = await hub.connect(protocol="messagepack", transport="long-polling")
        await ann.invoke("setPrice", "tea", 250)
        assert await ben.receive("priceChanged", returns=tuple[str, int]) == ("tea", 250)
        await ann.expect_nothing()


# --8<-- [end:client]
# --8<-- [start:handler]
async def test_a_client_that_says_no_leaves_the_order_in_the_shop() -> None:
    def confirm(order: dict[str, int]) -> bool:
        return order["totalCents"] < 100

    async with HubTestClient(shop) as hub:
        ann = await hub.connect()
        ann.on("confirm", confirm)
        assert await ann.invoke("buy", {"number": 1, "total_cents": 250}) == "left in the shop"


# --8<-- [end:handler]
# --8<-- [start:errors]
async def test_a_note_is_one_text() -> None:
    async with HubTestClient(app, Notes) as hub:
        ann = await hub.connect()
        with pytest.raises(HubException, match="takes 1 argument"):
            await ann.invoke("write", "buy", "tea")


# --8<-- [end:errors]
# --8<-- [start:user]
async def test_a_member_is_who_has_signed_in() -> None:
    async with HubTestClient(club) as hub:
        ann = await hub.connect(headers={"name": "ann"})  # asks the app's own negotiate
        ben = await hub.connect(user_id="ben", claims={"role": "cook"})  # does not
        await ann.invoke("enrol", "ben")
        await ann.invoke("announce", "tea is ready")
        assert await ben.receive("announced") == ["tea is ready"]


# --8<-- [end:user]
# --8<-- [start:overridden]
async def ann() -> Negotiation:
    return Negotiation(user_id="ann")


async def test_the_app_may_be_told_who_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(club.dependency_overrides, who, ann)
    async with HubTestClient(club) as hub:
        client = await hub.connect()
        await client.invoke("enrol", "ann")
        await client.invoke("announce", "welcome")
        assert await client.receive("announced") == ["welcome"]


# --8<-- [end:overridden]
# --8<-- [start:request]
async def test_a_price_may_be_put_over_http() -> None:
    async with HubTestClient(shop) as hub:
        ann = await hub.connect()
        reply = await hub.request("PUT", "/prices/tea?cents=250")
        assert reply.status == 200
        assert await ann.receive("priceChanged") == ["tea", 250]


# --8<-- [end:request]


async def test_a_failure_reads_as_the_page_shows() -> None:
    async with HubTestClient(shop) as hub:
        ann = await hub.connect(user_id="ann")
        await ann.invoke("setPrice", "tea", 250)
        with pytest.raises(ExpectationError) as caught:
            await ann.receive("priceChanged", timeout=0.1)
    assert " ".join(str(caught.value).split()) in page("how-to/testing.md")


async def test_a_client_of_one_that_negotiate_refuses_is_a_connect_error() -> None:
    async with HubTestClient(club, base_url="http://elsewhere.example.com") as hub:
        with pytest.raises(ConnectError, match="400"):
            await hub.connect()


def test_the_fixture_runs_the_app_that_hub_app_returns() -> None:
    assert fixtures.__name__ == "examples.snippets.fixtures"
    output = run_pytest(ROOT / "examples" / "snippets" / "fixtures.py", asyncio_mode="auto")
    assert "1 passed" in output, output


def test_a_hub_that_was_made_by_hand_has_no_event() -> None:
    with pytest.raises(RuntimeError, match="has no event here"):
        _ = Notes(Notebook()).clients
