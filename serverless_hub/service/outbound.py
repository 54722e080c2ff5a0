"""What waits to be sent to one client: bounded, in order, several small messages per frame."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

__all__ = ["Outbound"]

_FRAME_BYTES = 16 * 1024
"""Messages are joined up to this size: one client library reads no frame above 32 KiB."""


class Outbound:
    """A queue of encoded messages with one reader.

    Args:
        max_bytes: how much may wait.
        overflow: called once when more would wait; from then on everything is dropped.
    """

    def __init__(self, max_bytes: int, overflow: Callable[[], None]) -> None:
        self._max_bytes = max_bytes
        self._overflow = overflow
        self._urgent: deque[bytes] = deque()
        self._messages: deque[bytes] = deque()
        self._last: deque[bytes] = deque()
        self._size = 0
        self._sending = 0
        self._idle: asyncio.Future[None] | None = None
        """What the reader waits for, where nothing may be sent now."""
        self._caught_up = False
        """Whether all that came before this turn of the event loop has been sent."""
        self._finished = False

    def push(self, message: bytes) -> None:
        """Queue one encoded message."""
        if self._finished:
            return
        # A client that has taken all so far is not slow: what comes at once has only not had its turn.
        if self._size + len(message) > self._max_bytes and self._size and not self._caught_up:
            self._messages.clear()
            self.finish()
            self._overflow()
            return
        self._messages.append(message)
        self._size += len(message)
        self._wake()

    def urge(self, message: bytes) -> None:
        """Send one encoded message of the protocol itself before all others, even where they have to wait."""
        if not self._finished:
            self._urgent.append(message)
            self._wake()

    def finish(self, last: bytes = b"") -> None:
        """Take no more; `drain` returns once the rest is sent, and `last` behind it."""
        self._finished = True
        if last:
            self._last.append(last)
        self._wake()

    async def drain(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Send what comes until `finish`."""
        while True:
            frame = self._next_frame()
            if frame:
                await send(frame)
                self._size -= self._sending
                self._sending = 0
            elif self._finished:
                return
            else:
                self._idle = asyncio.get_running_loop().create_future()
                self._caught_up = not self._messages
                try:
                    await self._idle
                finally:
                    self._caught_up = False

    def _wake(self) -> None:
        idle, self._idle = self._idle, None
        if idle is not None and not idle.done():
            idle.set_result(None)

    def _source(self) -> deque[bytes]:
        """Return the queue whose turn it is; an empty one where nothing may be sent now."""
        return self._urgent or self._messages or self._last

    def _take(self, source: deque[bytes]) -> bytes:
        message = source.popleft()
        if source is self._messages:
            self._sending += len(message)
        return message

    def _next_frame(self) -> bytes:
        source = self._source()
        if source is self._messages and len(source) == 1:  # As with most broadcasts.
            return self._take(source)
        frame: list[bytes] = []
        size = 0
        while (source := self._source()) and (not frame or size + len(source[0]) <= _FRAME_BYTES):
            frame.append(self._take(source))
            size += len(frame[-1])
        return b"".join(frame)
