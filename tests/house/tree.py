"""The files that the checks of the house read: each is parsed once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["CODE", "PACKAGE", "ROOT", "Function", "Source", "functions", "is_public", "sources"]

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
