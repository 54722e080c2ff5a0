"""Python values on the wire."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
import pytest
from pydantic import BaseModel, Field

from serverless_hub.protocol.values import from_msgpack, to_json, to_msgpack


class Colour(Enum):
    RED = "red"


class Model(BaseModel):
    long_name: int = Field(1, alias="longName")


@dataclass
class Point:
    x: int
    at: datetime


@pytest.mark.parametrize(
    ("value", "json"),
    [
        (b"\xfb\xff", b'"+/8="'),
        (bytearray(b"\xfb\xff"), b'"+/8="'),
        (Colour.RED, b'"red"'),
        (UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        (Decimal("1.50"), b'"1.50"'),
        (datetime(2026, 1, 2, tzinfo=UTC), b'"2026-01-02T00:00:00+00:00"'),
        (date(2026, 1, 2), b'"2026-01-02"'),
        (time(1, 2, 3, 10_000), b'"01:02:03.010000"'),
        (time(1, tzinfo=UTC), b'"01:00:00+00:00"'),
        ({date(2026, 1, 2): {datetime(2026, 1, 2): 1}}, b'{"2026-01-02":{"2026-01-02T00:00:00":1}}'),  # noqa: DTZ001 - without a zone
        (Model.model_validate({}), b'{"longName":1}'),
        ([Point(1, datetime(2026, 1, 2, tzinfo=UTC))], b'[{"x":1,"at":"2026-01-02T00:00:00Z"}]'),
        ({1: (2, None)}, b'{"1":[2,null]}'),
        (msgspec.Raw(b"[1]"), b"[1]"),
    ],
)
def test_values_in_json(value: Any, json: bytes) -> None:
    assert to_json(value) == json


@pytest.mark.parametrize(
    ("value", "back"),
    [
        (b"\xfb\xff", b"\xfb\xff"),
        (Colour.RED, "red"),
        (Model.model_validate({}), {"longName": 1}),
        (Point(1, datetime(2026, 1, 2, tzinfo=UTC)), {"x": 1, "at": datetime(2026, 1, 2, tzinfo=UTC)}),
        ({"a": [1, 2.5, None, True]}, {"a": [1, 2.5, None, True]}),
    ],
)
def test_values_in_messagepack(value: Any, back: Any) -> None:
    assert from_msgpack(to_msgpack(value)) == back


@pytest.mark.parametrize("write", [to_json, to_msgpack])
@pytest.mark.parametrize("value", [object(), 1 << 70, "\ud800", [lambda: None]])
def test_a_value_without_a_form_is_a_type_error(write: Any, value: Any) -> None:
    with pytest.raises(TypeError):
        write(value)


def test_an_unknown_extension_type_is_read_as_none() -> None:
    assert from_msgpack(bytes.fromhex("91 d4 05 00")) == [None]


def circle() -> list[Any]:
    inside: list[Any] = []
    inside.append(inside)
    return inside


@pytest.mark.parametrize("write", [to_json, to_msgpack])
def test_what_has_itself_inside_cannot_be_sent(write: Callable[[Any], bytes]) -> None:
    with pytest.raises(TypeError):
        write(circle())
