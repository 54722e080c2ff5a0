"""Every requirement has a test, and every test here names a requirement: in the whole tree, whatever is run."""

from functools import cache
from pathlib import Path

import pytest

from tests.conformance.manifest import load
from tests.conformance.marks import Mark, Module, read_tree
from tests.conformance.two_way import gaps

TESTS = Path(__file__).parents[2]
HERE = ("tests/conformance/", "tests/conformance/checks/")


@cache
def modules() -> dict[str, Module]:
    return read_tree(TESTS)


def test_every_requirement_has_a_test_and_every_mark_names_a_requirement() -> None:
    marks = [mark for module in modules().values() for mark in module.marks]
    found = gaps(load().ids, marks)
    assert not found, "\n".join(found)


def test_every_mark_stands_where_pytest_reads_it_on_a_test_that_counts() -> None:
    found = [problem for module in modules().values() for problem in module.problems]
    assert not found, "\n".join(found)


def test_every_test_of_conformance_names_a_requirement() -> None:
    folder, checks = HERE
    found = [module for path, module in modules().items() if path.startswith(folder) and not path.startswith(checks)]
    assert len(found) > 1
    unmarked = [test for module in found for test in module.unmarked]
    assert not unmarked, "\n".join(unmarked)


@pytest.mark.parametrize(
    ("marks", "found"),
    [
        ([Mark("a", "x:1"), Mark("b", "x:2")], []),
        ([Mark("a", "x:1")], ["b has no test"]),
        ([Mark("a", "x:1"), Mark("b", "x:2"), Mark("c", "x:3")], ["x:3: there is no requirement 'c'"]),
    ],
)
def test_what_does_not_fit_together_is_named(marks: list[Mark], found: list[str]) -> None:
    assert gaps(["a", "b"], marks) == found
