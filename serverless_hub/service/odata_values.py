"""What the operators and functions of a filter take and give. No I/O.

Null as in OData (URL conventions 4.01, "Logical Operators"): a function of null is null, and so is `not` of it; `and`
and `or` know three values; `eq` and `ne` compare with it, and nothing is before or behind it.
"""

import operator
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from typing import Any

__all__ = ["FUNCTIONS", "ORDER", "Expression", "Function", "Subject", "Type", "all_of", "any_of", "negation"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A connection as a filter sees it."""

    connection_id: str
    user_id: str | None
    groups: Collection[str]


class Type(Enum):
    """What an expression can be; the values are how errors call it."""

    TEXT = "a text"
    NUMBER = "a number"
    TRUTH = "a condition"
    GROUPS = "groups"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Expression:
    """A part of a filter."""

    type: Type
    of: Callable[[Subject], Any]
    """Its value for a connection; None is null, whatever the type."""
    position: int
    """Where it begins, from 0."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of texts and numbers; null if one of them is."""

    takes: tuple[tuple[Type, ...], ...]
    """What each argument may be."""
    gives: Type
    run: Callable[..., Any]
    optional: int = 0
    """How many of the last arguments may be missing."""


def _substring(text: str, start: int, length: int | None = None) -> str:
    start = max(start, 0)
    return text[start:] if length is None else text[start : start + max(length, 0)]


_TEXT, _NUMBER = (Type.TEXT, Type.NULL), (Type.NUMBER,)

FUNCTIONS = {
    "startswith": Function((_TEXT, _TEXT), Type.TRUTH, str.startswith),
    "endswith": Function((_TEXT, _TEXT), Type.TRUTH, str.endswith),
    "contains": Function((_TEXT, _TEXT), Type.TRUTH, operator.contains),
    "indexof": Function((_TEXT, _TEXT), Type.NUMBER, str.find),
    "length": Function(((*_TEXT, Type.GROUPS),), Type.NUMBER, len),
    "tolower": Function((_TEXT,), Type.TEXT, str.lower),
    "toupper": Function((_TEXT,), Type.TEXT, str.upper),
    "trim": Function((_TEXT,), Type.TEXT, str.strip),
    "substring": Function((_TEXT, _NUMBER, _NUMBER), Type.TEXT, _substring, optional=1),
}
"""By name; `concat`, which the grammar of Web PubSub has and its list of functions has not, is left out."""

ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def all_of(values: Collection[Callable[[Subject], bool | None]]) -> Callable[[Subject], bool | None]:
    """Return `and`: false if one is false, else null if one is null."""

    def value(subject: Subject) -> bool | None:
        unknown = False
        for part in values:
            found = part(subject)
            if found is False:
                return False
            unknown = unknown or found is None
        return None if unknown else True

    return value


def any_of(values: Collection[Callable[[Subject], bool | None]]) -> Callable[[Subject], bool | None]:
    """Return `or`: true if one is true, else null if one is null."""

    def value(subject: Subject) -> bool | None:
        unknown = False
        for part in values:
            found = part(subject)
            if found:
                return True
            unknown = unknown or found is None
        return None if unknown else False

    return value


def negation(part: Callable[[Subject], bool | None]) -> Callable[[Subject], bool | None]:
    """Return `not`."""

    def value(subject: Subject) -> bool | None:
        found = part(subject)
        return None if found is None else not found

    return value
