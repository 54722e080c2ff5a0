"""Which tests say which requirement they prove. Their source is read, so it does not matter which of them run.

What counts is what pytest reads, too: decorators of test functions, `pytestmark`, and `marks=` of `pytest.param`.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Mark", "Module", "read", "read_tree"]

_Test = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Mark:
    """A test at `place` names the requirement `id`."""

    id: str
    place: str


@dataclass(frozen=True, slots=True)
class Module:
    """What one file of tests says."""

    marks: tuple[Mark, ...]
    unmarked: tuple[str, ...]
    """The tests that name no requirement."""
    problems: tuple[str, ...]
    """The marks that prove nothing."""


def read_tree(folder: Path) -> dict[str, Module]:
    """Read every file of tests below `folder`, by path."""
    files = sorted(path for path in folder.rglob("test_*.py") if "node_modules" not in path.parts)
    named = [(path.relative_to(folder.parent).as_posix(), path) for path in files]
    return {name: read(path.read_text("utf-8"), name) for name, path in named}


def read(text: str, path: str = "tests/test_sample.py") -> Module:
    """Read one file of tests."""
    tree = ast.parse(text)
    tests = [node for node in tree.body if isinstance(node, _Test) and node.name.startswith("test_")]
    of_all = list(_marks_of_all(tree))
    groups = [of_all, *(test.decorator_list for test in tests), *_marks_of_cases(tree)]
    marks = [mark for group in groups for mark in _requirements(group)]
    named = [Mark(name, f"{path}:{mark.lineno}") for mark in marks for name in _names(mark)]
    problems = [*_without_names(marks), *_beside_excuses(groups), *_elsewhere(tree, marks)]
    unmarked = [test for test in tests if not any(_requirements(_parts([test, *of_all])))]
    return Module(
        tuple(named),
        tuple(f"{path}:{test.lineno} {test.name} names no requirement" for test in unmarked),
        tuple(f"{path}:{line} {problem}" for line, problem in problems),
    )


def _marks_of_all(tree: ast.Module) -> Iterator[ast.expr]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            yield from _items(node.value)


def _marks_of_cases(tree: ast.Module) -> Iterator[list[ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.param":
            yield from (_items(keyword.value) for keyword in node.keywords if keyword.arg == "marks")


def _items(value: ast.expr) -> list[ast.expr]:
    return value.elts if isinstance(value, ast.List | ast.Tuple) else [value]


def _parts(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    return (part for node in nodes for part in ast.walk(node))


def _requirements(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    return (node for node in nodes if isinstance(node, ast.Call) and _is_mark(node.func, "requirement"))


def _is_mark(node: ast.AST, name: str) -> bool:
    return (
        isinstance(node, ast.Attribute) and node.attr == name and ast.unparse(node.value).rpartition(".")[2] == "mark"
    )


def _names(mark: ast.Call) -> list[str]:
    return [item.value for item in mark.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]


def _without_names(marks: Iterable[ast.Call]) -> Iterator[tuple[int, str]]:
    for mark in marks:
        if not mark.args or len(_names(mark)) < len(mark.args) or mark.keywords:
            yield mark.lineno, "a requirement is named by its id as a literal text"


def _beside_excuses(groups: Iterable[list[ast.expr]]) -> Iterator[tuple[int, str]]:
    for group in groups:
        excuses = [part for part in _parts(group) if _is_mark(part, "skip") or _is_mark(part, "xfail")]
        for mark in _requirements(group) if excuses else ():
            yield mark.lineno, "a test that is skipped or expected to fail proves nothing"


def _elsewhere(tree: ast.Module, marks: Iterable[ast.Call]) -> Iterator[tuple[int, str]]:
    read_here = {id(mark.func) for mark in marks}
    for node in ast.walk(tree):
        if _is_mark(node, "requirement") and id(node) not in read_here:
            assert isinstance(node, ast.Attribute)
            yield node.lineno, "a requirement is named on a test function, in pytestmark or in pytest.param"
