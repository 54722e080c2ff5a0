"""Answers that are awaited for the same time each: one timer for all of them."""

import asyncio
from collections.abc import Callable
from itertools import takewhile
from typing import Any

from serverless_hub.clock import Clock, Timer
from serverless_hub.service.ports import UpstreamError

__all__ = ["Awaited"]

_Late = Callable[[UpstreamError], object]


class Awaited:
    """Tasks whose answers are awaited; those that take too long are cancelled.

    Args:
        clock: what times are measured by.
        seconds: how long an answer may take.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._waiting: dict[asyncio.Task[Any], tuple[float, _Late]] = {}
        """When each has to be there, in order, and who is told."""
        self._timer: Timer | None = None

    def add(self, task: "asyncio.Task[Any]", late: _Late) -> None:
        """Wait for `task` from now on; `late` is called when it takes too long."""
        self._waiting[task] = self._clock.monotonic() + self._seconds, late
        if self._timer is None:
            self._timer = self._clock.call_later(self._seconds, self._look)

    def take(self, task: "asyncio.Task[Any]") -> bool:
        """Wait for `task` no more; False where it took too long, and that has been told."""
        return self._waiting.pop(task, None) is not None

    def stop(self) -> None:
        """Forget the timer, when nothing is awaited."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        now = self._clock.monotonic()
        too_late = list(takewhile(lambda waiting: waiting[1][0] <= now, self._waiting.items()))
        for task, _ in too_late:
            del self._waiting[task]
        if self._waiting:
            due, _ = next(iter(self._waiting.values()))
            self._timer = self._clock.call_later(due - now, self._look)
        for task, (_, late) in too_late:
            late(UpstreamError(f"no answer within {self._seconds:g} seconds"))
            task.cancel()
