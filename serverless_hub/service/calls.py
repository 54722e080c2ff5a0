"""Calls of one client that wait for the app: bounded in number and in bytes."""

import asyncio
from collections import deque
from collections.abc import Callable

from serverless_hub.protocol.messages import Invocation

__all__ = ["CallQueue"]

_URGENT_FACTOR = 16
"""So many times more calls may wait while something behind them is awaited."""


class CallQueue:
    """A queue with one writer and one reader.

    Args:
        max_calls: how many may wait.
        max_bytes: how large they may be together; a single one may be larger.
        urgent: tells whether something is awaited that may come behind the calls; then more of them may wait, though
            not more bytes. Whenever its answer changes to yes, `look_again` has to be called.
    """

    def __init__(self, max_calls: int, max_bytes: int, urgent: Callable[[], bool] = lambda: False) -> None:
        self._max_calls = max_calls
        self._max_bytes = max_bytes
        self._urgent = urgent
        self._calls: deque[tuple[Invocation, int]] = deque()
        self._size = 0
        self._finished = False
        self._changed = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether `put` would wait."""
        if len(self._calls) < self._max_calls or self._size >= self._max_bytes:
            return self._size >= self._max_bytes
        return not self._urgent() or len(self._calls) >= self._max_calls * _URGENT_FACTOR

    async def put(self, call: Invocation, size: int) -> None:
        """Queue a call of `size` bytes, as soon as there is room."""
        while self.full:
            await self._change()
        self._calls.append((call, size))
        self._size += size
        self._changed.set()

    async def get(self) -> Invocation | None:
        """Return the next call, or None after the last."""
        while not self._calls:
            if self._finished:
                return None
            await self._change()
        call, size = self._calls.popleft()
        self._size -= size
        self._changed.set()
        return call

    def look_again(self) -> None:
        """Let a waiting writer see whether there is room now."""
        self._changed.set()

    def finish(self) -> None:
        """Let the queued calls be the last."""
        self._finished = True
        self._changed.set()

    async def _change(self) -> None:
        # Writer and reader never wait at the same time: the queue cannot be full and empty at once.
        self._changed.clear()
        await self._changed.wait()
