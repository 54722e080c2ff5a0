"""What the reader sees: one table per group of contenders, and one of the targets."""

from collections.abc import Iterator, Sequence

from benchmarks.harness.samples import Range, Recorder, spread
from benchmarks.harness.targets import Verdict

__all__ = ["describe", "group_tables", "target_table"]

_WIDTHS = {"fan-out": "deliveries/s", "burst": "deliveries/s", "receivers": "deliveries/s", "invoke": "round trips/s"}
_UNITS = {"memory": "KiB", "import": "ms", "mixed": "", "churn": "KiB"}
_PLENTY = 1000


def describe(value: float) -> str:
    """Return a number with as many digits as mean something."""
    if abs(value) >= _PLENTY:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value == int(value) else f"{value:.3g}"


def group_tables(recorder: Recorder) -> Iterator[str]:
    """Yield the lines of a table for each group, its contenders in the order of their medians."""
    names = [*recorder.samples, *recorder.absent]
    for group in dict.fromkeys(name.partition(".")[0] for name in names):
        yield ""
        yield from _table(group, recorder)


def _table(group: str, recorder: Recorder) -> Iterator[str]:
    here = [name for name in recorder.samples if name.partition(".")[0] == group]
    rated = [name for name in here if recorder.values(f"{name}:rate")]
    if rated:
        yield from _rates(group, rated, recorder)
    others = [name for name in here if name not in rated and recorder.values(f"{name}:value")]
    if others:
        unit = _UNITS.get(group, "µs")
        yield f"{group:32}{unit:>12}{'range':>22}"
    for name in others:
        found = spread(recorder.values(f"{name}:value"))
        yield f"  {_short(name):30}{describe(found.median):>12}{_range(found):>22}"
    for name, reason in recorder.absent.items():
        if name.partition(".")[0] == group:
            yield f"  {_short(name):30}  not measured: {reason}"


def _rates(group: str, names: Sequence[str], recorder: Recorder) -> Iterator[str]:
    medians = {name: spread(recorder.values(f"{name}:rate")).median for name in names}
    limit = max(medians.values())
    unit = _WIDTHS.get(group, "requests/s")
    yield f"{group:32}{unit:>14}{'range':>22}{'of the first':>14}{'server CPU, µs each':>22}"
    for name in sorted(names, key=lambda name: -medians[name]):
        found = spread(recorder.values(f"{name}:rate"))
        cpu = spread(recorder.values(f"{name}:cpu"))
        yield (
            f"  {_short(name):30}{describe(found.median):>14}{_range(found):>22}{found.median / limit:>14.2f}"
            f"{describe(cpu.median):>10}{'(' + _range(cpu) + ')':>16}"
        )


def target_table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield the lines of the table of what is to reach."""
    yield f"{'':5}{'what':88}{'measured':>10}{'range':>18}{'by CPU':>9}{'target':>10}  verdict"
    for verdict in verdicts:
        target = verdict.target
        wanted = (
            f"{'≥' if target.comparator == '>=' else '≤'} {describe(target.target)}{'*' if target.estimate else ''}"
        )
        if verdict.measured is None:
            yield f"{target.id:5}{target.statement:88}{'':>37}{wanted:>10}  not measured: {verdict.why_not}"
            continue
        found = verdict.measured
        said = "reached" if verdict.reached else "NOT REACHED"
        by_cpu = "" if verdict.by_cpu is None else describe(verdict.by_cpu)
        numbers = f"{describe(found.median):>10}{_range(found):>18}{by_cpu:>9}{wanted:>10}"
        yield f"{target.id:5}{target.statement:88}{numbers}  {said}"
    yield "by CPU: the ratio of what a unit takes of the server's CPU; steadier than rates on a shared machine"
    yield "*: our own limit for what is to be reached in words only"


def _short(name: str) -> str:
    return name.partition(".")[2]


def _range(found: Range) -> str:
    return f"{describe(found.low)} to {describe(found.high)}"
