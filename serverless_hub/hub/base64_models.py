"""Bytes inside of models, as SignalR's JSON writes them: standard base64 (HubProtocol.md, "Type mappings").

pydantic reads the bytes of a model as the model's own config says, UTF-8 by default, whatever the validator around it
says; so the validator of a method is built from a schema in which each model without a say of its own says base64.
"""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from pydantic_core import CoreSchema, SchemaValidator

__all__ = ["base64_validator"]

_OPTION = "val_json_bytes"
_Node = Mapping[str, Any] | list[Any] | tuple[Any, ...] | float | str | None
_WITH_CONFIG = frozenset(("model", "dataclass", "typed-dict"))


def base64_validator(schema: CoreSchema) -> SchemaValidator:
    """Return a validator for `schema` that reads bytes in JSON as base64, also those inside of models."""
    with _built_anew(set(_models(schema))):
        return SchemaValidator(cast("CoreSchema", _with_base64(schema)), {"val_json_bytes": "base64"})


def _with_base64(node: _Node) -> Any:
    if isinstance(node, Mapping):
        inner = {key: _with_base64(part) for key, part in node.items()}
        if inner.get("type") in _WITH_CONFIG:
            inner["config"] = {_OPTION: "base64", **inner.get("config", {})}
        return inner
    if isinstance(node, list):
        return [_with_base64(part) for part in node]
    if isinstance(node, tuple):  # a choice of a union, and its label
        return tuple(_with_base64(part) for part in node)
    return node


def _models(node: _Node) -> Iterator[type]:
    if isinstance(node, Mapping):
        if node.get("type") in _WITH_CONFIG and "__pydantic_complete__" in vars(node.get("cls", object)):
            yield node["cls"]
        for part in node.values():
            yield from _models(part)
    elif isinstance(node, list | tuple):
        for part in node:
            yield from _models(part)


@contextmanager
def _built_anew(models: set[type]) -> Generator[None]:
    """Keep pydantic from putting the finished validators of `models` into a new one; hubs are read one at a time."""
    complete = {model: vars(model)["__pydantic_complete__"] for model in models}
    for model in models:
        model.__pydantic_complete__ = False  # type: ignore[attr-defined]  # a documented attribute of models
    try:
        yield
    finally:
        for model, value in complete.items():
            model.__pydantic_complete__ = value  # type: ignore[attr-defined]  # as above
