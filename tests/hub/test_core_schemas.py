"""Walks through schemas find every schema and nothing else; arrays and mappings report one mistake."""

import re
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Mapping
from enum import Enum
from inspect import Parameter
from typing import Any, Literal, NamedTuple

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import SchemaValidator, core_schema
from typing_extensions import TypedDict

from serverless_hub.errors import BindingError
from serverless_hub.hub.binding import Binder
from serverless_hub.hub.core_schemas import failing_fast, nodes, rewritten


class Point(NamedTuple):
    x: int
    y: int = 0


class Corner(Enum):
    ORIGIN = (0, 0)
    END = {"type": "list"}  # noqa: RUF012 - a value that looks like a schema


class Kind(TypedDict):
    type: str
    default: list[int]


class Leaf(BaseModel):
    values: list[int] = []
    literal: Literal["a"] = "a"


class Odd(BaseModel):
    point: Point = Point(1)
    corner: Corner = Corner.ORIGIN
    options: dict[str, str] = {"type": "list"}


ARRAYS: list[Any] = [
    list[int],
    set[int],
    frozenset[int],
    deque[int],
    tuple[int, ...],
    dict[str, list[int]],
    list[int] | None,
    list[list[int]],
    list[Leaf],
]


MAPPINGS: list[Any] = [
    dict[str, int],
    dict[int, int],
    dict[str, dict[str, int]],
    dict[int, Any],
    OrderedDict[str, int],
    defaultdict[str, int],
    Counter[str],
    Mapping[str, int],
    dict[str, int] | None,
    dict[str, list[int]],
]


def errors_of(annotation: Any, value: Any) -> int:
    parameter = Parameter("value", Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation)
    with pytest.raises(BindingError) as raised:
        Binder("'send'", [parameter]).bind([value])
    cause = raised.value.__cause__
    assert isinstance(cause, ValidationError)
    return cause.error_count()


@pytest.mark.parametrize("annotation", ARRAYS, ids=str)
def test_an_array_with_many_mistakes_has_one_error(annotation: Any) -> None:
    wrong = ["x"] * 500
    assert errors_of(annotation, {"a": wrong} if annotation == dict[str, list[int]] else wrong) == 1


@pytest.mark.parametrize("annotation", MAPPINGS, ids=str)
def test_a_mapping_with_many_mistakes_has_one_error(annotation: Any) -> None:
    assert errors_of(annotation, {f"key {number}": "x" for number in range(500)}) == 1


def test_models_in_a_mapping_have_the_errors_of_one_model() -> None:
    wrong = {"values": ["x"] * 500, "literal": "x"}
    assert errors_of(dict[str, Leaf], {f"{number}": wrong for number in range(500)}) == 2


def test_whatever_can_fail_fast_does() -> None:
    schemas = [kind for kind in vars(core_schema).values() if isinstance(kind, type)]
    able = [kind for kind in schemas if "fail_fast" in vars(kind).get("__annotations__", {})]
    kinds = [re.findall(r"Literal\['(.*?)'\]", str(kind.__annotations__["type"]))[0] for kind in able]
    assert "list" in kinds
    assert [kind for kind in kinds if "fail_fast" not in failing_fast({"type": kind})] == []


def test_a_model_in_an_array_still_names_each_of_its_fields() -> None:
    assert errors_of(list[Leaf], [{"values": "x", "literal": "x"}] * 500) == 2


def test_fields_may_be_called_like_the_keys_of_a_schema() -> None:
    schema = TypeAdapter(Kind).core_schema
    validator = SchemaValidator(failing_fast(schema))
    with pytest.raises(ValidationError) as raised:
        validator.validate_python({"type": "a", "default": ["x"] * 500})
    assert [detail["loc"] for detail in raised.value.errors()] == [("default", 0)]
    assert {"str", "list", "int"} <= {node["type"] for node in nodes(schema)}


def test_values_of_the_app_are_not_taken_for_schemas() -> None:
    schema = Odd.__pydantic_core_schema__
    odd = SchemaValidator(failing_fast(schema)).validate_python({})
    assert (type(odd.point), odd.corner, odd.options) == (Point, Corner.ORIGIN, {"type": "list"})
    assert "list" not in {node["type"] for node in nodes(schema)}


def test_the_schema_itself_stays_as_it_is() -> None:
    schema = TypeAdapter(list[int]).core_schema
    assert rewritten(schema, lambda node: node | {"strict": True}) == {
        "type": "list",
        "items_schema": {"type": "int", "strict": True},
        "strict": True,
    }
    assert "strict" not in schema
