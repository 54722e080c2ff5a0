"""Writes `docs/reference/azure-parity.md` from the manifest: python -m tests.conformance.parity."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.conformance.manifest import OURS, Area, Manifest, Requirement, load

__all__ = ["PAGE", "page"]

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "azure-parity.md"
"""Where the page stands."""

_SAME, _DIFFERENT, _OWN = "as on Azure", "different on purpose", "of our own"
_SHORT = {_SAME: "the same", _OWN: "\N{EN DASH}"}
_INTRODUCTION = """\
# Parity with Azure

<!-- Generated from tests/conformance/requirements.toml: python -m tests.conformance.parity -->

What hubs do here, point by point, where Azure SignalR Service and its bindings for Azure Functions do something too.
Below each point stands the id that its tests carry: `grep -rn routing.order tests` finds what proves it. A test fails
when a point has no test, or a test names a point that is not here.
"""


def page(manifest: Manifest) -> str:
    """Return the page in Markdown; sources are numbered, so that columns stay narrow on a phone."""
    used = dict.fromkeys(row.source for row in manifest.requirements if row.source != OURS)
    numbers = {source: number for number, source in enumerate(used, 1)}
    lines = [_INTRODUCTION, *_summary(manifest)]
    for area in manifest.areas:
        lines += _table(area, numbers)
    return "\n".join([*lines, *_sources(numbers, manifest.sources)]) + "\n"


def _summary(manifest: Manifest) -> Iterator[str]:
    rows = manifest.requirements
    yield f"**{len(rows)} points**: {_counts(rows)}."
    yield ""
    yield "| Area | Points | Different |"
    yield "|---|--:|--:|"
    for area in manifest.areas:
        different = sum(row.divergence is not None for row in area.requirements)
        yield f"| [{area.title}](#{_anchor(area.title)}) | {len(area.requirements)} | {different} |"


def _table(area: Area, numbers: Mapping[str, int]) -> Iterator[str]:
    yield f"\n## {area.title}\n"
    yield "| Here | On Azure | Source |"
    yield "|---|---|---|"
    for row in area.requirements:
        on_azure = row.divergence or _SHORT[_kind(row)]
        source = f"[{numbers[row.source]}]" if row.source in numbers else row.source
        yield f"| {_cell(row.behaviour)}<br>`{row.id}` | {_cell(on_azure)} | {source} |"


def _sources(numbers: Mapping[str, int], urls: Mapping[str, str]) -> Iterator[str]:
    yield "\n## Sources\n"
    split = [(number, *_parts(source)) for source, number in numbers.items()]
    yield from (f"{number}. {repository}: [{path}][{number}]" for number, repository, path in split)
    yield ""
    yield from (f"[{number}]: {urls[repository]}{path}" for number, repository, path in split)


def _parts(source: str) -> tuple[str, str]:
    """Return repository and path."""
    repository, _, path = source.partition(": ")
    return repository, path


def _kind(row: Requirement) -> str:
    if row.divergence is not None:
        return _DIFFERENT
    return _OWN if row.source == OURS else _SAME


def _counts(rows: Iterable[Requirement]) -> str:
    kinds = [_kind(row) for row in rows]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in (_SAME, _DIFFERENT, _OWN))


def _anchor(title: str) -> str:
    """Return what Markdown renderers make of a heading."""
    return re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(load()), "utf-8", newline="\n")
