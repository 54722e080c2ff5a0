"""The time that a line may be kept without a request."""

import asyncio
import math
from collections.abc import Callable

__all__ = ["IdleTimer"]


class IdleTimer:
    """Calls back once a line has been idle for `seconds`; a request that comes costs no timer."""

    __slots__ = ("_callback", "_due", "_loop", "_seconds", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, callback: Callable[[], None]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._callback = callback
        self._due = math.inf
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Count from now: there is nothing to do."""
        self._due = self._loop.time() + self._seconds
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._look)

    def stop(self) -> None:
        """Do not call back until the next `start`: something has come."""
        self._due = math.inf

    def end(self) -> None:
        """Never call back."""
        self._due = math.inf
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._due == math.inf:
            return
        remaining = self._due - self._loop.time()
        if remaining > 0:
            self._timer = self._loop.call_later(remaining, self._look)
        else:
            self._due = math.inf
            self._callback()
