"""A timer that is put off far more often than it fires."""

import math
from collections.abc import Callable

from serverless_hub.clock import Clock, Timer

__all__ = ["Deadline"]


class Deadline:
    """Calls back once `seconds` have passed since the last `restart`; putting it off costs no timer."""

    __slots__ = ("_callback", "_clock", "_due", "_now", "_seconds", "_timer")

    def __init__(self, clock: Clock, seconds: float, callback: Callable[[], None]) -> None:
        self._clock = clock
        self._now = clock.monotonic  # Asked with each message that goes out.
        self._seconds = seconds
        self._callback = callback
        self._due = math.inf
        self._timer: Timer | None = None

    @property
    def running(self) -> bool:
        """Whether it will fire."""
        return self._due < math.inf

    def restart(self) -> None:
        """Count from now."""
        self._due = self._now() + self._seconds
        if self._timer is None:
            self._timer = self._clock.call_later(self._seconds, self._look)

    def rest(self) -> None:
        """Do not fire until the next `restart`, which is expected soon: a timer that runs is kept for it."""
        self._due = math.inf

    def stop(self) -> None:
        """Do not fire until the next `restart`."""
        self._due = math.inf
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if not self.running:
            return
        remaining = self._due - self._now()
        if remaining > 0:
            self._timer = self._clock.call_later(remaining, self._look)
        else:
            self._due = math.inf
            self._callback()
