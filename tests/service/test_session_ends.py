"""How connections end, and what client, app and log are told."""

import asyncio
import json
import logging
from typing import Any

import pytest

from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.messages import Close, Completion, Invocation
from serverless_hub.service.ports import Answered, UpstreamError, UpstreamResponse
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import settle
from tests.support.scripted_app import ScriptedApp
from tests.support.session_bench import SessionBench, only_over_tasks, over_each_line, session_bench

__all__ = ["over_each_line"]  # pytest uses it by its name


def error_for_the_app(bench: SessionBench) -> str | None:
    """Return the error text in the only `disconnected` event."""
    (post,) = [post for post in bench.app.posts if post.event == "disconnected"]
    body: dict[str, Any] = json.loads(post.body)
    assert body.pop("type") == 11
    error: str | None = body.get("error")
    return error


@pytest.mark.requirement("closing.by-client")
async def test_a_client_that_says_goodbye_has_left_in_order(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with session_bench() as bench:
        bench.say(Close())
        await bench.ended()
        assert error_for_the_app(bench) is None
        assert bench.messages == []
        assert bench.line.closed
    assert caplog.records == []


async def test_a_client_may_say_why_it_leaves() -> None:
    async with session_bench() as bench:
        bench.say(Close("out of memory"))
        await bench.ended()
        assert error_for_the_app(bench) == "out of memory"


@pytest.mark.requirement("closing.by-client")
async def test_a_client_that_closes_its_socket_has_left_in_order() -> None:
    async with session_bench() as bench:
        bench.line.leave()
        await bench.ended()
        assert error_for_the_app(bench) is None


async def test_a_lost_connection_is_an_error_for_the_app_and_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with session_bench() as bench:
        bench.line.leave("The connection was lost (WebSocket code 1006).")
        await bench.ended()
        assert error_for_the_app(bench) == "The connection was lost (WebSocket code 1006)."
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    assert record.getMessage() == "connection c1 of hub chat ended: The connection was lost (WebSocket code 1006)."


@only_over_tasks
async def test_a_connection_that_breaks_while_the_service_sends_is_lost() -> None:
    async with session_bench() as bench:
        bench.line.breakage = ConnectionError("gone")
        bench.hub.send("all", [], "hello", [])
        await bench.ended()
        assert error_for_the_app(bench) == "The connection was lost."


async def test_a_client_that_is_gone_before_its_handshake_is_answered_connects_and_disconnects() -> None:
    bench = SessionBench(JSON, ServiceSettings(), ScriptedApp(), b"")
    bench.line.breakage = ConnectionError("gone")
    bench.line.leave()
    await bench.ended()
    assert bench.app.events == ["connected", "disconnected"]


@pytest.mark.requirement("closing.rest")
@pytest.mark.parametrize("reason", ["for maintenance", None])
async def test_a_connection_that_is_closed_from_outside_tells_its_client_why_and_that_it_may_come_back(
    reason: str | None,
) -> None:
    async with session_bench() as bench:
        bench.hub.close("connections", ["c1"], reason)
        await bench.ended()
        assert bench.messages == [Close(reason, allow_reconnect=True)]
        assert bench.line.closed
        assert error_for_the_app(bench) == reason


@pytest.mark.requirement("closing.last")
async def test_what_was_sent_before_a_close_arrives_before_it_and_nothing_after_it() -> None:
    async with session_bench() as bench:
        bench.hub.send("all", [], "last", [])
        bench.hub.close("connections", ["c1"], None)
        await settle()
        bench.session.push(JSON.encode(Invocation("late")))
        await bench.ended()
        assert [type(message) for message in bench.messages] == [Invocation, Close]


async def test_a_connection_that_has_ended_gets_no_more_messages_and_is_not_there() -> None:
    async with session_bench() as bench:
        bench.app.hold("disconnected")
        bench.line.leave()
        await settle()
        assert bench.hub.registry.get("c1") is None
        bench.hub.close("connections", ["c1"], None)
        bench.app.release("disconnected")


@only_over_tasks
async def test_only_the_first_end_counts() -> None:
    async with session_bench() as bench:
        bench.hub.close("connections", ["c1"], "first")
        bench.session.close("second", allow_reconnect=False)
        bench.line.leave("third")
        await bench.ended()
        assert bench.messages == [Close("first", allow_reconnect=True)]
        assert error_for_the_app(bench) == "first"


@pytest.mark.requirement("json-protocol.invalid")
@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\x1e",
        b"\x1e",
        b"[]\x1e",
        b'{"type":"1"}\x1e',
        b'{"type":1}\x1e',
        b'{"type":1,"target":"a","arguments":{}}\x1e',
        b"\xff\x1e",
        b"[" * 5000 + b"\x1e",
        b"x" * 5000,
    ],
    ids=range(9),
)
async def test_garbage_closes_the_connection_for_good_with_one_line_in_the_log(
    garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with session_bench(settings=ServiceSettings(max_message_bytes=4096)) as bench:
        bench.call("before", invocation_id="1")
        await settle()
        bench.line.say(garbage)
        bench.call("after")
        await bench.ended()
        assert bench.messages == [Completion("1"), Close("The client sent an invalid message.")]
        assert error_for_the_app(bench) == "The client sent an invalid message."
        assert bench.app.answered == ["connected", "before", "disconnected"]
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("closed connection c1 of hub chat: it sent what is not SignalR: ")


async def test_a_bug_in_the_way_to_the_app_ends_the_connection_and_the_app_still_hears_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with session_bench(app=ScriptedApp({"a": ZeroDivisionError("a bug")})) as bench:
        bench.call("a", invocation_id="1")
        await bench.ended()
        assert bench.messages == [Close("Internal server error.", allow_reconnect=True)]
        assert bench.app.answered == ["connected", "a", "disconnected"]
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.getMessage() == "connection c1 of hub chat failed"


@pytest.mark.parametrize("event", ["connected", "disconnected"])
async def test_a_bug_during_the_first_or_last_event_does_not_keep_the_connection(
    event: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with session_bench(app=ScriptedApp({event: ZeroDivisionError("a bug")})) as bench:
        bench.line.leave()
        await bench.ended()
        assert bench.app.answered == ["connected", "disconnected"]
    assert [record.getMessage() for record in caplog.records] == ["connection c1 of hub chat failed"]


@only_over_tasks
async def test_a_bug_in_the_line_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    async with session_bench() as bench:
        bench.line.breakage = ZeroDivisionError("a bug")
        bench.hub.send("all", [], "hello", [])
        await bench.ended()
        assert error_for_the_app(bench) == "Internal server error."
    assert [record.getMessage() for record in caplog.records] == ["connection c1 of hub chat failed"]


@only_over_tasks
async def test_saying_goodbye_to_a_client_that_does_not_read_has_a_limit() -> None:
    async with session_bench() as bench:
        bench.line.stop_reading()
        bench.hub.close("connections", ["c1"], "bye")
        await settle()
        assert bench.app.answered == ["connected", "disconnected"]
        assert not bench.run.done()
        await bench.clock.advance(5)
        await bench.ended()
        assert not bench.line.closed


async def test_a_session_that_is_cancelled_while_it_says_goodbye_leaves_nothing_behind() -> None:
    async with session_bench() as bench:
        bench.line.stop_reading()
        bench.app.hold("disconnected")
        bench.hub.close("connections", ["c1"], "bye")
        await settle()
        bench.run.cancel()
        await bench.ended()
        assert bench.run.cancelled()


class StartingApp(ScriptedApp):
    """One that is not waited for in tasks of the session."""

    def start(self, headers: list[tuple[bytes, bytes]], body: bytes, answered: Answered) -> None:
        def tell(post: "asyncio.Task[UpstreamResponse]") -> None:
            error = post.exception()
            answered(error if isinstance(error, UpstreamError) else post.result())

        asyncio.create_task(self.post(headers, body)).add_done_callback(tell)


async def test_a_session_that_waits_in_no_task_makes_its_calls_one_after_the_other_and_all_of_them() -> None:
    app = StartingApp(answers={"b": UpstreamError("gone"), "c": UpstreamResponse(200, b"")})
    app.hold("a")
    async with session_bench(app=app) as bench:
        for name in "abc":
            bench.call(name, invocation_id=name)
        await settle()
        assert app.events == ["connected", "a"]
        bench.line.leave()
        await settle()
        assert "disconnected" not in app.events
        app.release("a")
        await bench.ended()
        assert app.events == ["connected", "a", "b", "c", "disconnected"]


async def test_a_session_that_is_cancelled_makes_no_call_any_more() -> None:
    app = StartingApp()
    app.hold("a")
    async with session_bench(app=app) as bench:
        for name in "ab":
            bench.call(name, invocation_id=name)
        await settle()
        bench.hub.close("connections", ["c1"], "bye")
        await settle()
        bench.run.cancel()
        await bench.ended()
        app.release("a")
        await settle()
        assert app.answered == ["connected", "a"]


class BrokenApp(StartingApp):
    """One that no call can be begun with."""

    def start(self, headers: list[tuple[bytes, bytes]], body: bytes, answered: Answered) -> None:
        raise LookupError(headers, body, answered)


async def test_a_session_whose_calls_cannot_be_made_is_closed_and_the_app_hears_of_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = BrokenApp()
    async with session_bench(app=app) as bench:
        bench.call("a", invocation_id="a")
        await bench.ended()
        assert app.events == ["connected", "disconnected"]
    assert "LookupError" in caplog.text


async def test_a_session_that_is_cancelled_before_its_handshake_is_answered_was_never_there() -> None:
    bench = SessionBench(JSON, ServiceSettings(), ScriptedApp(), b"")
    bench.line.stop_reading()
    await settle()
    bench.run.cancel()
    await bench.ended()
    assert bench.app.events == []
    assert bench.clock.timers == []
    assert len(bench.hub.registry) == 0


async def test_an_upstream_answer_that_comes_after_everything_is_over_does_no_harm() -> None:
    async with session_bench() as bench:
        bench.app.answers["a"] = UpstreamResponse(200, JSON.encode(Completion("1", 1)))
        bench.app.hold("a")
        bench.call("a", invocation_id="1")
        await settle()
        bench.hub.close("connections", ["c1"], None)
        await settle()
        assert bench.line.closed
        bench.app.release("a")
        await bench.ended()
        assert bench.messages == [Close(None, allow_reconnect=True)]
