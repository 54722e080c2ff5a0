"""Tests that a table in a page names as proof: a file below `tests`, and sentences that are tests in it."""

import ast
import re
from functools import cache
from itertools import pairwise

from tests.docs.pages import ROOT, cells

__all__ = ["missing_tests", "named_tests", "unproven"]

_FILE = re.compile(r"`(\w+/test_\w+)`")
_SENTENCE = re.compile(r"\*([^*]+)\*")


def named_tests(text: str) -> list[tuple[str, str]]:
    """Return file and name of each test that a cell names.

    Raises:
        ValueError: a file without a sentence, or a sentence without a file: nobody would look for it.
    """
    files = [(found.start(), found[1]) for found in _FILE.finditer(text)]
    named = [
        (file, f"test_{sentence.replace(' ', '_')}")
        for (start, file), (end, _) in pairwise([*files, (len(text), "")])
        for sentence in _SENTENCE.findall(text[start:end])
    ]
    if {file for file, _ in named} != set(_FILE.findall(text)) or len(named) != len(_SENTENCE.findall(text)):
        raise ValueError(f"names no test, or half of one: {text}")
    return named


def missing_tests(text: str) -> list[str]:
    """Return the tests that a cell names, and that are not there."""
    return [f"{file}: {name}" for file, name in named_tests(text) if name not in _defined_in(file)]


def unproven(page: str, heading: str) -> list[str]:
    """Return what a table lacks whose last column names tests: rows without one, and tests that are not there."""
    rows = list(cells(page, heading))[1:]
    lacking = [row[0] for row in rows if not named_tests(row[-1])]
    return [*lacking, *(missing for row in rows for missing in missing_tests(row[-1]))] if rows else [heading]


@cache
def _defined_in(file: str) -> frozenset[str]:
    nodes = ast.walk(ast.parse((ROOT / "tests" / f"{file}.py").read_text("utf-8")))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
