"""Bar charts as SVG: medians as bars, the range of the repetitions as a line on each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.harness.report import describe
from benchmarks.harness.samples import Range

__all__ = ["Bar", "bar_chart"]

_WIDTH, _LABELS, _ROW, _TOP = 720, 190, 30, 52
_BARS = _WIDTH - _LABELS - 100
_STYLE = """
  text { font: 14px system-ui, sans-serif; fill: #1f2430; }
  .title { font-weight: 600; }
  .unit, .value { fill: #5b6275; }
  .bar { fill: #a9b1c6; }
  .ours { fill: #3f51b5; }
  .range { stroke: #1f2430; stroke-width: 1.5; opacity: .55; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6e8ef; }
    .unit, .value { fill: #a3a9ba; }
    .bar { fill: #5b6275; }
    .ours { fill: #8c9eff; }
    .range { stroke: #e6e8ef; }
  }
"""


@dataclass(frozen=True)
class Bar:
    """One contender."""

    label: str
    found: Range
    ours: bool = False


def bar_chart(title: str, unit: str, bars: Sequence[Bar]) -> str:
    """Return a chart of at least one bar, in their order."""
    height = _TOP + _ROW * len(bars) + 8
    longest = max(bar.found.high for bar in bars) or 1.0
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="8" y="22">{escape(title)}</text>',
        f'<text class="unit" x="8" y="40">{escape(unit)}</text>',
    ]
    for number, bar in enumerate(bars):
        lines += _row(bar, _TOP + _ROW * number, _BARS / longest)
    return "\n".join([*lines, "</svg>", ""])


def _row(bar: Bar, top: float, scale: float) -> Iterator[str]:
    length, middle = bar.found.median * scale, top + _ROW / 2
    low, high = _LABELS + bar.found.low * scale, _LABELS + bar.found.high * scale
    kind = "ours" if bar.ours else "bar"
    yield f'<text x="{_LABELS - 8}" y="{middle + 5:.0f}" text-anchor="end">{escape(bar.label)}</text>'
    yield f'<rect class="{kind}" x="{_LABELS}" y="{top + 5:.0f}" width="{length:.1f}" height="{_ROW - 10}" rx="2"/>'
    yield f'<line class="range" x1="{low:.1f}" x2="{high:.1f}" y1="{middle:.0f}" y2="{middle:.0f}"/>'
    yield f'<text class="value" x="{high + 8:.0f}" y="{middle + 5:.0f}">{describe(bar.found.median)}</text>'
