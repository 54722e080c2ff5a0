"""The files that the checks of the house read: each is parsed once."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["CODE", "PACKAGE", "ROOT", "Function", "Source", "defined", "functions", "is_public", "listed", "sources"]

ROOT = Path(__file__).parents[2]
PACKAGE = "serverless_hub"
CODE = (PACKAGE, "tests", "examples", "benchmarks")
"""The folders with Python in them."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, eq=False)
class Source:
    """One Python file."""

    path: str
    """Relative to the root, with slashes."""
    text: str
    tree: ast.Module

    @classmethod
    def of(cls, text: str, path: str = f"{PACKAGE}/sample.py") -> "Source":
        return cls(path, text, ast.parse(text))

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def is_package(self) -> bool:
        return self.path.endswith("__init__.py")

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())


@cache
def sources(folder: str = PACKAGE) -> tuple[Source, ...]:
    """Return the Python files below `folder`, in the order of their paths."""
    found = sorted(path for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts)
    return tuple(Source.of(path.read_text("utf-8"), path.relative_to(ROOT).as_posix()) for path in found)


def functions(source: Source) -> Iterator[Function]:
    """Yield every function and method, nested ones too."""
    return (node for node in ast.walk(source.tree) if isinstance(node, Function))


def is_public(name: str) -> bool:
    return not name.startswith("_")


def listed(source: Source) -> list[str] | None:
    """Return `__all__`; None when there is none."""
    for node in source.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


def defined(body: Sequence[ast.stmt], *, is_package: bool = False) -> Iterator[str]:
    """Yield the public names that a module defines; those that it imports are others', where it defines any."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.If(body=inner, orelse=others):
                yield from defined([*inner, *others], is_package=is_package)
            case ast.ImportFrom(module=str(module), names=names) if is_package and module.startswith(PACKAGE):
                yield from (alias.asname or alias.name for alias in names)
            case _:
                pass
