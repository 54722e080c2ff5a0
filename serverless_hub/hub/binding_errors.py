"""What is said when a value does not fit its type: where and why, never the value. Callers read it of their arguments.

The text stands in logs, too, so it is made of what the app's types say. A validator's own text might quote its input,
so it is not shown; an app that wants its callers to read it raises `HubException` there.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

__all__ = ["MAX_ERRORS", "describe", "explain"]

MAX_ERRORS = 1000
"""More are not looked at: making a list of what is wrong with a large call takes seconds."""

_MAX_REASONS = 5
_OWN_WORDS = {
    "bytes_invalid_encoding": "Data should be in the encoding that is expected",
    "datetime_object_invalid": "Input should be a valid datetime",
    "get_attribute_error": "Input has an attribute that cannot be read",
    "iteration_error": "Input should be iterable to its end",
    "mapping_type": "Input should be a valid mapping",
    "no_such_attribute": "Input has an attribute too many",
    "timezone_offset": "Input should have the timezone offset that is expected",
    "union_tag_invalid": "Input should have one of the tags that are expected",
    "uuid_parsing": "Input should be a valid UUID",
}
"""For errors whose text in pydantic quotes what was sent."""
_REFUSED = "Input is refused by a validator"
_OF_VALIDATORS = frozenset(("value_error", "assertion_error"))
_OF_PYDANTIC = frozenset(get_args(ErrorType)) - _OF_VALIDATORS


def explain(error: ValidationError, names: Sequence[str], known: AbstractSet[str]) -> str:
    """Return why arguments of the right number do not fit, in at most five reasons.

    Args:
        error: of the arguments as a whole; the first part of each place in it is an index.
        names: of the parameters; the last one stands for all that follow.
        known: names that may be shown, since they are the app's and not the caller's.
    """
    return _joined(error, lambda detail: _reason(detail, names, known))


def describe(error: ValidationError, known: AbstractSet[str]) -> str:
    """Return why one value does not fit, in at most five reasons.

    Args:
        error: of the value.
        known: names that may be shown, since they are the app's.
    """
    return _joined(error, lambda detail: _at(_shown(detail["loc"], known), detail))


def _joined(error: ValidationError, reason: Callable[[ErrorDetails], str]) -> str:
    if error.error_count() > MAX_ERRORS:
        return f"more than {MAX_ERRORS} reasons"
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(map(reason, details[:_MAX_REASONS]))


def _reason(detail: ErrorDetails, names: Sequence[str], known: AbstractSet[str]) -> str:
    if not detail["loc"]:
        return _words(detail)
    index, *path = detail["loc"]
    # A default that is validated, and wrong, has its parameter's name instead.
    name = names[min(index, len(names) - 1)] if isinstance(index, int) else index
    return _at([name, *_shown(path, known)], detail)


def _shown(path: Sequence[int | str], known: AbstractSet[str]) -> list[str]:
    # Keys of dictionaries stand in the path too, but they are values.
    return [str(part) if isinstance(part, int) or part in known else "*" for part in path]


def _at(place: Sequence[str], detail: ErrorDetails) -> str:
    return ": ".join(filter(None, (".".join(place), _words(detail))))


def _words(detail: ErrorDetails) -> str:
    if detail["type"] not in _OF_PYDANTIC:
        return _REFUSED
    return _OWN_WORDS.get(detail["type"], detail["msg"])
