"""Several endpoints as one sender: everything at each of them, at once, and errors that say where."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from serverless_hub.errors import (
    ClientResultError,
    ConnectionGoneError,
    InvalidArgumentError,
    PartialFailureError,
    ServiceTimeoutError,
    UnreachableError,
)
from serverless_hub.hub.ports import GroupMember, GroupPage, HubSender, Receivers
from serverless_hub.management.fan_out import FanOutSender, Target
from serverless_hub.protocol.commands import CloseConnection
from tests.support.recording import RecordingSender, Sent

ALL = Receivers("all")


class Failing(RecordingSender):
    """An endpoint at which everything raises, after the others had the time to do it."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def send(self, *_: Any, **__: Any) -> None:
        await asyncio.sleep(0)
        raise self.error

    async def exists(self, *_: Any, **__: Any) -> bool:
        raise self.error

    async def send_stream_item(self, *_: Any, **__: Any) -> None:
        raise self.error


class Silent(RecordingSender):
    """An endpoint that never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.was_asked = asyncio.Event()
        self.was_cancelled = False

    async def exists(self, *_: Any, **__: Any) -> bool:
        return bool(await self.invoke())

    async def invoke(self, *_: Any, **__: Any) -> Any:
        self.was_asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.was_cancelled = True


def fan_out(*senders: HubSender) -> FanOutSender:
    targets = [Target(f"https://{number}.example", f"number {number}", sender) for number, sender in enumerate(senders)]
    return FanOutSender(lambda: targets)


def named(*pairs: tuple[str, HubSender]) -> FanOutSender:
    return FanOutSender(lambda: [Target(url, url, sender) for url, sender in pairs])


CALLS: list[tuple[Callable[[HubSender], Awaitable[Any]], tuple[Any, ...]]] = [
    (lambda s: s.add_to_group("c", "g"), ("add_to_group", "c", "g")),
    (lambda s: s.remove_from_group("c", "g"), ("remove_from_group", "c", "g")),
    (lambda s: s.remove_from_all_groups("c"), ("remove_from_all_groups", "c")),
    (lambda s: s.add_user_to_group("u", "g", 3), ("add_user_to_group", "u", "g", 3)),
    (lambda s: s.remove_user_from_group("u", "g"), ("remove_user_from_group", "u", "g")),
    (lambda s: s.remove_user_from_all_groups("u"), ("remove_user_from_all_groups", "u")),
    (lambda s: s.close(ALL, "late"), ("close", ALL, "late")),
    (lambda s: s.send_stream_item("c", "s", 1, completed=True), ("send_stream_item", "c", "s", 1, True)),
    (lambda s: s.complete_stream("c", "s", "e"), ("complete_stream", "c", "s", "e")),
    (lambda s: s.execute([CloseConnection()], "f"), ("execute", (CloseConnection(),), "f")),
]


@pytest.mark.parametrize(("call", "step"), CALLS, ids=[step[0] for _, step in CALLS])
async def test_what_is_done_is_done_at_every_endpoint(
    call: Callable[[HubSender], Awaitable[Any]], step: tuple[Any, ...]
) -> None:
    east, west = RecordingSender(), RecordingSender()
    await call(fan_out(east, west))
    assert east.steps == west.steps == [step]


async def test_a_message_goes_to_every_endpoint() -> None:
    east, west = RecordingSender(), RecordingSender()
    await fan_out(east, west).send(ALL, "news", [1, "x"])
    assert east.sent == west.sent == [Sent(ALL, "news", (1, "x"))]


async def test_endpoints_that_come_and_go_are_noticed_at_the_next_call() -> None:
    east, west = RecordingSender(), RecordingSender()
    targets = [Target("e", "e", east)]
    sender = FanOutSender(lambda: targets)
    await sender.send(ALL, "a", [])
    targets[:] = [Target("w", "w", west)]
    await sender.send(ALL, "b", [])
    assert ([sent.target for sent in east.sent], [sent.target for sent in west.sent]) == (["a"], ["b"])


# --- failures


@pytest.mark.requirement("endpoints.partial")
async def test_the_others_have_it_when_one_endpoint_fails_and_the_error_names_that_one() -> None:
    good, error = RecordingSender(), UnreachableError("no route")
    with pytest.raises(PartialFailureError) as raised:
        await fan_out(Failing(error), good).send(ALL, "news", [])
    assert raised.value.failures == {"number 0": error}
    assert str(raised.value) == "1 of 2 SignalR endpoints failed: number 0: no route"
    assert len(good.sent) == 1


async def test_when_all_fail_each_is_named() -> None:
    with pytest.raises(PartialFailureError, match=r"2 of 2 .*: number 0: a; number 1: b") as raised:
        await fan_out(Failing(UnreachableError("a")), Failing(ServiceTimeoutError("b"))).send(ALL, "news", [])
    assert set(raised.value.failures) == {"number 0", "number 1"}


async def test_the_error_of_the_only_endpoint_is_raised_as_it_is() -> None:
    error = UnreachableError("no route")
    with pytest.raises(UnreachableError) as raised:
        await fan_out(Failing(error)).send(ALL, "news", [])
    assert raised.value is error


@pytest.mark.parametrize("count", [1, 2])
async def test_an_argument_that_cannot_be_sent_is_the_callers_mistake(count: int) -> None:
    with pytest.raises(TypeError, match="cannot be sent"):
        await fan_out(*(Failing(TypeError("cannot be sent")) for _ in range(count))).send(ALL, "news", [])


async def test_cancelling_a_call_cancels_it_everywhere() -> None:
    east, west = Silent(), Silent()
    task = asyncio.create_task(fan_out(east, west).exists("users", "ann"))
    await asyncio.gather(east.was_asked.wait(), west.was_asked.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert east.was_cancelled
    assert west.was_cancelled


# --- questions


async def test_what_exists_anywhere_exists() -> None:
    there = RecordingSender(existing={("users", "ann")})
    assert await fan_out(RecordingSender(), there).exists("users", "ann")
    assert not await fan_out(RecordingSender(), there).exists("users", "bob")
    assert await fan_out(there).exists("users", "ann")


@pytest.mark.requirement("endpoints.exists")
async def test_a_yes_is_enough_and_nobody_waits_for_the_others() -> None:
    silent = Silent()
    assert await fan_out(silent, RecordingSender(existing={("groups", "g")})).exists("groups", "g")
    assert silent.was_cancelled


async def test_a_yes_counts_although_another_endpoint_fails() -> None:
    there = RecordingSender(existing={("users", "ann")})
    assert await fan_out(Failing(UnreachableError("x")), there).exists("users", "ann")


@pytest.mark.requirement("endpoints.exists")
async def test_a_no_does_not_count_while_another_endpoint_cannot_be_asked() -> None:
    with pytest.raises(PartialFailureError, match="1 of 2"):
        await fan_out(Failing(UnreachableError("x")), RecordingSender()).exists("users", "ann")


async def test_a_user_who_is_in_a_group_anywhere_is_in_it() -> None:
    there = RecordingSender()
    await there.add_user_to_group("ann", "g", None)
    assert await fan_out(RecordingSender(), there).user_in_group("ann", "g")
    assert not await fan_out(RecordingSender(), there).user_in_group("bob", "g")


# --- results of clients


def gone() -> RecordingSender:
    return RecordingSender(result=ConnectionGoneError("not here"))


@pytest.mark.requirement("endpoints.result")
async def test_a_client_is_called_wherever_it_is() -> None:
    there = RecordingSender(result=42)
    assert await fan_out(gone(), there, gone()).invoke("c", "ask", [1], 3.0) == 42
    assert there.steps == [("invoke", "c", "ask", 3.0)]


async def test_a_clients_answer_may_be_nothing() -> None:
    assert await fan_out(gone(), RecordingSender(result=None)).invoke("c", "ask", [], 3.0) is None


@pytest.mark.requirement("endpoints.result")
async def test_its_answer_is_enough_and_nobody_waits_for_the_others() -> None:
    silent = Silent()
    assert await fan_out(silent, RecordingSender(result=42)).invoke("c", "ask", [], 3.0) == 42
    assert silent.was_cancelled


async def test_its_error_is_an_answer_too() -> None:
    silent, error = Silent(), ClientResultError("no")
    with pytest.raises(ClientResultError) as raised:
        await fan_out(silent, RecordingSender(result=error)).invoke("c", "ask", [], 3.0)
    assert raised.value is error
    assert silent.was_cancelled


@pytest.mark.parametrize("count", [1, 2])
async def test_a_connection_that_is_nowhere_is_gone(count: int) -> None:
    with pytest.raises(ConnectionGoneError):
        await fan_out(*(gone() for _ in range(count))).invoke("c", "ask", [], 3.0)


async def test_a_connection_is_not_gone_while_one_endpoint_does_not_say_so() -> None:
    late = ServiceTimeoutError("late")
    with pytest.raises(ServiceTimeoutError) as raised:
        await fan_out(gone(), RecordingSender(result=late), gone()).invoke("c", "ask", [], 3.0)
    assert raised.value is late


async def test_endpoints_of_which_several_cannot_tell_are_named() -> None:
    a, b = (RecordingSender(result=UnreachableError(text)) for text in "ab")
    with pytest.raises(PartialFailureError, match=r"2 of 3 .*number 0: a; number 2: b"):
        await fan_out(a, gone(), b).invoke("c", "ask", [], 3.0)


# --- members


def page(*ids: str, continuation: str | None = None) -> GroupPage:
    return GroupPage([GroupMember(each) for each in ids], continuation)


async def all_pages(sender: FanOutSender) -> list[list[str]]:
    pages: list[list[str]] = []
    continuation: str | None = None
    while continuation is not None or not pages:
        found = await sender.group_members("g", page_size=2, continuation=continuation)
        pages.append([member.connection_id for member in found.members])
        continuation = found.continuation
    return pages


async def test_members_are_listed_endpoint_by_endpoint() -> None:
    east = RecordingSender(pages=[page("a", "b", continuation="east 2"), page("c")])
    middle = RecordingSender(pages=[page()])
    west = RecordingSender(pages=[page("d", continuation="west 2"), page("e")])
    assert await all_pages(fan_out(east, middle, west)) == [["a", "b"], ["c"], [], ["d"], ["e"]]
    assert east.steps == [("group_members", "g", 2, None), ("group_members", "g", 2, "east 2")]
    assert west.steps == [("group_members", "g", 2, None), ("group_members", "g", 2, "west 2")]


async def test_one_endpoint_is_enough_for_pages() -> None:
    only = RecordingSender(pages=[page("a", continuation="2"), page("b")])
    assert await all_pages(fan_out(only)) == [["a"], ["b"]]


async def test_a_list_goes_on_when_an_endpoint_in_front_has_gone_offline() -> None:
    east, west = (
        RecordingSender(pages=[page("a")]),
        RecordingSender(pages=[page("b", continuation="2"), page("c")]),
    )
    first = await named(("e", east), ("w", west)).group_members("g", page_size=1, continuation=None)
    second = await named(("e", east), ("w", west)).group_members("g", page_size=1, continuation=first.continuation)
    third = await named(("w", west)).group_members("g", page_size=1, continuation=second.continuation)
    assert [member.connection_id for member in third.members] == ["c"]


async def test_a_list_cannot_go_on_at_an_endpoint_that_is_not_there() -> None:
    first = await named(("e", RecordingSender(pages=[page("a", continuation="2")]))).group_members(
        "g", page_size=1, continuation=None
    )
    with pytest.raises(InvalidArgumentError, match="begin anew"):
        await named(("w", RecordingSender())).group_members("g", page_size=1, continuation=first.continuation)


async def test_a_continuation_that_is_none_is_refused_before_anybody_is_asked() -> None:
    sender = RecordingSender()
    with pytest.raises(InvalidArgumentError):
        await fan_out(sender).group_members("g", page_size=1, continuation="https://evil.example")
    assert sender.steps == []


# --- tokens


async def test_a_token_is_made_by_the_only_endpoint() -> None:
    sender = RecordingSender()
    assert await fan_out(sender).generate_token("ann", 60) == "token"
    assert sender.steps == [("generate_token", "ann", 60)]


async def test_a_token_is_for_one_endpoint_so_several_make_none() -> None:
    with pytest.raises(InvalidArgumentError, match="choose one of number 0, number 1"):
        await fan_out(RecordingSender(), RecordingSender()).generate_token("ann", 60)


async def test_an_item_of_a_stream_arrives_where_its_connection_is() -> None:
    there, gone = RecordingSender(), Failing(ConnectionGoneError("gone"))
    await fan_out(gone, there).send_stream_item("c", "s", 1, completed=False)
    assert there.steps == [("send_stream_item", "c", "s", 1, False)]
    with pytest.raises(ConnectionGoneError):
        await fan_out(gone, gone).send_stream_item("c", "s", 1, completed=False)
    with pytest.raises(PartialFailureError, match="number 1: no route"):
        await fan_out(gone, Failing(UnreachableError("no route")), there).send_stream_item("c", "s", 1, completed=True)
