"""One request and its response, as an ASGI app sees them (ASGI, HTTP connection scope)."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, Protocol

from serverless_hub.server.http_response import Head, head_of, lines_of
from serverless_hub.service.asgi import App, Message, Scope

__all__ = ["AnyCycle", "Cycle", "Line", "unavailable"]

_logger = logging.getLogger("uvicorn.error")
_JOINED = 65_536
"""Up to how many bytes a body is copied behind its head, so that both are written at once."""
_NO_BODY = frozenset({204, 304})
_DISCONNECT = "http.disconnect"


class Line(Protocol):
    """What a cycle uses of its line."""

    transport: asyncio.Transport
    write_paused: bool

    def read_on(self) -> None:
        """Read again, where reading was paused."""

    async def drained(self) -> None:
        """Wait until the client has read enough, or is gone."""

    def default_head(self) -> Head:
        """Return the lines of the headers of every response."""
        ...

    def default_headers(self) -> Iterable[tuple[bytes, bytes]]:
        """Return the headers of every response."""
        ...

    def log_access(self, scope: Scope, status: int) -> None:
        """Log a request that is answered."""

    def soon(self, cycle: "Cycle") -> None:
        """Flush the cycle when the event loop has come round."""

    def responded(self) -> None:
        """Go on to the next request: this one is answered."""

    def ended(self, cycle: "AnyCycle") -> None:
        """Forget the task of a cycle, which is over."""


class AnyCycle(Protocol):
    """One request and its response, for its line."""

    keep_alive: bool
    """Whether the line is kept after the response."""
    task: asyncio.Task[None]
    """What `run` runs in."""

    def disconnect(self) -> None:
        """Know that the client is gone."""

    def flush(self) -> bool:
        """Write what waits to be written; return whether the client has got any of the response."""
        ...

    async def run(self) -> None:
        """See that the request has an answer."""


class Cycle:
    """Made for each request; the line feeds it, the app reads and answers.

    Args:
        line: what it came on.
        scope: as ASGI has it.
        keep_alive: whether the client wants the line to be kept.
        expects_continue: whether the client waits to be told to send its body.
    """

    __slots__ = (
        "_app",
        "_arrived",
        "_bodyless",
        "_chunked",
        "_expects_continue",
        "_head",
        "_line",
        "_method_is_head",
        "_remaining",
        "_scope",
        "_started",
        "_wake",
        "body",
        "complete",
        "disconnected",
        "keep_alive",
        "more_body",
        "task",
    )

    def __init__(self, line: Line, app: App, scope: Scope, *, keep_alive: bool, expects_continue: bool) -> None:
        self._line = line
        self._app = app
        self._scope = scope
        self._expects_continue = expects_continue
        self._arrived = False
        self._wake: asyncio.Event | None = None
        self._started = False
        self._method_is_head = scope["method"] == "HEAD"
        self._chunked = False
        self._remaining = 0
        self._head = b""
        self.body: bytes | bytearray = b""
        """What has come and not been read."""
        self.more_body: bool = True
        """Whether there may be more of it."""
        self.keep_alive: bool = keep_alive
        """Whether the line is kept after the response."""
        self.complete: bool = False
        """Whether the response is."""
        self.disconnected: bool = False
        self.task: asyncio.Task[None]
        """What `run` runs in."""

    # What the line calls

    def feed(self, data: bytes) -> int:
        """Take a part of the body; return how much there is to read."""
        if not self.body:
            self.body = data
        else:
            if isinstance(self.body, bytes):
                self.body = bytearray(self.body)
            self.body += data
        self._arrive()
        return len(self.body)

    def feed_end(self) -> None:
        """Know that the body is complete."""
        self.more_body = False
        self._arrive()

    def disconnect(self) -> None:
        """Know that the client is gone."""
        self.disconnected = True
        self._arrive()

    def flush(self) -> bool:
        """Write the head of the response where it still waits for a body; return whether the client has got any."""
        head, self._head = self._head, b""
        if head and not self.disconnected:
            self._line.transport.write(head)
        return self._started

    async def run(self) -> None:
        """Call the app, and see that the request has an answer."""
        try:
            app: Any = self._app  # It may return what it must not.
            result = await app(self._scope, self._receive, self._send)
        except BaseException:  # As with uvicorn, an app that is cancelled has failed, too.
            _logger.exception("Exception in ASGI application\n")
            await self._fail()
        else:
            if result is not None:
                _logger.error("ASGI callable should return None, but returned '%s'.", result)
                self._close()
            elif not self.complete and not self.disconnected:
                omission = "completing" if self._started else "starting"
                _logger.error("ASGI callable returned without %s response.", omission)
                await self._fail()
        finally:
            self._line.ended(self)

    async def _fail(self) -> None:
        if self._started:
            self._close()
        else:
            await _say(self._send, 500, b"Internal Server Error")

    def _close(self) -> None:
        self.flush()
        self._line.transport.close()

    def _arrive(self) -> None:
        self._arrived = True
        if self._wake is not None:
            self._wake.set()

    # What the app calls

    async def _receive(self) -> Message:
        line = self._line
        if self._expects_continue and not line.transport.is_closing():
            self._expects_continue = False
            line.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self.disconnected and not self.complete:
            line.read_on()
            if not self._arrived:
                await self._wait()
            self._arrived = False
        if self.disconnected or self.complete:
            return {"type": _DISCONNECT}
        body, self.body = self.body, b""
        return {"type": "http.request", "body": bytes(body), "more_body": self.more_body}

    async def _wait(self) -> None:
        if self._wake is None:
            self._wake = asyncio.Event()
        self._wake.clear()
        await self._wake.wait()

    async def _send(self, message: Message) -> None:
        if self._line.write_paused and not self.disconnected:
            await self._line.drained()
        if self.disconnected:
            return
        kind = message["type"]
        if not self._started:
            if kind != "http.response.start":
                raise RuntimeError(f"Expected ASGI message 'http.response.start', but got '{kind}'.")
            self._start(message)
        elif self.complete:
            raise RuntimeError(f"Unexpected ASGI message '{kind}' sent, after response already completed.")
        elif kind != "http.response.body":
            raise RuntimeError(f"Expected ASGI message 'http.response.body', but got '{kind}'.")
        else:
            self._send_body(message.get("body", b""), more=message.get("more_body", False))

    def _start(self, message: Message) -> None:
        self._started = True
        self._expects_continue = False
        status: int = message["status"]
        line = self._line
        line.log_access(self._scope, status)
        head = lines_of(message.get("headers", ()), line.default_head())
        has_body = not self._method_is_head and status not in _NO_BODY
        self._head = head_of(status, head, closes=not self.keep_alive, has_body=has_body)
        self.keep_alive = not head.closes
        self._chunked = head.chunked
        self._remaining = 0 if head.chunked or self._method_is_head else head.length or 0
        line.soon(self)

    def _send_body(self, body: bytes, *, more: bool) -> None:
        if self._method_is_head:
            data: bytes = b""
        elif self._chunked:
            data = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            if not more:
                data += b"0\r\n\r\n"
        else:
            data = body
            if len(body) > self._remaining:
                raise RuntimeError("Response content longer than Content-Length")
            self._remaining -= len(body)
        self._write(data)
        if not more:
            if self._remaining:
                raise RuntimeError("Response content shorter than Content-Length")
            self.complete = True
            self._arrive()
            if not self.keep_alive:
                self._line.transport.close()
            self._line.responded()

    def _write(self, data: bytes) -> None:
        head = self._head
        if head and len(data) <= _JOINED:
            self._head = b""
            self._line.transport.write(head + data)
            return
        self.flush()
        if data:
            self._line.transport.write(data)


async def _say(send: Any, status: int, text: bytes) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(text)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


async def unavailable(scope: Scope, receive: Any, send: Any) -> None:
    """Answer that there is too much to do; an ASGI app."""
    del scope, receive
    await _say(send, 503, b"Service Unavailable")
