"""All that users can touch, as text: `make public-api` updates `tests/public_api.txt`.

Public are the names that the package and the modules right below it list, and every type that stands in the signature
of something public. It is read from the source, so that it is the same for every Python.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache

from tests.house.tree import PACKAGE, ROOT, Source, defined, is_public, listed, sources

__all__ = ["FILE", "Package"]

FILE = ROOT / "tests" / "public_api.txt"
_SHOWN = {"__init__", "__call__", "__init_subclass__"}
_PLACEHOLDERS = {"TypeVar", "ParamSpec", "TypeVarTuple"}

_Definition = tuple[str, str]
"""Module and name."""


class Package:
    """What some modules offer.

    Args:
        modules: by their names.
    """

    def __init__(self, modules: Mapping[str, Source]) -> None:
        self._modules = modules
        self._imports: dict[str, Mapping[str, _Definition]] = {}

    @classmethod
    @cache
    def ours(cls) -> "Package":
        return cls({source.module: source for source in sources()})

    def lines(self) -> list[str]:
        """Return a line for each name that can be imported from a public module, and for all that these consist of."""
        found: dict[_Definition, None] = {}
        offered: list[str] = []
        for module, source in self._modules.items():
            if module.count(".") > 1:
                continue
            for name in listed(source) or []:
                home = self._home(module, name)
                offered.append(f"{module}.{name}" if home == (module, name) else f"{module}.{name} is {'.'.join(home)}")
                found[home] = None
        waiting = list(found)
        shown: dict[str, list[str]] = {}
        for definition in waiting:
            nodes = self._nodes(definition)
            name = ".".join(definition)
            shown[name] = [line for node in nodes for line in _lines(name, node)]
            for other in (self._home(definition[0], name) for node in nodes for name in _mentioned(node)):
                if other not in found and other[0] in self._modules and self._nodes(other):
                    found[other] = None
                    waiting.append(other)
        return [*sorted(offered), *(line for name in sorted(shown) for line in ("", *shown[name]))]

    def _home(self, module: str, name: str) -> _Definition:
        """Return where the `name` that `module` knows is defined."""
        home = self._imported(module).get(name)
        return (module, name) if home is None else self._home(*home)

    def _imported(self, module: str) -> Mapping[str, _Definition]:
        """Return where a module imports names of the package from."""
        if module not in self._imports:
            tree = self._modules[module].tree if module in self._modules else ast.Module([], [])
            self._imports[module] = {
                alias.asname or alias.name: (node.module, alias.name)
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith(PACKAGE)
                for alias in node.names
            }
        return self._imports[module]

    def _nodes(self, definition: _Definition) -> list[ast.stmt]:
        """Return the statements that define something, several where it has overloads; not those of type variables."""
        module, name = definition
        body = self._modules[module].tree.body
        return [node for node in body if name in defined([node]) and not _is_placeholder(node)]


def _is_placeholder(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Assign) else None
    return isinstance(value, ast.Call) and ast.unparse(value.func) in _PLACEHOLDERS


def _lines(name: str, node: ast.stmt) -> Iterator[str]:
    """Yield what there is to say of a definition."""
    match node:
        case ast.ClassDef():
            arguments = [*map(ast.unparse, node.bases), *map(ast.unparse, node.keywords)]
            yield f"class {name}({', '.join(arguments)})"
            for inner, member in _members(node):
                yield from (f"    {line}" for line in _lines(inner, member))
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            marks = "".join(f"@{ast.unparse(decorator)} " for decorator in node.decorator_list)
            keyword = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
            returned = "" if node.returns is None else f" -> {ast.unparse(node.returns)}"
            yield f"{marks}{keyword} {name}({ast.unparse(node.args)}){returned}"
        case ast.AnnAssign():
            # What a constructor gives an attribute is its own business; the default of a field is not.
            value = node.value if isinstance(node.target, ast.Name) else None
            yield f"{name}: {ast.unparse(node.annotation)}" + ("" if value is None else f" = {ast.unparse(value)}")
        case ast.Assign():
            yield f"{name} = {ast.unparse(node.value)}"
        case _:
            pass


def _members(node: ast.ClassDef) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the public members of a class with their names; also those that its constructor declares."""
    for inner in node.body:
        match inner:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if is_public(name) or name in _SHOWN:
                yield name, inner
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]) if is_public(name):
                yield name, inner
            case _:
                pass
        if isinstance(inner, ast.FunctionDef) and inner.name == "__init__":
            yield from _attributes(inner)


def _attributes(constructor: ast.FunctionDef) -> Iterator[tuple[str, ast.stmt]]:
    for step in ast.walk(constructor):
        match step:
            case ast.AnnAssign(target=ast.Attribute(value=ast.Name(id="self"), attr=name)) if is_public(name):
                yield name, step
            case _:
                pass


def _mentioned(node: ast.AST) -> Iterator[str]:
    """Yield the names in the types of a definition."""
    match node:
        case ast.ClassDef():
            for part in [*node.bases, *(member for _, member in _members(node))]:
                yield from _mentioned(part)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            arguments = (argument for argument in ast.walk(node.args) if isinstance(argument, ast.arg))
            for annotation in (node.returns, *(argument.annotation for argument in arguments)):
                yield from _mentioned(annotation) if annotation is not None else ()
        case ast.AnnAssign():
            yield from _mentioned(node.annotation)
        case ast.Assign():
            yield from _mentioned(node.value)
        case ast.Constant(value=str(text)) if text.replace("_", "a")[:1].isalpha():
            yield from _quoted(text)
        case ast.Name(id=name):
            yield name
        case _:
            for part in ast.iter_child_nodes(node):
                yield from _mentioned(part)


def _quoted(text: str) -> Iterator[str]:
    """Yield the names in a type that is written as text; text of another kind has none."""
    try:
        node = ast.parse(text, mode="eval")
    except SyntaxError:
        return
    yield from _mentioned(node.body)


if __name__ == "__main__":
    text = "\n".join(Package.ours().lines()) + "\n"
    if "--write" in sys.argv:
        FILE.write_text(text, "utf-8")
    else:
        sys.stdout.write(text)
