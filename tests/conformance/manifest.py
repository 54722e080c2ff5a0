"""The requirements manifest: `requirements.toml`, read and checked."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

__all__ = ["OURS", "Area", "Manifest", "Requirement", "load", "parse", "problems"]

OURS = "ours"
"""The source of what Azure does not have or says nothing about."""

_PATH = Path(__file__).with_name("requirements.toml")
_FIELDS = frozenset(("source", "behaviour", "divergence"))
_LONGEST = 160
"""Characters of a sentence that still reads well in a column on a phone."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row."""

    id: str
    fields: Mapping[str, str]

    @property
    def source(self) -> str:
        return self.fields.get("source", "")

    @property
    def behaviour(self) -> str:
        return self.fields.get("behaviour", "")

    @property
    def divergence(self) -> str | None:
        return self.fields.get("divergence")


@dataclass(frozen=True, slots=True)
class Area:
    """Rows about one thing."""

    name: str
    title: str
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """All rows."""

    sources: Mapping[str, str]
    """Repository to the URL that paths in it are appended to."""
    areas: tuple[Area, ...]

    @property
    def requirements(self) -> list[Requirement]:
        return [requirement for area in self.areas for requirement in area.requirements]

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(requirement.id for requirement in self.requirements)


def load() -> Manifest:
    """Read the manifest of the package."""
    return parse(_PATH.read_text("utf-8"))


def parse(text: str) -> Manifest:
    """Read a manifest; TOML itself refuses an id that stands there twice."""
    tables = tomllib.loads(text)
    sources = tables.pop("sources", {})
    areas = (Area(name, table.pop("title", ""), tuple(_rows(name, table))) for name, table in tables.items())
    return Manifest(sources, tuple(areas))


def _rows(name: str, table: Mapping[str, Any]) -> Iterator[Requirement]:
    """Yield the row that `table` is, if it has fields, then those below it."""
    below = {key: cast("dict[str, Any]", value) for key, value in table.items() if isinstance(value, dict)}
    fields = {key: str(value) for key, value in table.items() if key not in below}
    if fields:
        yield Requirement(name, fields)
    for key, value in below.items():
        yield from _rows(f"{name}.{key}", value)


def problems(manifest: Manifest) -> list[str]:
    """Return what is wrong with the rows, one line each."""
    said = Counter(row.behaviour for row in manifest.requirements)
    found = [f"{area.name}: has no title" for area in manifest.areas if not area.title]
    for row in manifest.requirements:
        found += [f"{row.id}: {text}" for text in _row_problems(row, manifest.sources)]
        if said[row.behaviour] > 1:
            found.append(f"{row.id}: another row says the same")
    return found


def _row_problems(row: Requirement, sources: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(row.fields.keys() - _FIELDS):
        yield f"there is no field {name!r}"
    repository, _, path = row.source.partition(": ")
    if row.source != OURS and not (repository in sources and path):
        yield f"source is neither {OURS!r} nor a path in one of [sources]"
    if not row.behaviour.endswith(".") or ". " in row.behaviour:
        yield "behaviour is not one sentence"
    for name, text in row.fields.items():
        if name != "source" and len(text) > _LONGEST:
            yield f"{name} is longer than {_LONGEST} characters"
