"""In-process comparisons: short calls, in turns, by CPU time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from benchmarks.harness.plan import Plan
from benchmarks.harness.samples import Recorder

__all__ = ["compare", "compare_async"]

_FIRST = 3


def compare(group: str, calls: Mapping[str, Callable[[], object]], plan: Plan, recorder: Recorder) -> None:
    """Record the µs of CPU that each of `calls` takes."""

    def bench(call: Callable[[], object], times: int) -> float:
        start = time.process_time()
        for _ in range(times):
            call()
        return time.process_time() - start

    counts = {name: _count(lambda times, call=call: bench(call, times), plan) for name, call in calls.items()}
    for _ in range(plan.micro_rounds):
        for name, call in calls.items():
            recorder.add(f"{group}.{name}", {"value": bench(call, counts[name]) / counts[name] * 1e6})


def compare_async(
    group: str, calls: Mapping[str, Callable[[], Awaitable[object]]], plan: Plan, recorder: Recorder
) -> None:
    """Record the µs of CPU that each of `calls` takes when it is awaited."""
    loop = asyncio.get_event_loop_policy().new_event_loop()
    try:
        loop.run_until_complete(_compare_async(group, calls, plan, recorder))
    finally:
        loop.close()


async def _compare_async(
    group: str, calls: Mapping[str, Callable[[], Awaitable[object]]], plan: Plan, recorder: Recorder
) -> None:
    async def bench(call: Callable[[], Awaitable[object]], times: int) -> float:
        start = time.process_time()
        for _ in range(times):
            await call()
        return time.process_time() - start

    counts = {}
    for name, call in calls.items():
        once = await bench(call, _FIRST) / _FIRST
        counts[name] = max(1, int(plan.micro_seconds / max(once, 1e-7)))
    for _ in range(plan.micro_rounds):
        for name, call in calls.items():
            recorder.add(f"{group}.{name}", {"value": await bench(call, counts[name]) / counts[name] * 1e6})


def _count(bench: Callable[[int], float], plan: Plan) -> int:
    """Return how many calls fill the time of one round."""
    once = bench(_FIRST) / _FIRST
    return max(1, int(plan.micro_seconds / max(once, 1e-7)))
