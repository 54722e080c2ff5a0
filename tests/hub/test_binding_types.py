"""Arguments become what their annotations say."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from serverless_hub import ServerlessHub
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from tests.support.hub_bench import Bench


class Colour(Enum):
    RED = "red"


class Size(IntEnum):
    SMALL = 1


class Address(BaseModel):
    town: str
    post_code: Annotated[str, Field(alias="postCode")] = ""


class Person(BaseModel):
    name: str
    addresses: list[Address] = []


@dataclass
class Point:
    x: int
    y: int = 0


class Pair(NamedTuple):
    left: int
    right: str


class Options(TypedDict, total=False):
    limit: int


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


IDENTIFIER = "6f1ed002-ab5d-4c6f-9d2b-7d6e1d1f3b11"

CASES: list[tuple[Any, Any, Any]] = [
    (str, "häß", "häß"),
    (int, 2**53 + 1, 2**53 + 1),
    (int, "12", 12),
    (float, 1, 1.0),
    (bool, True, True),
    (None, None, None),
    (str | None, None, None),
    (int | str, "x", "x"),
    (int | str, 1, 1),
    (list[int], [1, 2], [1, 2]),
    (tuple[int, str], [1, "x"], (1, "x")),
    (set[str], ["a", "b", "a"], {"a", "b"}),
    (dict[str, int], {"a": 1}, {"a": 1}),
    (dict[int, str], {"1": "a"}, {1: "a"}),
    (Any, {"a": [1, None, 1.5]}, {"a": [1, None, 1.5]}),
    (Literal["a", "b"], "b", "b"),
    (Colour, "red", Colour.RED),
    (Size, 1, Size.SMALL),
    (UUID, IDENTIFIER, UUID(IDENTIFIER)),
    (Decimal, "1.10", Decimal("1.10")),
    (datetime, "2026-07-01T12:00:00Z", datetime(2026, 7, 1, 12, tzinfo=UTC)),
    (date, "2026-07-01", date(2026, 7, 1)),
    (timedelta, "PT90S", timedelta(seconds=90)),
    (Annotated[int, Field(gt=1)], 2, 2),
    (Point, {"x": 1}, Point(1, 0)),
    (Pair, [1, "x"], Pair(1, "x")),
    (Options, {"limit": 3}, {"limit": 3}),
    (
        Person,
        {"name": "ann", "addresses": [{"town": "Ulm", "postCode": "89073"}]},
        Person(name="ann", addresses=[Address.model_validate({"town": "Ulm", "postCode": "89073"})]),
    ),
    (Annotated[Cat | Dog, Field(discriminator="kind")], {"kind": "dog"}, Dog(kind="dog")),
    (list[Person | int], [{"name": "ann"}, 3], [Person(name="ann"), 3]),
]


@pytest.mark.requirement("binding.convert.model", "binding.convert.array", "binding.convert.scalar")
@pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
@pytest.mark.parametrize(("annotation", "sent", "expected"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
async def test_an_argument_is_converted_to_its_annotation(
    protocol: HubProtocol, annotation: Any, sent: Any, expected: Any
) -> None:
    seen: list[Any] = []

    class Chat(ServerlessHub):
        async def send(self, value: annotation) -> None:  # pyright: ignore[reportInvalidTypeForm, reportUnknownParameterType] - one of many
            seen.append(value)

    assert (await Bench(Chat, protocol).completion("send", sent)).error is None
    assert seen == [expected]
    assert type(seen[0]) is type(expected)


@pytest.mark.requirement("binding.convert.date")
async def test_dates_are_not_made_of_texts_that_only_look_like_one() -> None:
    class Chat(ServerlessHub):
        async def send(self, value: Any, text: str) -> list[Any]:
            return [value, text]

    when = "2026-07-01T12:00:00Z"
    assert await Bench(Chat).result("send", when, when) == [when, when]


@pytest.mark.requirement("binding.convert.model")
async def test_the_method_gets_its_own_model_and_not_a_dictionary() -> None:
    class Chat(ServerlessHub):
        async def send(self, person: Person) -> str:
            return person.addresses[0].town

    assert await Bench(Chat).result("send", {"name": "ann", "addresses": [{"town": "Ulm"}]}) == "Ulm"
