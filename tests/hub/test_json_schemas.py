"""JSON schemas of arguments and results, as pydantic itself writes them."""

from inspect import Parameter
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema

from serverless_hub.hub.arguments_type import ArgumentsType
from serverless_hub.hub.json_schemas import AsJson

BASE64 = {"type": "string", "contentEncoding": "base64"}


class Opaque:
    """A type that pydantic can validate and cannot describe."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(lambda _value: cls())


class File(BaseModel):
    data: bytes


def shown(annotation: Any, marker: Any) -> dict[str, Any]:
    marked: Any = Annotated[annotation, marker]  # pyright: ignore[reportInvalidTypeForm] - one of many
    return TypeAdapter[Any](marked).json_schema()


def call(*parameters: tuple[str, Any, Any], rest: Any = None) -> dict[str, Any]:
    """Return the schema of a call: names, annotations and defaults, and the type of the rest."""
    kind = Parameter.POSITIONAL_OR_KEYWORD
    found = [Parameter(name, kind, annotation=annotation, default=default) for name, annotation, default in parameters]
    if rest is not None:
        found.append(Parameter("rest", Parameter.VAR_POSITIONAL, annotation=rest))
    return shown(list[Any], ArgumentsType(tuple(found)))


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (bytes, BASE64),
        (list[bytes], {"type": "array", "items": BASE64}),
        (bytes | None, {"anyOf": [BASE64, {"type": "null"}]}),
        (dict[str, bytes], {"type": "object", "additionalProperties": BASE64}),
        (int, {"type": "integer"}),
        (Opaque, {}),
        (list[Opaque], {}),
    ],
    ids=str,
)
def test_bytes_are_base64_and_what_has_no_schema_may_be_anything(annotation: Any, expected: Any) -> None:
    assert shown(annotation, AsJson()) == expected


def test_a_model_is_shown_as_everywhere() -> None:
    assert shown(File, AsJson()) == TypeAdapter(File).json_schema()


def test_a_call_without_parameters_is_an_empty_array() -> None:
    assert call() == {"type": "array", "minItems": 0, "maxItems": 0}


def test_each_parameter_is_an_item_with_its_name() -> None:
    empty = Parameter.empty
    assert call(("data", bytes, empty), ("value", Opaque, empty), ("count", int, 1)) == {
        "type": "array",
        "minItems": 2,
        "maxItems": 3,
        "prefixItems": [
            BASE64 | {"title": "data"},
            {"title": "value"},
            {"type": "integer", "default": 1, "title": "count"},
        ],
    }


@pytest.mark.parametrize(
    ("rest", "items"), [(int, {"type": "integer"}), (bytes, BASE64), (Opaque, {}), (Any, {})], ids=str
)
def test_the_rest_is_items_of_any_number(rest: Any, items: Any) -> None:
    assert call(rest=rest) == {"type": "array", "minItems": 0, "items": items}
