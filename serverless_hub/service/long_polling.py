"""A client that asks again and again whether there is something for it (TransportProtocols.md, "Long Polling")."""

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from serverless_hub.clock import Clock
from serverless_hub.service.asgi import Headers, Receive, Send, tell
from serverless_hub.service.deadline import Deadline
from serverless_hub.service.ending import STOPPED
from serverless_hub.service.http_transport import HttpTransport, until_disconnect
from serverless_hub.service.inbound import Inbound
from serverless_hub.service.metrics import TransportKind
from serverless_hub.service.settings import ServiceSettings

__all__ = ["LongPolling"]

_HEADERS: Headers = [
    (b"cache-control", b"no-cache, no-store"),
    (b"pragma", b"no-cache"),
    (b"expires", b"Thu, 01 Jan 1970 00:00:00 GMT"),
]
_MAX_WAITING_BYTES = 64 * 1024
"""So much is handed to one poll, and a message more; what is beyond waits where it can be bounded per connection."""


class LongPolling(HttpTransport):
    """Polls that follow each other: the newest gets what waits, the one before it ends.

    Args:
        inbound: what the client posts.
        settings: how long a poll may take, and how long there may be none.
        clock: what these are counted by.
    """

    kind: TransportKind = "long_polling"
    takes_binary = True

    def __init__(self, inbound: Inbound, settings: ServiceSettings, clock: Clock) -> None:
        super().__init__(inbound)
        self._clock = clock
        self._poll_timeout = settings.poll_timeout
        self._pause = Deadline(clock, settings.disconnect_timeout, self._stayed_away)
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._newest: object | None = None
        """The poll that gets what comes; None between two polls."""
        self._delivering = False
        self._first = True
        self._closed = False
        self._over = False

    @property
    def over(self) -> bool:
        """Whether the client has left, or heard that the connection is closed."""
        return self._over

    async def send(self, data: bytes, *, binary: bool) -> None:
        """Queue whole messages for the next poll, as soon as there is room.

        Raises:
            ConnectionError: the client has left, or will not come in time.
        """
        del binary  # Whichever it is, a body has bytes.
        while self._size >= _MAX_WAITING_BYTES and not self._hopeless:
            await self._inbound.bell.wait()
        if self._over:
            raise ConnectionError("the client has left")
        self._waiting.append(data)
        self._size += len(data)
        self._inbound.bell.ring()

    async def close(self) -> None:
        """End it, once the last message is taken; the poll behind that hears of the end."""
        while self._waiting and not self._hopeless:
            await self._inbound.bell.wait()
        self.abandon()

    def abandon(self) -> None:
        """Let polls end: the one that is open, or the next."""
        self._closed = True
        self._inbound.end()
        self._inbound.bell.ring()

    def leave(self, loss: str | None = None) -> None:
        """Take it that the client is gone; polls end."""
        self._inbound.end(loss)
        self._over = True
        self._pause.stop()
        self._inbound.bell.ring()

    async def poll(self, receive: Receive, send: Send, headers: Headers) -> None:
        """Answer a poll (ASGI), with more `headers`, once there is something to say.

        The first is answered at once, since clients send nothing before. A newer one ends this one with 204, and gets
        what this one has not begun to send.
        """
        poll = _Poll(send, headers, until_disconnect(receive, self._inbound), is_late=self._first)
        self._first = False
        self._newest = poll
        self._pause.stop()
        self._inbound.bell.ring()
        timer = self._clock.call_later(self._poll_timeout, lambda: self._expire(poll))
        try:
            with suppress(OSError):
                await self._answer(poll)
        except asyncio.CancelledError:
            self._inbound.end(STOPPED)
            raise
        finally:
            timer.cancel()
            poll.left.cancel()
            if self._newest is poll:
                self._newest = None
                self._inbound.bell.ring()
            if self._newest is None and not self._over:
                self._pause.restart()

    async def _answer(self, poll: "_Poll") -> None:
        while not poll.left.done():
            if self._over or self._newest is not poll:
                await poll.answer(HTTPStatus.NO_CONTENT)
                return
            if self._waiting and not self._delivering:
                await self._deliver(poll)
                return
            if self._closed and not self._waiting:
                await poll.answer(HTTPStatus.NO_CONTENT)
                self.leave()
                return
            if poll.is_late:
                await poll.answer(HTTPStatus.OK)
                return
            await self._inbound.bell.wait()

    async def _deliver(self, poll: "_Poll") -> None:
        """Answer with what waits; it goes on waiting where the client turns out to be gone."""
        self._delivering = True
        try:
            count = len(self._waiting)
            if await poll.answer(HTTPStatus.OK, b"".join(self._waiting)):
                for _ in range(count):
                    self._size -= len(self._waiting.popleft())
        finally:
            self._delivering = False
            self._inbound.bell.ring()

    @property
    def _hopeless(self) -> bool:
        """Whether it is in vain to wait for a poll."""
        return self._over or (self._inbound.ended and self._newest is None)

    def _expire(self, poll: "_Poll") -> None:
        poll.is_late = True
        self._inbound.bell.ring()

    def _stayed_away(self) -> None:
        self.leave("The client stopped polling.")


@dataclass(eq=False)
class _Poll:
    send: Send
    headers: Headers
    left: "asyncio.Task[None]"
    """Done when its client is gone."""
    is_late: bool
    """Whether it has to be answered, with nothing."""

    async def answer(self, status: HTTPStatus, body: bytes = b"") -> bool:
        """Send the response; False when the client had gone before its body was begun.

        Raises:
            OSError: it has gone now.
        """
        headers = [*_HEADERS, *self.headers]
        if status != HTTPStatus.NO_CONTENT:
            headers.append((b"content-length", str(len(body)).encode()))
        if body:
            headers.append((b"content-type", b"application/octet-stream"))
        await tell(self.send, {"type": "http.response.start", "status": int(status), "headers": headers})
        if self.left.done():
            return False
        await tell(self.send, {"type": "http.response.body", "body": body})
        return True
