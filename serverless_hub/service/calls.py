"""Calls of one client that wait for the app: bounded in number and in bytes."""

import asyncio
from collections import deque

from serverless_hub.protocol.messages import Invocation

__all__ = ["CallQueue"]


class CallQueue:
    """A queue with one writer and one reader.

    Args:
        max_calls: how many may wait.
        max_bytes: how large they may be together; a single one may be larger.
    """

    def __init__(self, max_calls: int, max_bytes: int) -> None:
        self._max_calls = max_calls
        self._max_bytes = max_bytes
        self._calls: deque[tuple[Invocation, int]] = deque()
        self._size = 0
        self._finished = False
        self._changed = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether `put` would wait."""
        return len(self._calls) >= self._max_calls or self._size >= self._max_bytes

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

    def finish(self) -> None:
        """Let the queued calls be the last."""
        self._finished = True
        self._changed.set()

    async def _change(self) -> None:
        # Writer and reader never wait at the same time: the queue cannot be full and empty at once.
        self._changed.clear()
        await self._changed.wait()
