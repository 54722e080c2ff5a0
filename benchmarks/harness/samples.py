"""What was measured: samples of a contender, one per interleaved repetition, and the arithmetic on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TypeAlias

__all__ = ["Measures", "Range", "Recorder", "spread"]

Measures: TypeAlias = Mapping[str, float]
"""One sample: what was measured, by name: `rate`, `cpu`, `value`, and what a loader says of itself."""


@dataclass(frozen=True)
class Range:
    """A median with the smallest and the largest of what it comes from."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Range:
    """Return the median and the range of at least one value."""
    return Range(median(values), min(values), max(values))


@dataclass
class Recorder:
    """All samples of a run, by contender, and why some contenders have none."""

    samples: dict[str, list[Measures]] = field(default_factory=dict[str, list[Measures]])
    absent: dict[str, str] = field(default_factory=dict[str, str])
    """Why a contender was not measured."""
    profiles: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """The busiest functions of contenders that have not reached a target."""
    notes: list[str] = field(default_factory=list[str])
    """What the reader has to know to judge the numbers."""

    def add(self, contender: str, measures: Measures) -> None:
        """Keep the sample of one repetition."""
        self.samples.setdefault(contender, []).append(measures)

    def note(self, text: str) -> None:
        """Tell the reader something, once."""
        if text not in self.notes:
            self.notes.append(text)

    def values(self, series: str) -> list[float]:
        """Return what was measured of `contender:measure`, in the order of the repetitions; maybe nothing."""
        contender, _, measure = series.partition(":")
        return [sample[measure] for sample in self.samples.get(contender, []) if measure in sample]
