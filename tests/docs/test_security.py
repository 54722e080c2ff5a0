"""Claims of `explanation/security.md`: each attack is played by tests that are there."""

import ast
import re
from functools import cache
from itertools import pairwise

import pytest

from tests.docs.pages import ROOT, cells

KINDS = ["Forged events", "False identities", "Connections of others", "The REST API", "Bad input", "Curiosity"]

_FILE = re.compile(r"`(\w+/test_\w+)`")
_SENTENCE = re.compile(r"\*([^*]+)\*")


@cache
def defined_in(file: str) -> frozenset[str]:
    """Return the names of the tests in a file below `tests`."""
    nodes = ast.walk(ast.parse((ROOT / "tests" / f"{file}.py").read_text("utf-8")))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def named_tests(text: str) -> list[tuple[str, str]]:
    """Return file and name of each test that a cell names."""
    files = [(found.start(), found[1]) for found in _FILE.finditer(text)]
    return [
        (file, f"test_{sentence.replace(' ', '_')}")
        for (start, file), (end, _) in pairwise([*files, (len(text), "")])
        for sentence in _SENTENCE.findall(text[start:end])
    ]


def attacks(kind: str) -> list[list[str]]:
    return list(cells("explanation/security.md", kind))[1:]


@pytest.mark.parametrize("kind", KINDS)
def test_every_attack_names_the_tests_that_play_it_and_they_are_there(kind: str) -> None:
    assert attacks(kind)
    for attack, _, played_by in attacks(kind):
        named = named_tests(played_by)
        assert named, attack
        assert [f"{file}: {name}" for file, name in named if name not in defined_in(file)] == []


def test_no_test_is_named_that_nobody_reads() -> None:
    """Files without a sentence, and sentences without a file, would be passed over in silence."""
    for cell in (row[2] for kind in KINDS for row in attacks(kind)):
        assert {file for file, _ in named_tests(cell)} == set(_FILE.findall(cell))
        assert len(named_tests(cell)) == len(_SENTENCE.findall(cell))


def test_the_attacks_are_those_of_the_tables() -> None:
    text = (ROOT / "docs/explanation/security.md").read_text("utf-8")
    section = text.partition("## Attacks, and what stops them\n")[2].partition("\n## ")[0]
    assert re.findall(r"^### (.+)$", section, re.MULTILINE) == KINDS


def test_a_sentence_is_a_name_in_the_file_before_it() -> None:
    cell = "`routing/test_a` *one thing*, *another*; `hub/test_b` *a third*"
    assert named_tests(cell) == [
        ("routing/test_a", "test_one_thing"),
        ("routing/test_a", "test_another"),
        ("hub/test_b", "test_a_third"),
    ]
