"""Bytes inside of models, as SignalR's JSON writes them: standard base64 (HubProtocol.md, "Type mappings").

pydantic reads the bytes of a model as the model's own config says, UTF-8 by default, whatever the validator around it
says; so the validator of a method is built from a schema in which each model without a say of its own says base64.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

from pydantic_core import CoreSchema, SchemaValidator

from serverless_hub.hub.core_schemas import nodes, rewritten

__all__ = ["base64_validator"]

_OPTION = "val_json_bytes"
_WITH_CONFIG = frozenset(("model", "dataclass", "typed-dict"))
_one_at_a_time = Lock()


def base64_validator(schema: CoreSchema) -> SchemaValidator:
    """Return a validator for `schema` that reads bytes in JSON as base64, also those inside of models."""
    models = {node["cls"] for node in nodes(schema) if _is_own_model(node)}
    with _one_at_a_time, _built_anew(models):
        return SchemaValidator(rewritten(schema, _with_base64), {"val_json_bytes": "base64"})


def _with_base64(node: dict[str, Any]) -> Mapping[str, Any]:
    if node["type"] not in _WITH_CONFIG:
        return node
    return node | {"config": {_OPTION: "base64", **node.get("config", {})}}


def _is_own_model(node: Mapping[str, Any]) -> bool:
    return node["type"] in _WITH_CONFIG and "__pydantic_complete__" in vars(node.get("cls", object))


@contextmanager
def _built_anew(models: set[type]) -> Generator[None]:
    """Keep pydantic from putting the finished validators of `models` into a new one."""
    complete = {model: vars(model)["__pydantic_complete__"] for model in models}
    for model in models:
        model.__pydantic_complete__ = False  # type: ignore[attr-defined]  # a documented attribute of models
    try:
        yield
    finally:
        for model, value in complete.items():
            model.__pydantic_complete__ = value  # type: ignore[attr-defined]  # as above
