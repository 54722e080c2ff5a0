"""Measure everything, and say what is reached.

    python -m benchmarks [--quick | --tiny] [--only PART ...] [--churn MINUTES] [--write]

Progress goes to stderr, tables to stdout. The exit code is 0 also where targets are not reached: a shared machine must
not fail a build. It is 1 where a part broke down.
"""

import argparse
import asyncio
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from inspect import isawaitable
from types import FrameType
from typing import Any

from benchmarks.harness.machine import surroundings
from benchmarks.harness.plan import FULL, QUICK, TINY, Plan
from benchmarks.harness.report import group_tables, target_table
from benchmarks.harness.results import as_json, with_earlier, write_page, write_plots, write_results
from benchmarks.harness.samples import Recorder
from benchmarks.harness.servers import ROOT
from benchmarks.harness.targets import Verdict, judge, read_targets
from benchmarks.macro import fan_out, import_time, invoke, memory, rest, upstream
from benchmarks.micro import dispatch, parts, registry

__all__ = ["PARTS", "main"]

PARTS: dict[str, Callable[[Plan, Recorder], Any]] = {
    "import": import_time.run,
    "parts": parts.run,
    "registry": registry.run,
    "dispatch": dispatch.run,
    "upstream": upstream.run,
    "fan-out": fan_out.run,
    "invoke": invoke.run,
    "rest": rest.run,
    "memory": memory.run,
}


_BUSY = 0.7


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure serverless_hub and its peers.")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="plan", action="store_const", const=QUICK, help="less than two minutes")
    size.add_argument("--tiny", dest="plan", action="store_const", const=TINY, help="only to see that all works")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=[], help="these parts")
    parser.add_argument("--churn", type=float, metavar="MINUTES", help="clients that come and go, and nothing else")
    parser.add_argument(
        "--write",
        action="store_true",
        help="write the results, and the plots of the documentation; those of some parts into the day's others",
    )
    parser.set_defaults(plan=FULL)
    return parser.parse_args(words)


def _run(name: str, part: Callable[[Plan, Recorder], Any], plan: Plan, recorder: Recorder) -> bool:
    """Run one part; one that breaks down must not take the others with it."""
    try:
        done = part(plan, recorder)
        if isawaitable(done):
            asyncio.run(_wait(done))
    except Exception as error:  # noqa: BLE001 - whatever it is, the report says so
        traceback.print_exc()
        recorder.note(f"{name} broke down: {error!r}")
        return False
    return True


async def _wait(awaited: Any) -> None:
    await awaited


def _report(recorder: Recorder, verdicts: Sequence[Verdict], about: dict[str, str]) -> None:
    """Print everything."""
    for name, value in about.items():
        print(f"{name}: {value}")
    print("Medians of interleaved repetitions. On a shared machine read ratios and CPU, not rates.")
    print("\n".join(group_tables(recorder)))
    print("\n" + "\n".join(target_table(verdicts)))
    for name, busiest in recorder.profiles.items():
        print(f"\n{name}, where its time goes:\n  " + "\n  ".join(busiest))
    for note in recorder.notes:
        print(f"Note: {note}")
    known = [verdict.reached for verdict in verdicts if verdict.reached is not None]
    print(f"\n{sum(known)} of {len(verdicts)} targets reached, {len(verdicts) - len(known)} not measured")


def main(words: Sequence[str] | None = None) -> int:
    """Run the suite as the command line says."""
    chosen = _arguments(sys.argv[1:] if words is None else words)
    plan, recorder, about = chosen.plan, Recorder(), surroundings()
    if os.getloadavg()[0] > _BUSY:
        recorder.note(f"the machine was busy with other things at the start: a load of {os.getloadavg()[0]:.1f}")
    if chosen.churn is not None:
        parts_: dict[str, Callable[[Plan, Recorder], Any]] = {
            "churn": lambda plan, recorder: memory.churn(plan, recorder, chosen.churn)
        }
    else:
        parts_ = {name: part for name, part in PARTS.items() if not chosen.only or name in chosen.only}
    well = [_run(name, part, plan, recorder) for name, part in parts_.items()]
    verdicts = [judge(target, recorder) for target in read_targets()]
    _report(recorder, verdicts, about)
    is_whole = not chosen.only and chosen.churn is None
    if chosen.write or (plan is FULL and is_whole):
        day = about["time"][:10]
        if not is_whole:
            recorder, about = with_earlier(recorder, about)
            verdicts = [judge(target, recorder) for target in read_targets()]
        results = write_results(as_json(recorder, verdicts, about), day)
        written = [results, write_page(verdicts, about), *write_plots(recorder)]
        print("Written: " + ", ".join(str(path.relative_to(ROOT)) for path in written))
    return 0 if all(well) else 1


def _stop(number: int, _: FrameType | None) -> None:
    """Leave in order: servers are stopped, too."""
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # servers and loads inherit it
    sys.exit(main())
