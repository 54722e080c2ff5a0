"""The table of what to reach, and the verdict on each line of it."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.harness.samples import Range, Recorder, spread

__all__ = ["TABLE", "Target", "Verdict", "compared", "falls_short", "judge", "read_targets"]

TABLE = Path(__file__).parents[1] / "targets.toml"


@dataclass(frozen=True)
class Target:
    """One figure to reach; `targets.toml` says what its fields mean."""

    id: str
    statement: str
    numerator: str
    comparator: Literal[">=", "<="]
    target: float
    denominator: str | None = None
    estimate: bool = False
    option: str | None = None
    """Measured only where this is asked for."""

    def reached_by(self, value: float) -> bool:
        """Tell whether `value` is good enough."""
        return value >= self.target if self.comparator == ">=" else value <= self.target

    @property
    def contenders(self) -> list[str]:
        """What has to be measured for it."""
        return [series.partition(":")[0] for series in (self.numerator, self.denominator) if series is not None]


@dataclass(frozen=True)
class Verdict:
    """What became of a target."""

    target: Target
    measured: Range | None
    """The ratio of the medians, with the range of the repetitions' own ratios; None where something is missing."""
    why_not: str | None = None
    by_cpu: float | None = None
    """For rates, the same ratio by the CPU that each unit takes, the other way round: steadier on a shared machine."""

    @property
    def reached(self) -> bool | None:
        """Whether it is reached; None where it was not measured."""
        return None if self.measured is None else self.target.reached_by(self.measured.median)


def read_targets(path: Path = TABLE) -> list[Target]:
    """Return the table.

    Raises:
        ValueError: two entries have one id, or an entry compares in a way that nobody knows.
    """
    targets = [Target(**entry) for entry in tomllib.loads(path.read_text("utf-8"))["target"]]
    if len({target.id for target in targets}) < len(targets):
        raise ValueError("an id stands twice in the table of targets")
    if any(target.comparator not in {">=", "<="} for target in targets):
        raise ValueError("a comparator is neither >= nor <=")
    return targets


def judge(target: Target, recorder: Recorder) -> Verdict:
    """Compare what was measured with `target`."""
    for contender in target.contenders:
        if contender not in recorder.samples:
            reason = recorder.absent.get(contender, "not measured in this run")
            return Verdict(target, None, f"{contender}: {reason}")
    above = recorder.values(target.numerator)
    if target.denominator is None:
        return Verdict(target, spread(above))
    ratio = _ratio(above, recorder.values(target.denominator))
    return Verdict(target, ratio, by_cpu=_by_cpu(target.numerator, target.denominator, recorder))


def falls_short(contender: str, recorder: Recorder) -> bool:
    """Tell whether a target that `contender` stands above the line of is not reached by what is recorded."""
    asked = (target for target in read_targets() if target.contenders[0] == contender)
    return any(judge(target, recorder).reached is False for target in asked)


def compared() -> frozenset[str]:
    """Return all contenders that some target compares."""
    return frozenset(name for target in read_targets() for name in target.contenders)


def _by_cpu(numerator: str, denominator: str, recorder: Recorder) -> float | None:
    """Return how much more CPU a unit of the denominator takes than one of the numerator, where both are rates."""
    if not (numerator.endswith(":rate") and denominator.endswith(":rate")):
        return None
    ours, others = (recorder.values(series.removesuffix("rate") + "cpu") for series in (numerator, denominator))
    return spread(others).median / spread(ours).median if ours and others and any(ours) else None


def _ratio(above: Sequence[float], below: Sequence[float]) -> Range:
    """Return the ratio of the medians; the range is that of the ratios of each repetition."""
    each = [one / other for one, other in zip(above, below, strict=False)]
    return Range(spread(above).median / spread(below).median, min(each), max(each))
