import asyncio
import tracemalloc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from serverless_hub.service.asgi import App, Message, Receive, Scope, Send
from serverless_hub.service.in_process import InProcessUpstream
from serverless_hub.service.ports import AnswerTooLargeError, UpstreamError, UpstreamResponse
from tests.support.clock import ManualClock, settle


@dataclass(frozen=True)
class Call:
    """What an app gets besides its scope."""

    receive: Receive
    send: Send


Steps = Callable[[Call], Awaitable[None]]
START: Message = {"type": "http.response.start", "status": 200, "headers": []}
_16_MIB = 16 * 1024 * 1024


def body(data: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}


class Bench:
    def __init__(self, steps: Steps) -> None:
        self.clock = ManualClock()
        self.scopes: list[Scope] = []
        self.upstream = InProcessUpstream(self._app(steps), "/events", self.clock, 100)

    def _app(self, steps: Steps) -> App:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            self.scopes.append(scope)
            await steps(Call(receive, send))

        return app

    async def post(self) -> UpstreamResponse:
        return await self.upstream.post([(b"x-asrs-hub", b"chat")], b"the body")


async def test_an_event_is_a_post_request_with_its_headers_and_its_body() -> None:
    received: list[Message] = []

    async def steps(call: Call) -> None:
        received.append(await call.receive())
        await call.send(START)
        await call.send(body(b"the answer"))

    bench = Bench(steps)
    bench.upstream.state = {"database": 1}
    assert await bench.post() == UpstreamResponse(200, b"the answer")
    assert received == [{"type": "http.request", "body": b"the body", "more_body": False}]
    (scope,) = bench.scopes
    assert (scope["type"], scope["method"], scope["path"], scope["raw_path"]) == ("http", "POST", "/events", b"/events")
    assert {(b"x-asrs-hub", b"chat"), (b"content-length", b"8"), (b"host", b"localhost")} < set(scope["headers"])
    assert scope["state"] == {"database": 1}
    assert scope["state"] is not bench.upstream.state


async def test_an_answer_may_come_in_pieces_and_between_messages_of_other_kinds() -> None:
    async def steps(call: Call) -> None:
        await call.send({"type": "http.response.start", "status": 503, "headers": []})
        await call.send(body(b"a", more=True))
        await call.send({"type": "http.response.debug", "info": {}})
        await call.send({"type": "http.response.body", "more_body": True})
        await call.send(body(b"b"))

    assert await Bench(steps).post() == UpstreamResponse(503, b"ab")


async def test_what_the_app_does_after_its_answer_does_not_delay_it_and_is_waited_for_at_the_end() -> None:
    done = asyncio.Event()
    finished: list[bool] = []

    async def steps(call: Call) -> None:
        await call.receive()
        await call.send(START)
        await call.send(body(b""))
        await call.send(body(b"ignored"))
        assert await call.receive() == {"type": "http.disconnect"}
        await done.wait()
        finished.append(True)

    bench = Bench(steps)
    assert await bench.post() == UpstreamResponse(200, b"")
    assert finished == []
    end = asyncio.create_task(bench.upstream.finish(30))
    await settle()
    assert not end.done()
    done.set()
    await end
    assert finished == [True]


async def test_the_app_learns_of_a_disconnect_only_once_it_has_answered() -> None:
    order: list[str] = []

    async def steps(call: Call) -> None:
        await call.receive()

        async def watch() -> None:
            assert (await call.receive())["type"] == "http.disconnect"
            order.append("disconnect")

        watcher = asyncio.create_task(watch())
        await settle()
        order.append("answer")
        await call.send(START)
        await call.send(body(b""))
        await watcher

    bench = Bench(steps)
    await bench.post()
    await bench.upstream.finish(30)
    assert order == ["answer", "disconnect"]


async def test_what_never_ends_is_cut_off_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    cancelled: list[bool] = []

    async def steps(call: Call) -> None:
        await call.send(START)
        await call.send(body(b""))
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(True)

    bench = Bench(steps)
    await bench.post()
    end = asyncio.create_task(bench.upstream.finish(30))
    await settle()
    await bench.clock.advance(30)
    await end
    await settle()
    assert cancelled == [True]
    assert [record.getMessage() for record in caplog.records] == [
        "1 events were cut off: the app did not end them within 30 seconds"
    ]


async def test_an_app_that_raises_before_it_answers_is_an_error_without_the_exception_s_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def steps(_: Call) -> None:
        raise LookupError("the password is swordfish")

    with pytest.raises(UpstreamError, match=r"^the app raised LookupError$"):
        await Bench(steps).post()
    (record,) = caplog.records
    assert record.exc_info


async def test_an_app_that_raises_after_its_answer_has_answered(caplog: pytest.LogCaptureFixture) -> None:
    async def steps(call: Call) -> None:
        await call.send({"type": "http.response.start", "status": 500, "headers": []})
        await call.send(body(b""))
        raise LookupError("x")

    bench = Bench(steps)
    assert await bench.post() == UpstreamResponse(500, b"")
    await bench.upstream.finish(30)
    assert len(caplog.records) == 1


async def test_an_app_that_does_not_answer_is_an_error() -> None:
    async def steps(call: Call) -> None:
        await call.send(START)

    with pytest.raises(UpstreamError, match="did not answer"):
        await Bench(steps).post()


async def test_an_app_that_cancels_itself_is_an_error_at_once() -> None:
    async def steps(_: Call) -> None:
        raise asyncio.CancelledError

    with pytest.raises(UpstreamError, match="did not answer"):
        await Bench(steps).post()


async def test_an_app_that_takes_too_long_is_an_error_and_is_cancelled() -> None:
    cancelled: list[bool] = []

    async def steps(_: Call) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(True)

    bench = Bench(steps)
    post = asyncio.create_task(bench.post())
    await settle()
    await bench.clock.advance(99)
    assert not post.done()
    await bench.clock.advance(1)
    with pytest.raises(UpstreamError, match="no answer within 100 seconds"):
        await post
    assert cancelled == [True]


async def test_the_largest_answer_is_16_mib(caplog: pytest.LogCaptureFixture) -> None:
    sizes: list[int] = [_16_MIB]

    async def steps(call: Call) -> None:
        await call.send(START)
        await call.send(body(bytes(sizes[0]), more=True))
        await call.send(body(b""))

    bench = Bench(steps)
    assert len((await bench.post()).body) == _16_MIB
    sizes[0] += 1
    with pytest.raises(AnswerTooLargeError, match="larger than 16777216 bytes"):
        await bench.post()
    assert caplog.records == []


async def test_an_answer_that_is_too_large_and_has_no_end_takes_no_more_memory() -> None:
    sent: list[int] = []
    go_on = asyncio.Event()

    async def steps(call: Call) -> None:
        await call.send(START)
        await call.send(body(bytes(_16_MIB), more=True))
        await call.send(body(b"x", more=True))
        await go_on.wait()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(64):
            await call.send(body(bytes(_16_MIB // 16), more=True))
        sent.append(tracemalloc.get_traced_memory()[0] - before)

    bench = Bench(steps)
    with pytest.raises(AnswerTooLargeError):
        await bench.post()
    tracemalloc.start()
    try:
        go_on.set()
        await bench.upstream.finish(30)
    finally:
        tracemalloc.stop()
    assert sent[0] < _16_MIB


async def test_a_caller_that_goes_away_does_not_take_the_event_with_it() -> None:
    finished: list[bool] = []
    go_on = asyncio.Event()

    async def steps(call: Call) -> None:
        await go_on.wait()
        await call.send(START)
        await call.send(body(b""))
        finished.append(True)

    bench = Bench(steps)
    post: asyncio.Task[Any] = asyncio.create_task(bench.post())
    await settle()
    post.cancel()
    await settle()
    go_on.set()
    await bench.upstream.finish(30)
    assert finished == [True]
