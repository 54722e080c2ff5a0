"""In-process comparisons: short calls, in turns, by CPU time."""

import cProfile
import time
from collections.abc import Awaitable, Callable, Mapping

from benchmarks.harness.counting import slowest
from benchmarks.harness.plan import Plan
from benchmarks.harness.samples import Recorder
from benchmarks.harness.targets import falls_short

__all__ = ["compare", "compare_async"]

_WARM_UP = 20
_PROFILED = 300
"""How many calls of what falls short are profiled."""
_SHORTEST = 1e-7


async def compare_async(
    group: str, calls: Mapping[str, Callable[[], Awaitable[object]]], plan: Plan, recorder: Recorder
) -> None:
    """Record the µs of CPU that each of `calls` takes when it is awaited, as `value`."""

    async def bench(call: Callable[[], Awaitable[object]], times: int) -> float:
        start = time.process_time()
        for _ in range(times):
            await call()
        return (time.process_time() - start) / times

    once = {name: await bench(call, _WARM_UP) for name, call in calls.items()}
    for _ in range(plan.micro_rounds):
        for name, call in calls.items():
            seconds = await bench(call, _times(once[name], plan))
            recorder.add(f"{group}.{name}", {"value": seconds * 1e6})
    for name, call in calls.items():
        if falls_short(f"{group}.{name}", recorder):
            profile = cProfile.Profile()
            with profile:
                await bench(call, _PROFILED)
            recorder.profiles[f"{group}.{name}"] = slowest(profile)


def compare(group: str, calls: Mapping[str, Callable[[], object]], plan: Plan, recorder: Recorder) -> None:
    """Record the µs of CPU that each of `calls` takes, as `value`."""

    def bench(call: Callable[[], object], times: int) -> float:
        start = time.process_time()
        for _ in range(times):
            call()
        return (time.process_time() - start) / times

    once = {name: bench(call, _WARM_UP) for name, call in calls.items()}
    for _ in range(plan.micro_rounds):
        for name, call in calls.items():
            recorder.add(f"{group}.{name}", {"value": bench(call, _times(once[name], plan)) * 1e6})
    for name, call in calls.items():
        if falls_short(f"{group}.{name}", recorder):
            profile = cProfile.Profile()
            with profile:
                bench(call, _PROFILED)
            recorder.profiles[f"{group}.{name}"] = slowest(profile)


def _times(once: float, plan: Plan) -> int:
    """Return how many calls fill the time of one round."""
    return max(1, int(plan.micro_seconds / max(once, _SHORTEST)))
