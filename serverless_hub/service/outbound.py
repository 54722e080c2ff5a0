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
        self._messages: deque[bytes] = deque()
        self._size = 0
        self._wake = asyncio.Event()
        self._finished = False

    def push(self, message: bytes) -> None:
        """Queue one encoded message."""
        if self._finished:
            return
        if self._size + len(message) > self._max_bytes and self._size:
            self._messages.clear()
            self.finish()
            self._overflow()
            return
        self._messages.append(message)
        self._size += len(message)
        self._wake.set()

    def finish(self) -> None:
        """Take no more; `drain` returns once the rest is sent."""
        self._finished = True
        self._wake.set()

    async def drain(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Send what comes until `finish`."""
        while self._messages or not self._finished:
            if not self._messages:
                self._wake.clear()
                await self._wake.wait()
                continue
            frame = self._next_frame()
            await send(frame)
            self._size -= len(frame)

    def _next_frame(self) -> bytes:
        frame = [self._messages.popleft()]
        size = len(frame[0])
        while self._messages and size + len(self._messages[0]) <= _FRAME_BYTES:
            frame.append(self._messages.popleft())
            size += len(frame[-1])
        return b"".join(frame)
