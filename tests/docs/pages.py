"""The pages of the documentation, as their tests read them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DOCS", "ROOT", "Block", "blocks", "cells", "page", "pages"]

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(r"^```(?P<language>\w+)[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block of code."""

    language: str
    text: str


def pages() -> dict[str, str]:
    """Return the text of every page by its path below `docs`."""
    return {path.relative_to(DOCS).as_posix(): path.read_text("utf-8") for path in sorted(DOCS.rglob("*.md"))}


def page(name: str) -> str:
    """Return the text of one page, with every run of blanks and line ends as one blank."""
    return " ".join((DOCS / name).read_text("utf-8").split())


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of code in a page."""
    return (Block(found["language"], found["text"]) for found in _BLOCK.finditer(text))


def cells(name: str, heading: str) -> Iterator[list[str]]:
    """Yield the rows of the tables in the section `heading` of a page, each as its cells."""
    text = (DOCS / name).read_text("utf-8")
    section = re.split(r"^#+ ", text.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    for line in section.splitlines():
        if line.startswith("|") and not line.startswith(("|-", "| |")):
            yield [cell.strip() for cell in line.strip("|").split("|")]
