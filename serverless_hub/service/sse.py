"""A client's stream of Server-Sent Events (TransportProtocols.md; HTML standard, "Server-sent events")."""

import asyncio
import re
from contextlib import suppress

from serverless_hub.clock import Clock, limit
from serverless_hub.service.asgi import Headers, Receive, Send, tell
from serverless_hub.service.ending import STOPPED
from serverless_hub.service.http_transport import HttpTransport, until_disconnect
from serverless_hub.service.inbound import Inbound
from serverless_hub.service.metrics import TransportKind

__all__ = ["EventStream", "event_of"]

_HEADERS: Headers = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-store"),
    (b"pragma", b"no-cache"),
    (b"content-encoding", b"identity"),  # so that nothing on the way compresses, and with that holds back
    (b"x-accel-buffering", b"no"),  # the same for nginx
]
_OPENER = b":\r\n"
"""A comment: some browsers open the stream only when they see its first bytes."""
_LAST_POST_SECONDS = 1.0
_LINE_END = re.compile(rb"\r\n|\r|\n")


def event_of(data: bytes) -> bytes:
    """Return `data` as one event; its line ends arrive as newlines."""
    lines = (b"data: " + line + b"\r\n" for line in _LINE_END.split(data))
    return b"".join(lines) + b"\r\n"


class EventStream(HttpTransport):
    """One response that does not end.

    Args:
        inbound: what the client posts.
        send: of the request for the stream (ASGI).
        clock: what the wait for its client's last message is counted by.
    """

    kind: TransportKind = "server_sent_events"
    takes_binary = False

    def __init__(self, inbound: Inbound, send: Send, clock: Clock) -> None:
        super().__init__(inbound)
        self._clock = clock
        self._send = send
        self._closing = False
        self._closed = False
        self._opened = asyncio.Event()

    @property
    def over(self) -> bool:
        """Whether the stream has ended."""
        return self._closed

    async def receive(self) -> bytes | None:
        """Return the next bytes, or None once the client is gone; nothing before there is a way to answer."""
        await self._opened.wait()
        return await super().receive()

    async def serve(self, receive: Receive, headers: Headers) -> None:
        """Answer the request for the stream (ASGI), with more `headers`, until it is closed or its client has left."""
        left = until_disconnect(receive, self._inbound)
        try:
            with suppress(OSError):
                await self._open(headers)
                while not self._closed and not left.done():
                    await self._inbound.bell.wait()
            await self._await_last_post()
        except asyncio.CancelledError:
            self._inbound.end(STOPPED)
            raise
        finally:
            self._opened.set()
            self._closed = True
            left.cancel()
        self._inbound.end("The connection was lost.")
        await self.close()

    async def send(self, data: bytes, *, binary: bool) -> None:
        """Send one event; raises OSError once the client is gone."""
        del binary  # The handshake lets no binary protocol in.
        await self._write(event_of(data))

    async def close(self) -> None:
        """End the response; does nothing the second time."""
        if self._closing:
            return
        self._closing = True
        try:
            with suppress(OSError):
                await self._write(b"", more=False)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let the request for the stream end."""
        self._closed = True
        self._inbound.bell.ring()

    async def _open(self, headers: Headers) -> None:
        """Begin the response: clients send nothing before they have seen it."""
        await tell(self._send, {"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *headers]})
        await self._write(_OPENER)
        self._opened.set()

    async def _await_last_post(self) -> None:
        """Wait a moment: a client that leaves says so in a request that may be slower than the end of its stream."""
        with suppress(TimeoutError):
            async with limit(self._clock, _LAST_POST_SECONDS):
                while not self._closed and not self._inbound.ended:
                    await self._inbound.bell.wait()

    async def _write(self, body: bytes, *, more: bool = True) -> None:
        await tell(self._send, {"type": "http.response.body", "body": body, "more_body": more})
