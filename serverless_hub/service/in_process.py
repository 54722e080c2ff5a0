"""The way to an app in the same process: an ASGI call that looks like the HTTP request it stands for."""

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from serverless_hub.clock import Clock
from serverless_hub.service.asgi import App, Message, Scope
from serverless_hub.service.ports import MAX_ANSWER_BYTES, AnswerTooLargeError, UpstreamError, UpstreamResponse
from serverless_hub.service.tasks import cancel_all, wait_or_cancel

__all__ = ["InProcessUpstream"]

_logger = logging.getLogger("serverless_hub.service")

_OWN_HEADERS = [(b"host", b"localhost"), (b"user-agent", b"serverless-hub"), (b"accept", b"*/*")]


class InProcessUpstream:
    """Posts events to `path` of `app`, its query included; the answer counts as soon as its body is complete.

    What the app does after its answer (background tasks) goes on beside the next event.
    """

    def __init__(self, app: App, path: str, clock: Clock, timeout: float) -> None:
        self._app = app
        self._path, _, self._query = path.partition("?")
        self._clock = clock
        self._timeout = timeout
        self._running: set[asyncio.Task[None]] = set()
        self.state: Mapping[str, Any] = {}
        """What the app's lifespan yielded, for `request.state`."""

    async def post(self, headers: list[tuple[bytes, bytes]], body: bytes) -> UpstreamResponse:
        """Post one event."""
        exchange = _Exchange(body)
        task = asyncio.create_task(self._run(exchange, self._scope(headers, body)))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        timer = self._clock.call_later(self._timeout, partial(self._give_up, exchange, task))
        try:
            return await exchange.response
        finally:
            timer.cancel()

    def hurry(self) -> None:
        """Cancel what the app still does."""
        cancel_all(self._running)

    async def finish(self, seconds: float) -> None:
        """Wait for what the app still does, also after its answers; cancel it after `seconds`."""
        await wait_or_cancel(self._running, self._clock, seconds)

    def _give_up(self, exchange: "_Exchange", task: "asyncio.Task[None]") -> None:
        exchange.fail(UpstreamError(f"no answer within {self._timeout:g} seconds"))
        task.cancel()

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
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": self._path,
            "raw_path": self._path.encode(),
            "root_path": "",
            "query_string": self._query.encode(),
            "headers": [*_OWN_HEADERS, *headers, (b"content-length", str(len(body)).encode())],
            "client": None,
            "server": None,
            "state": dict(self.state),
        }


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
                self.fail(AnswerTooLargeError(f"its answer is larger than {MAX_ANSWER_BYTES} bytes"))
            elif not message.get("more_body", False):
                self.response.set_result(UpstreamResponse(self._status, bytes(self._chunks)))

    def fail(self, error: UpstreamError) -> None:
        """End the exchange without a response, unless it has ended already."""
        if not self.response.done():
            self.response.set_exception(error)
