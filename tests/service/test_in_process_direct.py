"""Events of an app in the same process that answers them without ASGI's messages."""

import asyncio
from contextvars import ContextVar
from http import HTTPStatus

import pytest

from serverless_hub.protocol.upstream_answer import UpstreamAnswer
from serverless_hub.service.asgi import Receive, Scope, Send
from serverless_hub.service.direct_events import Answering
from serverless_hub.service.in_process import InProcessUpstream
from serverless_hub.service.ports import AnswerTooLargeError, UpstreamError, UpstreamResponse
from tests.support.clock import ManualClock, settle

_16_MIB = 16 * 1024 * 1024


class DirectBench:
    """An app that answers directly, unless there is no `answering`."""

    def __init__(self, answering: Answering) -> None:
        self.answering: Answering | None = answering
        self.clock = ManualClock()
        self.scopes: list[Scope] = []
        self.upstream = InProcessUpstream(self, "/events", self.clock, 100)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope in self.scopes
        assert await receive() == {"type": "http.request", "body": b"the body", "more_body": False}
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in messages"})

    def direct(self, scope: Scope) -> Answering | None:
        self.scopes.append(scope)
        return self.answering

    async def post(self) -> UpstreamResponse:
        return await self.upstream.post([(b"x-asrs-hub", b"chat")], b"the body")


variable: ContextVar[str] = ContextVar("variable", default="as it was")


async def test_an_app_that_can_answers_without_messages() -> None:
    async def answer(data: bytes) -> UpstreamAnswer:
        return UpstreamAnswer(HTTPStatus.OK, b"the answer to " + data)

    bench = DirectBench(answer)
    assert await bench.post() == UpstreamResponse(200, b"the answer to the body", trusted=True)
    (scope,) = bench.scopes
    assert (scope["method"], scope["path"], scope["root_path"]) == ("POST", "/events", "")
    assert {(b"x-asrs-hub", b"chat"), (b"content-length", b"8")} < set(scope["headers"])


async def test_an_app_that_cannot_answer_an_event_so_is_called() -> None:
    async def answer(_: bytes) -> UpstreamAnswer:
        raise NotImplementedError

    bench = DirectBench(answer)
    bench.answering = None
    assert await bench.post() == UpstreamResponse(200, b"in messages")


async def test_what_an_event_sets_in_its_context_is_not_seen_by_the_next() -> None:
    seen: list[str] = []

    async def answer(_: bytes) -> UpstreamAnswer:
        seen.append(variable.get())
        variable.set("changed")
        return UpstreamAnswer(HTTPStatus.OK)

    bench = DirectBench(answer)
    over = asyncio.Event()

    def post_again(_: UpstreamResponse | UpstreamError) -> None:
        bench.upstream.start([], b"", lambda _: over.set())

    bench.upstream.start([], b"", post_again)
    await over.wait()
    assert (seen, variable.get()) == (["as it was"] * 2, "as it was")


async def test_a_direct_answer_that_takes_too_long_is_an_error_and_is_cancelled() -> None:
    cancelled: list[bytes] = []

    async def answer(data: bytes) -> UpstreamAnswer:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(data)
        raise NotImplementedError

    bench = DirectBench(answer)
    outcomes: list[str] = []
    bench.upstream.start([], b"first", lambda outcome: outcomes.append(f"first: {outcome}"))
    await bench.clock.advance(60)
    bench.upstream.start([], b"second", lambda outcome: outcomes.append(f"second: {outcome}"))
    await bench.clock.advance(40)
    assert (outcomes, cancelled) == (["first: no answer within 100 seconds"], [b"first"])
    await bench.clock.advance(59)
    assert len(outcomes) == 1
    await bench.clock.advance(1)
    await settle()
    assert outcomes[1:] == ["second: no answer within 100 seconds"]
    assert cancelled == [b"first", b"second"]


async def test_a_direct_answer_is_no_larger_than_one_in_messages() -> None:
    async def answer(_: bytes) -> UpstreamAnswer:
        return UpstreamAnswer(HTTPStatus.OK, bytes(_16_MIB + 1))

    with pytest.raises(AnswerTooLargeError, match="larger than 16777216 bytes"):
        await DirectBench(answer).post()


async def test_a_direct_answer_that_is_cancelled_is_an_error_at_once() -> None:
    async def answer(_: bytes) -> UpstreamAnswer:
        raise asyncio.CancelledError

    with pytest.raises(UpstreamError, match="did not answer"):
        await DirectBench(answer).post()


async def test_an_app_that_fails_with_an_event_that_it_takes_directly_is_an_error_without_its_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def answer(_: bytes) -> UpstreamAnswer:
        raise LookupError("the password is swordfish")

    with pytest.raises(UpstreamError, match=r"^the app raised LookupError$"):
        await DirectBench(answer).post()
    (record,) = caplog.records
    assert record.exc_info


async def test_direct_answers_are_waited_for_at_the_end_and_then_no_timer_is_left() -> None:
    go_on = asyncio.Event()

    async def answer(_: bytes) -> UpstreamAnswer:
        await go_on.wait()
        return UpstreamAnswer(HTTPStatus.NO_CONTENT)

    bench = DirectBench(answer)
    outcomes: list[UpstreamResponse | UpstreamError] = []
    bench.upstream.start([], b"", outcomes.append)
    end = asyncio.create_task(bench.upstream.finish(30))
    await settle()
    assert not end.done()
    go_on.set()
    await end
    assert outcomes == [UpstreamResponse(204, b"", trusted=True)]
    assert [timer for timer in bench.clock.timers if not timer.cancelled] == [], "a timer has been left"
    await bench.upstream.finish(30)  # does no harm
