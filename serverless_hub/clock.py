"""The one clock: everything that waits or expires asks it, so that tests can move time by hand."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol

__all__ = ["Clock", "ReplaceableClock", "SystemClock", "Timer", "limit", "sleep"]


class Timer(Protocol):
    """A scheduled call that can still be taken back."""

    def cancel(self) -> None:
        """Forget the call; does nothing once it has run."""


class Clock(Protocol):
    """Time in seconds, and calls in the future."""

    def time(self) -> float:
        """Seconds since the epoch: for token lifetimes."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start that never run backwards: for intervals."""
        ...

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Run `callback` in the running event loop after `delay` seconds."""
        ...


class SystemClock:
    """Real time, on the running event loop."""

    def time(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds of the system's monotonic clock."""
        return time.monotonic()

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Run `callback` in the running event loop after `delay` seconds."""
        return asyncio.get_running_loop().call_later(delay, callback)


class ReplaceableClock:
    """Asks another clock, which a test may replace.

    Args:
        clock: what is asked first.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def time(self) -> float:
        """Seconds since the epoch."""
        return self._clock.time()

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return self._clock.monotonic()

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timer:
        """Run `callback` in the running event loop after `delay` seconds."""
        return self._clock.call_later(delay, callback)

    @contextmanager
    def replaced_by(self, clock: Clock) -> Generator[None]:
        """Ask `clock` while the body runs."""
        self._clock, usual = clock, self._clock
        try:
            yield
        finally:
            self._clock = usual


async def sleep(clock: Clock, seconds: float) -> None:
    """Wait until `seconds` have passed on `clock`."""
    over = asyncio.Event()
    timer = clock.call_later(seconds, over.set)
    try:
        await over.wait()
    finally:
        timer.cancel()


@asynccontextmanager
async def limit(clock: Clock, seconds: float) -> AsyncGenerator[None]:
    """Raise `TimeoutError` in the body once `seconds` have passed on `clock`."""
    async with asyncio.timeout(None) as scope:
        timer = clock.call_later(seconds, lambda: scope.reschedule(asyncio.get_running_loop().time()))
        try:
            yield
        finally:
            timer.cancel()
