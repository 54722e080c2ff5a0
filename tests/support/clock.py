"""Time that moves only when a test says so."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["ManualClock", "settle"]


@dataclass(eq=False)
class _Timer:
    due: float
    callback: Callable[[], object]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True
        self.callback = int  # What it would have called need not live as long as the clock.


@dataclass
class ManualClock:
    now: float = 1_000_000_000.0
    timers: list[_Timer] = field(default_factory=list["_Timer"])

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], object]) -> _Timer:
        timer = _Timer(self.now + delay, callback)
        self.timers.append(timer)
        return timer

    async def advance(self, seconds: float) -> None:
        """Move on, running what falls due on the way in order."""
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
    for _ in range(20):
        await asyncio.sleep(0)
