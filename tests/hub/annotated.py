"""Annotations of every kind, and values that fit them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, Field, field_validator, model_validator
from typing_extensions import TypedDict

__all__ = ["ANNOTATIONS", "FIELD_NAMES", "PLAIN", "VALUES", "Cat", "Pair", "Point"]


class Colour(Enum):
    RED = "red"
    BLUE = 2


class Address(BaseModel):
    town: str
    post_code: Annotated[str, Field(alias="postCode", max_length=5)] = ""


class Person(BaseModel):
    name: str
    picture: bytes = b""
    addresses: list[Address] = []
    friend: "Person | None" = None


class Picky(BaseModel):
    text: str = ""
    number: float = 0

    @field_validator("text")
    @classmethod
    def refuse(cls, text: str) -> str:
        raise ValueError(f"nobody says {text!r}")

    @model_validator(mode="after")
    def refuse_it_all(self) -> "Picky":
        assert not self.number, f"{self.number} is too much"
        return self


class Closed(BaseModel, extra="forbid"):
    limits: dict[str, int] = {}


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    data: bytes = b""


@dataclass
class Point:
    x: int
    y: float = 0
    label: bytes = b""


class Options(TypedDict, total=False):
    limit: int
    tags: list[str]


class Pair(NamedTuple):
    left: int
    right: str = ""


def quote(value: Any) -> Any:
    raise ValueError(value)


PLAIN: dict[str, Any] = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "bytes": bytes,
    "Decimal": Decimal,
    "UUID": UUID,
    "datetime": datetime,
    "date": date,
    "time": time,
    "timedelta": timedelta,
    "Enum": Colour,
    "Literal": Literal["red", 1] | None,
    "Optional": int | None,
    "union": int | str | list[int] | dict[str, int],
    "list": list[UUID],
    "set": set[int],
    "tuple": tuple[int, str],
    "tuple of any length": tuple[float, ...],
    "dict": dict[str, Decimal],
    "dict by number": dict[int, date],
    "lists in dicts": list[dict[str, set[int]]],
    "TypedDict": Options,
    "NamedTuple": Pair,
    "dataclass": Point,
    "model": Person,
    "models": list[Address | Cat],
    "discriminated union": Annotated[Cat | Dog, Field(discriminator="kind")],
    "constrained int": Annotated[int, Field(gt=0, lt=100)],
    "constrained text": Annotated[str, Field(pattern="^[ab]+$", max_length=3)],
    "constrained list": Annotated[list[int], Field(min_length=1, max_length=2)],
}
"""What clients send and methods return."""
ANNOTATIONS = PLAIN | {
    "Any": Any,
    "object": object,
    "None": None,
    "set of anything": set[Any],
    "dict by date": dict[datetime, int],
    "closed model": Closed,
    "model that refuses and quotes": Picky,
    "validator that quotes": Annotated[Any, AfterValidator(quote)],
}

FIELD_NAMES = [
    "postCode",
    *(name for model in (Person, Address, Picky, Closed, Cat, Dog) for name in model.model_fields),
    *(name for fields in (Point, Options, Pair) for name in fields.__annotations__),
]
"""Of everything that has fields."""

numbers_of_64_bits = st.integers(-(2**63), 2**63 - 1)
real = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
aware = st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=-3, minutes=-30))))
addresses = st.builds(Address, town=words, postCode=st.text("0123456789", max_size=5))
cats = st.builds(Cat, kind=st.just("cat"), lives=numbers_of_64_bits)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": numbers_of_64_bits,
    "float": real,
    "bool": st.booleans(),
    "str": words,
    "bytes": st.binary(max_size=9),
    "Decimal": st.decimals(allow_nan=False, allow_infinity=False),
    "UUID": st.uuids(),
    "datetime": st.datetimes() | aware,
    "date": st.dates(),
    "time": st.times(),
    "timedelta": st.timedeltas(),
    "Enum": st.sampled_from(Colour),
    "Literal": st.sampled_from(["red", 1, None]),
    "Optional": st.none() | numbers_of_64_bits,
    "union": numbers_of_64_bits | words | st.lists(st.integers(0, 9)) | st.dictionaries(words, st.integers(0, 9)),
    "list": st.lists(st.uuids(), max_size=3),
    "set": st.sets(numbers_of_64_bits, max_size=3),
    "tuple": st.tuples(numbers_of_64_bits, words),
    "tuple of any length": st.lists(real, max_size=3).map(tuple),
    "dict": st.dictionaries(words, st.decimals(allow_nan=False, allow_infinity=False), max_size=3),
    "dict by number": st.dictionaries(numbers_of_64_bits, st.dates(), max_size=3),
    "lists in dicts": st.lists(st.dictionaries(words, st.sets(st.integers(0, 9)), max_size=2), max_size=2),
    "TypedDict": st.fixed_dictionaries({}, optional={"limit": numbers_of_64_bits, "tags": st.lists(words)}),
    "NamedTuple": st.builds(Pair, numbers_of_64_bits, words),
    "dataclass": st.builds(Point, numbers_of_64_bits, real, st.binary(max_size=9)),
    "model": st.builds(Person, name=words, picture=st.binary(max_size=9), addresses=st.lists(addresses, max_size=2)),
    "models": st.lists(addresses | cats, max_size=3),
    "discriminated union": cats | st.builds(Dog, kind=st.just("dog"), data=st.binary(max_size=9)),
    "constrained int": st.integers(1, 99),
    "constrained text": st.text("ab", min_size=1, max_size=3),
    "constrained list": st.lists(numbers_of_64_bits, min_size=1, max_size=2),
}
"""Values of the plain annotations, which both protocols can carry."""
