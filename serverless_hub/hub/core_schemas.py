"""Walks through pydantic's core schemas: dictionaries whose `type` says what they are, one inside of another.

Between them stand mappings of fields by name, where `type` may be a field, and values of the app, such as defaults,
which only look like schemas and are left alone.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

__all__ = ["failing_fast", "nodes", "rewritten", "texts"]

_Part = Mapping[str, Any] | list[Any] | tuple[Any, ...] | float | str | None
_ARRAYS = frozenset(("list", "tuple", "set", "frozenset", "deque"))
_MAPPINGS = frozenset(("dict", "frozendict", "ordered-dict", "counter"))
_CONTAINERS = _ARRAYS | _MAPPINGS
"""Everything of any length: what has `fail_fast` in pydantic-core."""
_VALUES = frozenset(("default", "expected", "members", "metadata"))
"""What holds objects of the app in a schema, and no schemas."""


def nodes(schema: _Part) -> Iterator[Mapping[str, Any]]:
    """Yield every schema in `schema`, from the outside to the inside."""
    if isinstance(schema, Mapping):
        if _is_schema(schema):
            yield schema
        for key, part in schema.items():
            if not _is_value(schema, key):
                yield from nodes(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            yield from nodes(part)


def rewritten(schema: _Part, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> Any:
    """Return a copy of `schema` with each schema in it replaced by what `change` makes of a copy of it."""
    if isinstance(schema, Mapping):
        copy = {key: part if _is_value(schema, key) else rewritten(part, change) for key, part in schema.items()}
        return change(copy) if _is_schema(schema) else copy
    if isinstance(schema, list):
        return [rewritten(part, change) for part in schema]
    if isinstance(schema, tuple):  # a choice of a union, and its label
        return tuple(rewritten(part, change) for part in schema)
    return schema


def failing_fast(schema: _Part) -> Any:
    """Return a copy of `schema` in which every array and mapping reports only the first item that is wrong.

    By itself pydantic goes on and notes each, so that a call of two megabytes takes ten seconds and two gigabytes.
    """
    return rewritten(schema, lambda node: node | {"fail_fast": True} if node["type"] in _CONTAINERS else node)


def texts(schema: Any) -> set[str]:
    """Return every text in `schema`, names of fields among them."""
    if isinstance(schema, str):
        return {schema}
    if isinstance(schema, Mapping):
        node = cast("Mapping[str, Any]", schema)
        return set(node).union(*map(texts, node.values()))
    if isinstance(schema, list | tuple):
        return set[str]().union(*map(texts, cast("list[Any]", schema)))
    return set()


def _is_schema(node: Mapping[str, Any]) -> bool:
    return isinstance(node.get("type"), str)


def _is_value(node: Mapping[str, Any], key: str) -> bool:
    return key in _VALUES and _is_schema(node)
