"""What a module offers stands in its `__all__`, and everything that is public says what it is."""

import ast
from collections.abc import Iterator, Sequence

import pytest

from tests.house.tree import PACKAGE, Function, Source, defined, is_public, listed, sources


def order(name: str) -> tuple[int, str]:
    """Sort as the linter does: constants, classes, functions."""
    is_constant = name.isupper() and len(name) > 1
    return (0 if is_constant else 1 if name[0].isupper() else 2), name


def problem(source: Source) -> str | None:
    own = {*filter(is_public, defined(source.tree.body, is_package=source.is_package))}
    expected = sorted(own or {*filter(is_public, defined(source.tree.body, is_package=True))}, key=order)
    found = listed(source)
    if found == expected or (found is None and source.is_package and not expected):
        return None
    return f"{source.path}: __all__ is {found}, but should be {expected}"


def undocumented(source: Source) -> Iterator[str]:
    """Yield what is public and has no docstring: the module, its classes and functions, their methods."""
    if not ast.get_docstring(source.tree):
        yield f"{source.path}:1"
    for node, name in public(source.tree.body):
        decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
        if not ast.get_docstring(node) and not decorators & {"overload", f"{node.name}.setter"}:
            yield f"{source.path}:{node.lineno} {name}"


def public(body: Sequence[ast.stmt], prefix: str = "") -> Iterator[tuple[Function | ast.ClassDef, str]]:
    for node in body:
        if isinstance(node, Function | ast.ClassDef) and is_public(node.name):
            yield node, prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{node.name}.")


def test_everything_public_is_documented() -> None:
    assert [text for source in sources() for text in undocumented(source)] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def f(): ...",
        "__all__ = ['f']",
        "__all__ = ['f', 'g']\nfrom serverless_hub.x import f\ndef g(): ...",
        "__all__ = ['f', 'A']\nclass A: ...\ndef f(): ...",
        "__all__ = ['_f']\ndef _f(): ...",
        "__all__ = []\nX: int = 1",
        "__all__ = []\nX, y = 1, 2",
        "__all__ = []\nif x:\n    def f(): ...",
    ],
)
def test_a_list_that_is_missing_wrong_or_unsorted_is_found(text: str) -> None:
    assert "sample.py" in (problem(Source.of(text)) or "")


@pytest.mark.parametrize(
    "text",
    [
        "__all__ = ['XX', 'ZZ', 'A', 'f']\nXX: int = 1\nZZ = 2\n_y = 3\nclass A: ...\nasync def f(): ...",
        "from typing import Any\n__all__ = []",
        "__all__ = ['f']\nfrom serverless_hub.x import f",
    ],
)
def test_a_list_that_fits_passes(text: str) -> None:
    assert problem(Source.of(text)) is None


def test_a_package_lists_what_it_imports_from_its_modules_or_nothing() -> None:
    path = "serverless_hub/sample/__init__.py"
    assert problem(Source.of('"""Nothing."""', path)) is None
    assert problem(Source.of("from typing import Any\nfrom serverless_hub.x import f\n__all__ = ['f']", path)) is None
    assert problem(Source.of("from serverless_hub.x import f", path)) is not None


def test_what_lacks_a_docstring_is_named() -> None:
    classes = "@final\nclass A:\n    def f(self): ...\n    def _g(self): ...\nclass _B:\n    def f(self): ...\n"
    text = f'"""."""\n{classes}def h(): ...\n'
    found = [name.rpartition(" ")[2] for name in undocumented(Source.of(text))]
    assert found == ["A", "A.f", "h"]
    assert list(undocumented(Source.of("x = 1"))) == ["serverless_hub/sample.py:1"]


@pytest.mark.parametrize("folder", [PACKAGE, "tests/support"])
def test_every_module_lists_its_public_names(folder: str) -> None:
    assert [text for source in sources(folder) if (text := problem(source)) is not None] == []
