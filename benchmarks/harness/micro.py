"""In-process comparisons: short calls, in turns, by CPU time."""

import time
from collections.abc import Awaitable, Callable, Mapping

from benchmarks.harness.plan import Plan
from benchmarks.harness.samples import Recorder

__all__ = ["compare", "compare_async"]

_WARM_UP = 20
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


def _times(once: float, plan: Plan) -> int:
    """Return how many calls fill the time of one round."""
    return max(1, int(plan.micro_seconds / max(once, _SHORTEST)))
