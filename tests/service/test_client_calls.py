"""Calls that a client answers: what comes back, and that waiting for it holds up nothing."""

import asyncio
from typing import Any

import pytest

from serverless_hub.errors import (
    ClientResultError,
    ConnectionGoneError,
    ServiceError,
    ServiceTimeoutError,
    ThrottledError,
)
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import CancelInvocation, Close, Completion, Invocation, StreamItem
from serverless_hub.protocol.rest import ErrorCode
from serverless_hub.service.client_calls import MAX_WAITING
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import ManualClock, settle
from tests.support.session_bench import SessionBench, session_bench

both_protocols = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)


async def begin(bench: SessionBench, target: str = "confirm", *arguments: Any, timeout: float = 10) -> "Call":  # noqa: ASYNC109 - it is the tested one
    """Call the client of `bench`, and see what it is asked."""
    task = asyncio.create_task(bench.hub.invoke("c1", target, arguments, timeout))
    await settle()
    return Call(task, [message for message in bench.messages if isinstance(message, Invocation)])


class Call:
    def __init__(self, task: "asyncio.Task[Any]", asked: list[Invocation]) -> None:
        self.task = task
        self.id = asked[-1].invocation_id or "" if asked else ""

    async def error(self) -> ServiceError:
        with pytest.raises(ServiceError) as raised:
            await self.task
        return raised.value


@pytest.mark.requirement("service.client-results")
@both_protocols
@pytest.mark.parametrize("value", [None, 0, "ja", [1, {"a": [2.5]}], {"b": True}])
async def test_the_client_s_result_comes_back_as_plain_values(protocol: HubProtocol, value: Any) -> None:
    async with session_bench(protocol) as bench:
        call = await begin(bench, "confirm", 1, "x")
        (asked,) = bench.messages
        assert isinstance(asked, Invocation)
        assert (asked.target, protocol.decode_value(asked.arguments)) == ("confirm", [1, "x"])
        assert not call.task.done()
        bench.say(Completion(call.id, value))
        assert await call.task == value


@both_protocols
async def test_a_completion_without_a_result_is_none(protocol: HubProtocol) -> None:
    async with session_bench(protocol) as bench:
        call = await begin(bench)
        bench.say(Completion(call.id))
        assert await call.task is None


async def test_bytes_survive_where_the_protocol_has_them() -> None:
    async with session_bench(MESSAGEPACK) as bench:
        call = await begin(bench)
        bench.say(Completion(call.id, b"\x00\xff"))
        assert await call.task == b"\x00\xff"


@both_protocols
async def test_an_error_of_the_client_is_raised_with_the_client_s_text(protocol: HubProtocol) -> None:
    async with session_bench(protocol) as bench:
        call = await begin(bench)
        bench.say(Completion(call.id, error="I do not want to"))
        error = await call.error()
        assert isinstance(error, ClientResultError)
        assert (str(error), error.code) == ("I do not want to", ErrorCode.INVOCATION_FAILED)


@both_protocols
@pytest.mark.parametrize("depth", [64, 65])
async def test_a_result_may_be_nested_as_deep_as_an_argument(protocol: HubProtocol, depth: int) -> None:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    async with session_bench(protocol) as bench:
        call = await begin(bench)
        bench.say(Completion(call.id, value))
        if depth == 64:
            assert await call.task == value
        else:
            assert "more than 64 deep" in str(await call.error())


@pytest.mark.parametrize(
    ("protocol", "result"),
    [(JSON, b'{"a":"secret\xff"}'), (MESSAGEPACK, b"\xa6secre\xff"), (MESSAGEPACK, b"\x81\x01\x02")],
    ids=["text that is no UTF-8", "the same in MessagePack", "a map with a number as key"],
)
async def test_a_result_that_cannot_be_read_is_an_error_that_does_not_show_it(
    protocol: HubProtocol, result: bytes
) -> None:
    async with session_bench(protocol) as bench:
        call = await begin(bench)
        empty = protocol.encode(Completion(call.id, None))
        null = b"null" if protocol is JSON else b"\xc0"
        frame = empty.replace(null, result)
        if protocol is MESSAGEPACK:
            frame = bytes([len(frame) - 1]) + frame[1:]
        bench.line.say(frame)
        error = await call.error()
        assert isinstance(error, ClientResultError)
        assert str(error).startswith("the client's result cannot be read: ")
        assert "secre" not in str(error)
        assert not bench.run.done(), "the connection is not to blame for it"


async def test_calls_are_told_apart_whatever_order_they_are_answered_in() -> None:
    async with session_bench() as bench:
        first, second = await begin(bench), await begin(bench)
        bench.say(Completion(second.id, 2), Completion(first.id, 1))
        assert (await first.task, await second.task) == (1, 2)


async def test_the_client_s_own_calls_may_have_the_same_ids() -> None:
    async with session_bench() as bench:
        call = await begin(bench)
        bench.call("a", invocation_id=call.id)
        await settle()
        assert bench.error_of(call.id) is None
        assert not call.task.done()
        bench.say(Completion(call.id, "mine"))
        assert await call.task == "mine"


async def test_only_the_first_answer_counts_and_others_mean_nothing() -> None:
    async with session_bench() as bench:
        call = await begin(bench)
        bench.say(
            Completion("unknown", 0),
            StreamItem(call.id, 0),
            CancelInvocation(call.id),
            Completion(call.id, 1),
            Completion(call.id, 2),
        )
        assert await call.task == 1
        bench.say(Completion(call.id, 3))
        bench.call("a", invocation_id="9")
        await settle()
        assert bench.error_of("9") is None


async def test_a_client_that_does_not_answer_in_time_is_an_error_and_its_late_answer_means_nothing() -> None:
    async with session_bench() as bench:
        call = await begin(bench, timeout=2.5)
        await bench.clock.advance(2.4)
        assert not call.task.done()
        await bench.clock.advance(0.1)
        error = await call.error()
        assert isinstance(error, ServiceTimeoutError)
        assert str(error) == "the client has not answered within 2.5 seconds"
        assert error.code == ErrorCode.INVOCATION_TIMED_OUT
        bench.say(Completion(call.id, "late"))
        await settle()
        assert not bench.run.done()


@pytest.mark.requirement("service.client-results")
async def test_a_connection_that_is_not_open_is_gone() -> None:
    with pytest.raises(ConnectionGoneError, match="not open") as raised:
        await ServiceHub("chat", ManualClock()).invoke("c1", "confirm", [], 1)
    assert raised.value.code == ErrorCode.CONNECTION_NOT_EXISTED


@pytest.mark.requirement("service.client-results.end")
async def test_the_end_of_a_connection_ends_all_calls_that_wait_for_it() -> None:
    async with session_bench() as bench:
        calls = [await begin(bench) for _ in range(3)]
        bench.app.hold("disconnected")
        bench.line.leave()
        for call in calls:
            assert isinstance(await call.error(), ConnectionGoneError)
        bench.app.release("disconnected")


async def test_a_call_that_overtakes_the_end_of_a_connection_is_gone_too() -> None:
    async with session_bench() as bench:
        bench.say(Close())
        bench.session.close("bye", allow_reconnect=True)
        call = asyncio.create_task(bench.hub.invoke("c1", "confirm", [], 10))
        with pytest.raises(ConnectionGoneError):
            await call


async def test_an_answer_and_the_end_at_once_are_an_answer() -> None:
    async with session_bench() as bench:
        call = await begin(bench)
        bench.say(Completion(call.id, 1), Close())
        assert await call.task == 1


async def test_a_caller_may_give_up() -> None:
    async with session_bench() as bench:
        call, other = await begin(bench), await begin(bench)
        call.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call.task
        bench.say(Completion(call.id, 1), Completion(other.id, 2))
        assert await other.task == 2


async def test_a_caller_that_gives_up_as_the_answer_comes_leaves_nothing_behind() -> None:
    async with session_bench() as bench:
        call = await begin(bench)
        bench.session.client_calls.complete(Completion(call.id, 1))
        call.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call.task


async def test_a_caller_that_gives_up_and_the_end_at_once_leave_nothing_behind() -> None:
    async with session_bench() as bench:
        call = await begin(bench)
        call.task.cancel()
        bench.session.client_calls.finish()
        with pytest.raises(asyncio.CancelledError):
            await call.task


@both_protocols
async def test_an_argument_that_cannot_be_sent_is_an_error_and_nothing_is_asked(protocol: HubProtocol) -> None:
    async with session_bench(protocol) as bench:
        with pytest.raises(TypeError):
            await bench.hub.invoke("c1", "confirm", [object()], 10)
        assert bench.messages == []
        call = await begin(bench)
        bench.say(Completion(call.id, 1))
        assert await call.task == 1


@pytest.mark.requirement("service.client-results.limit")
async def test_only_so_many_calls_of_a_client_wait_at_a_time() -> None:
    async with session_bench() as bench:
        tasks = [asyncio.create_task(bench.hub.invoke("c1", "confirm", [], 10)) for _ in range(MAX_WAITING)]
        await settle()
        with pytest.raises(ThrottledError, match="256 calls of this client wait") as raised:
            await bench.hub.invoke("c1", "confirm", [], 10)
        assert raised.value.retry_is_safe
        bench.say(Completion("1", "first"))
        assert await tasks[0] == "first"
        call = await begin(bench)
        bench.say(*(Completion(str(number)) for number in range(2, MAX_WAITING + 1)), Completion(call.id, "last"))
        assert await call.task == "last"
        await asyncio.gather(*tasks)


@pytest.mark.requirement("service.client-results.own-caller")
async def test_a_method_may_wait_for_a_result_of_its_own_caller() -> None:
    async with session_bench() as bench:
        bench.app.hold("order")
        bench.call("order", invocation_id="7")
        await settle()
        call = await begin(bench)
        bench.say(Completion(call.id, "yes"))
        assert await call.task == "yes"
        assert bench.app.answered == ["connected"]
        bench.app.release("order")
        await settle()
        assert bench.error_of("7") is None


async def test_a_client_can_be_asked_while_its_connected_event_runs() -> None:
    async with session_bench() as bench:
        bench.app.hold("connected")
        call = await begin(bench)
        bench.say(Completion(call.id, "here"))
        assert await call.task == "here"
        bench.app.release("connected")


async def test_while_a_call_waits_everything_else_goes_on() -> None:
    async with session_bench() as bench:
        call = await begin(bench, timeout=100)
        await bench.clock.advance(15)
        assert len(bench.messages) == 2, "a ping"
        bench.hub.send("all", (), "news", [])
        bench.call("a", invocation_id="1")
        await settle()
        assert bench.error_of("1") is None
        assert b'"news"' in bench.line.heard
        assert not call.task.done()
        bench.say(Completion(call.id))
        await call.task


async def test_an_answer_behind_more_calls_than_may_wait_is_a_timeout_and_everything_goes_on() -> None:
    async with session_bench(settings=ServiceSettings(max_queued_calls=1)) as bench:
        bench.app.hold("a")
        bench.say(Invocation("a"))
        await settle()
        call = await begin(bench, timeout=5)
        bench.say(Invocation("b"), Invocation("c"), Completion(call.id, "too far behind"))
        await bench.clock.advance(5)
        assert isinstance(await call.error(), ServiceTimeoutError)
        bench.app.release("a")
        await settle()
        assert bench.app.answered == ["connected", "a", "b", "c"]
