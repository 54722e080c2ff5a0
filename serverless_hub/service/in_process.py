"""The way to an app in the same process: an ASGI call that looks like the HTTP request it stands for."""

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from serverless_hub.clock import Clock
from serverless_hub.protocol.upstream_answer import UpstreamAnswer
from serverless_hub.service.asgi import App, Message, Scope
from serverless_hub.service.awaited import Awaited
from serverless_hub.service.direct_events import DirectApp
from serverless_hub.service.ports import (
    MAX_ANSWER_BYTES,
    Answered,
    AnswerTooLargeError,
    UpstreamError,
    UpstreamResponse,
)
from serverless_hub.service.tasks import cancel_all, wait_or_cancel

__all__ = ["InProcessUpstream"]

_logger = logging.getLogger("serverless_hub.service")

_TOO_LARGE = f"its answer is larger than {MAX_ANSWER_BYTES} bytes"
_OWN_HEADERS = [(b"host", b"localhost"), (b"user-agent", b"serverless-hub"), (b"accept", b"*/*")]


class InProcessUpstream:
    """Posts events to `path` of `app`, its query included; the answer counts as soon as its body is complete.

    What the app does after its answer (background tasks) goes on beside the next event.
    """

    def __init__(self, app: App, path: str, clock: Clock, timeout: float) -> None:
        self._app = app
        self._direct = app.direct if isinstance(app, DirectApp) else None
        self._path, _, self._query = path.partition("?")
        self._fixed: Mapping[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": self._path,
            "raw_path": self._path.encode(),
            "root_path": "",
            "query_string": self._query.encode(),
            "client": None,
            "server": None,
        }
        self._running: set[asyncio.Task[Any]] = set()
        self._awaited = Awaited(clock, timeout)
        self._clock = clock
        self.state: Mapping[str, Any] = {}
        """What the app's lifespan yielded, for `request.state`."""

    async def post(self, headers: list[tuple[bytes, bytes]], body: bytes) -> UpstreamResponse:
        """Post one event."""
        response: asyncio.Future[UpstreamResponse] = asyncio.get_running_loop().create_future()

        def answered(outcome: UpstreamResponse | UpstreamError) -> None:
            if response.done():  # Whoever waited has been cancelled.
                return
            if isinstance(outcome, UpstreamError):
                response.set_exception(outcome)
            else:
                response.set_result(outcome)

        self.start(headers, body, answered)
        return await response

    def start(self, headers: list[tuple[bytes, bytes]], body: bytes, answered: Answered) -> None:
        """Post one event; `answered` is called with what becomes of it, once and later."""
        scope = self._scope(headers, body)
        answering = None if self._direct is None else self._direct(scope)
        loop = asyncio.get_running_loop()
        if answering is None:
            exchange = _Exchange(body)
            task: asyncio.Task[Any] = loop.create_task(self._run(exchange, scope))
            self._awaited.add(task, exchange.fail)
            exchange.response.add_done_callback(partial(self._exchanged, task, answered))
            task.add_done_callback(self._running.discard)
        else:
            task = loop.create_task(answering(body))
            self._awaited.add(task, answered)
            task.add_done_callback(partial(self._answered, answered))
        self._running.add(task)

    def hurry(self) -> None:
        """Cancel what the app still does."""
        cancel_all(self._running)

    async def finish(self, seconds: float) -> None:
        """Wait for what the app still does, also after its answers; cancel it after `seconds`."""
        await wait_or_cancel(self._running, self._clock, seconds)
        self._awaited.stop()

    def _exchanged(
        self, task: "asyncio.Task[Any]", answered: Answered, response: "asyncio.Future[UpstreamResponse]"
    ) -> None:
        self._awaited.take(task)
        error = response.exception()
        answered(error if isinstance(error, UpstreamError) else response.result())

    def _answered(self, answered: Answered, task: "asyncio.Task[UpstreamAnswer]") -> None:
        """Hand on what an app has answered without messages."""
        self._running.discard(task)
        if self._awaited.take(task):
            answered(_outcome(task))

    async def _run(self, exchange: "_Exchange", scope: Scope) -> None:
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception as error:
            # Starlette answers 500 first and raises afterwards, for the server to log; that is us.
            _logger.exception("the app failed with an event")
            exchange.fail(UpstreamError(f"the app raised {type(error).__name__}"))
        finally:
            exchange.fail(UpstreamError("the app did not answer"))

    def _scope(self, headers: list[tuple[bytes, bytes]], body: bytes) -> Scope:
        own = (*_OWN_HEADERS, (b"content-length", b"%d" % len(body)))
        return {**self._fixed, "headers": [*own, *headers], "state": dict(self.state)}


class _Exchange:
    """One request and its response."""

    def __init__(self, body: bytes) -> None:
        self._request: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._status = 0
        self._chunks = bytearray()
        self.response: asyncio.Future[UpstreamResponse] = asyncio.get_running_loop().create_future()

    async def receive(self) -> Message:
        """Give the body; then wait, since this client goes only when it has the response."""
        if self._request is not None:
            request, self._request = self._request, None
            return request
        await asyncio.wait([self.response])
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take the response."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
        elif message["type"] == "http.response.body" and not self.response.done():
            self._chunks += message.get("body", b"")
            if len(self._chunks) > MAX_ANSWER_BYTES:
                self._chunks.clear()
                self.fail(AnswerTooLargeError(_TOO_LARGE))
            elif not message.get("more_body", False):
                self.response.set_result(UpstreamResponse(self._status, bytes(self._chunks)))

    def fail(self, error: UpstreamError) -> None:
        """End the exchange without a response, unless it has ended already."""
        if not self.response.done():
            self.response.set_exception(error)


def _outcome(task: "asyncio.Task[UpstreamAnswer]") -> UpstreamResponse | UpstreamError:
    """Return what has come of a task that answers an event."""
    if task.cancelled():
        return UpstreamError("the app did not answer")
    error = task.exception()
    if error is not None:
        _logger.error("the app failed with an event", exc_info=error)
        return UpstreamError(f"the app raised {type(error).__name__}")
    answer = task.result()
    if len(answer.body) > MAX_ANSWER_BYTES:
        return AnswerTooLargeError(_TOO_LARGE)
    return UpstreamResponse(answer.status, answer.body, trusted=True)
