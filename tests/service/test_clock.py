import asyncio
import time

import pytest

from serverless_hub.clock import SystemClock, limit
from tests.support.clock import ManualClock, settle


def test_the_system_clock_tells_the_time_of_day_and_a_time_that_never_runs_backwards() -> None:
    clock = SystemClock()
    assert abs(clock.time() - time.time()) < 60
    assert clock.monotonic() <= clock.monotonic()


async def test_the_system_clock_calls_back_in_the_running_loop() -> None:
    called = asyncio.Event()
    SystemClock().call_later(0, called.set)
    async with asyncio.timeout(10):
        await called.wait()


async def test_a_limit_that_passes_raises_in_the_body() -> None:
    clock = ManualClock()

    async def body() -> None:
        async with limit(clock, 5):
            await asyncio.Event().wait()

    task = asyncio.create_task(body())
    await settle()
    await clock.advance(4.9)
    assert not task.done()
    await clock.advance(0.1)
    with pytest.raises(TimeoutError):
        await task


async def test_a_body_that_ends_in_time_leaves_no_timer() -> None:
    clock = ManualClock()
    async with limit(clock, 5):
        pass
    assert [timer.cancelled for timer in clock.timers] == [True]
