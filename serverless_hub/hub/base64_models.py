"""Bytes inside of models, as SignalR's JSON writes them: standard base64 (HubProtocol.md, "Type mappings").

pydantic reads the bytes of a model as the model's own config says, UTF-8 by default, whatever the validator around it
says; so the validator of a method is built from a schema in which each model without a say of its own says base64.
"""

from collections.abc import Mapping
from typing import Any

from pydantic_core import CoreSchema, SchemaValidator

from serverless_hub.hub.core_schemas import rewritten
from serverless_hub.hub.fresh_models import WITH_CONFIG, built_anew

__all__ = ["base64_validator"]

_OPTION = "val_json_bytes"


def base64_validator(schema: CoreSchema) -> SchemaValidator:
    """Return a validator for `schema` that reads bytes in JSON as base64, also those inside of models."""
    with built_anew(schema):
        return SchemaValidator(rewritten(schema, _with_base64), {"val_json_bytes": "base64"})


def _with_base64(node: dict[str, Any]) -> Mapping[str, Any]:
    if node["type"] not in WITH_CONFIG:
        return node
    return node | {"config": {_OPTION: "base64", **node.get("config", {})}}
