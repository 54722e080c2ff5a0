"""No module imports itself, however many steps the way takes; imports for type checkers alone do not count."""

import ast
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.house.tree import Source, sources


def imported(node: ast.AST) -> Iterator[str]:
    """Yield the names that the statements below `node` import: of modules, and of what is in them."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        for other in node.orelse:
            yield from imported(other)
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        # Every name is whole: a check below refuses relative imports.
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from imported(child)


def graph(files: Sequence[Source]) -> dict[str, set[str]]:
    """Return which modules each module imports, among `files`."""
    modules = {file.module for file in files}
    found: dict[str, set[str]] = {}
    for file in files:
        names = set(imported(file.tree))
        wanted = {name if name in modules else name.rpartition(".")[0] for name in names}
        found[file.module] = wanted & modules
    return found


def cycle(files: Sequence[Source]) -> list[str]:
    """Return the modules of one import cycle, in order; empty when there is none."""
    try:
        TopologicalSorter(graph(files)).prepare()
    except CycleError as error:
        modules: list[str] = error.args[1]
        return modules[::-1]
    return []


def relative_imports(files: Sequence[Source]) -> list[str]:
    nodes = ((file, node) for file in files for node in ast.walk(file.tree))
    return [f"{file.path}:{node.lineno}" for file, node in nodes if isinstance(node, ast.ImportFrom) and node.level]


def test_no_import_goes_in_a_circle() -> None:
    assert cycle(sources()) == []


def test_imports_are_absolute() -> None:
    assert relative_imports(sources()) == []


def test_the_graph_of_the_package_is_not_empty() -> None:
    found = graph(sources())
    assert "serverless_hub.errors" in found["serverless_hub.hub.hub"] | found["serverless_hub.hub.definition"]


def files(**texts: str) -> list[Source]:
    return [Source.of(text, f"pkg/{name}.py") for name, text in texts.items()]


@pytest.mark.parametrize(
    "second",
    [
        "import pkg.a",
        "from pkg import a",
        "from pkg.a import x",
        "def f():\n    import pkg.a",
        "if x:\n    import pkg.a",
    ],
)
def test_a_circle_is_found_and_named(second: str) -> None:
    assert sorted(set(cycle(files(a="from pkg.b import y", b=second)))) == ["pkg.a", "pkg.b"]


def test_a_relative_import_is_found() -> None:
    assert relative_imports(files(a="from .b import x")) == ["pkg/a.py:1"]


@pytest.mark.parametrize("condition", ["TYPE_CHECKING", "typing.TYPE_CHECKING"])
def test_an_import_for_type_checkers_alone_is_none(condition: str) -> None:
    assert cycle(files(a="from pkg.b import y", b=f"if {condition}:\n    from pkg.a import x")) == []


def test_what_stands_in_the_other_branch_is_one() -> None:
    assert cycle(files(a="import pkg.b", b="if TYPE_CHECKING:\n    pass\nelse:\n    import pkg.a"))
