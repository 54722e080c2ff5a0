"""Serializers of pydantic for values that go to clients, whatever their protocol.

They keep bytes and times as they are, since JSON and MessagePack write those differently (`protocol.values`), and
everything else becomes what it is in JSON.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import CoreSchema, SchemaSerializer, core_schema

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.core_schemas import rewritten
from serverless_hub.hub.fresh_models import built_anew

__all__ = ["FieldRules", "wire_serializer"]

_WHEN_USED = {"json": "always", "json-unless-none": "unless-none"}


@dataclass(frozen=True, slots=True)
class FieldRules:
    """How fields go out, where models do not say it themselves."""

    rename: Callable[[str], str]
    """From a field to its name on the wire."""
    untyped: Callable[[Any], Any]
    """What does the same to a value of which no type is known beforehand."""


def wire_serializer(schema: CoreSchema, rules: FieldRules | None = None) -> SchemaSerializer:
    """Return a serializer for `schema`; the schema and the models in it stay as they are.

    Raises:
        HubDefinitionError: two fields of a model would have the same name.
    """
    with built_anew(schema):
        return SchemaSerializer(rewritten(schema, lambda node: _changed(node, rules)))


def _changed(node: dict[str, Any], rules: FieldRules | None) -> Mapping[str, Any]:
    if node["type"] == "generator":  # which would be gone after the first of several readers
        return _list(node)
    if "when_used" in node:
        return node | {"when_used": _WHEN_USED.get(node["when_used"], node["when_used"])}
    return node if rules is None else _renamed(node, rules)


def _list(generator: Mapping[str, Any]) -> Mapping[str, Any]:
    items = core_schema.list_schema(generator.get("items_schema"))
    wrap = core_schema.wrap_serializer_function_ser_schema(lambda value, write: write(list(value)), schema=items)
    return core_schema.any_schema(serialization=wrap)


def _renamed(node: dict[str, Any], rules: FieldRules) -> Mapping[str, Any]:
    if node["type"] == "any":
        return node | {"serialization": core_schema.plain_serializer_function_ser_schema(rules.untyped)}
    inner: Mapping[str, Any] = node.get("serialization", {})
    if inner.get("type") == "any":  # whatever the value is, as SerializeAsAny says
        node |= {"serialization": inner["serialization"]}
    if node["type"] in {"model-fields", "typed-dict"}:
        fields = {name: _with_alias(field, name, rules) for name, field in node["fields"].items()}
        _check(node, [field["serialization_alias"] for field in fields.values()])
        return node | {"fields": fields} | _computed(node, rules)
    if node["type"] == "dataclass-args":
        listed = [_with_alias(field, field["name"], rules) for field in node["fields"]]
        _check(node, [field["serialization_alias"] for field in listed])
        return node | {"fields": listed} | _computed(node, rules)
    return node


def _with_alias(field: Mapping[str, Any], name: str, rules: FieldRules) -> dict[str, Any]:
    return {"serialization_alias": rules.rename(name), **field}


def _computed(node: Mapping[str, Any], rules: FieldRules) -> dict[str, Any]:
    fields: list[dict[str, Any]] = node.get("computed_fields", [])
    return {"computed_fields": [{"alias": rules.rename(field["property_name"]), **field} for field in fields]}


def _check(node: Mapping[str, Any], names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        owner = node.get("model_name") or node.get("dataclass_name") or getattr(node.get("cls"), "__name__", "a model")
        raise HubDefinitionError(
            f"casing= gives two fields of {owner} the same name {twice!r}: give one of them an alias of its own"
        )
