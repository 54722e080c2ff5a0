"""Time that moves only when a test says so."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["VirtualClock", "settle"]

_ROUNDS = 20
"""How many steps of the event loop something takes that is ready, from a timer to whoever hears of it."""


@dataclass(eq=False)
class _Timer:
    due: float
    callback: Callable[[], object]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True
        self.callback = int  # What it would have called need not live as long as the clock.


@dataclass
class VirtualClock:
    """A clock for services and routers that stands still until `advance`."""

    now: float = field(default_factory=time.time)
    """Seconds since the epoch; without it, the time at which the clock was made."""
    timers: list[_Timer] = field(default_factory=list["_Timer"])
    """What has not run yet, and what has been cancelled since the clock moved."""

    def time(self) -> float:
        """Seconds since the epoch."""
        return self.now

    def monotonic(self) -> float:
        """The same: this clock never runs backwards."""
        return self.now

    def call_later(self, delay: float, callback: Callable[[], object]) -> _Timer:
        """Run `callback` once the clock has moved on by `delay` seconds."""
        timer = _Timer(self.now + delay, callback)
        self.timers.append(timer)
        return timer

    async def advance(self, seconds: float) -> None:
        """Move on, running what falls due on the way in order, with what that makes ready to run."""
        end = self.now + seconds
        while due := [timer for timer in self.timers if not timer.cancelled and timer.due <= end]:
            timer = min(due, key=lambda timer: timer.due)
            self.timers.remove(timer)
            self.now = max(self.now, timer.due)
            timer.callback()
            await settle()
        self.now = end
        self.timers = [timer for timer in self.timers if not timer.cancelled]
        await settle()


async def settle() -> None:
    """Let everything that is ready run."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
