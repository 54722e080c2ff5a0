"""How the fields of models are spelt when they go to clients: `casing="camel"` on the hub class.

It is for fields that have no alias of their own, and for what goes out alone: clients send what the models take.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from functools import lru_cache
from typing import Any, Final, Literal, cast

from pydantic import BaseModel, PydanticUserError, TypeAdapter
from pydantic_core import CoreSchema, SchemaSerializer

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.naming import camel
from serverless_hub.hub.wire_serializers import FieldRules, wire_serializer

__all__ = ["Casing", "OutgoingCasing", "outgoing_casing"]

Casing = Literal["camel"] | Callable[[str], str]
"""From a field to its name on the wire: `"camel"` for lowerCamelCase, or a function of the name."""

_PLAIN: Final = frozenset((str, int, float, bool, bytes, type(None)))
_MANY: Final = (list, tuple, set, frozenset, deque)
_MOST_TYPES: Final = 1024
_UNSENDABLE: Final = (ValueError, PydanticUserError, RecursionError)  # a TypeError is raised as it is


class OutgoingCasing:
    """Spells the fields of models, dataclasses and TypedDicts, as deep as they stand in a value."""

    def __init__(self, rename: Callable[[str], str]) -> None:
        self._rules = FieldRules(rename, self._cased)
        self._serializer_of: Callable[[type], SchemaSerializer] = lru_cache(_MOST_TYPES)(self._make)

    def serializer(self, schema: CoreSchema) -> SchemaSerializer:
        """Return a serializer for `schema`; the schema stays as it is.

        Raises:
            HubDefinitionError: two fields of a model would have the same name.
        """
        return wire_serializer(schema, self._rules)

    def cased(self, values: Sequence[Any]) -> list[Any]:
        """Return `values` with the models and dataclasses in them as dictionaries.

        Raises:
            TypeError: one cannot be serialised; the text names its type.
        """
        done: list[Any] = []
        for value in values:
            try:
                done.append(self._cased(value))
            except _UNSENDABLE:
                break
        else:
            return done
        # Out here it has no context: that would stand in the log, and quote the value.
        raise TypeError(f"a value of type {type(values[len(done)]).__qualname__} cannot be sent")

    def _cased(self, value: object) -> Any:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if isinstance(value, BaseModel) or is_dataclass(kind):
            return self._serializer_of(kind).to_python(value, by_alias=True, warnings=False)
        if isinstance(value, dict):
            return {key: self._cased(item) for key, item in cast("Mapping[Any, Any]", value).items()}
        if isinstance(value, _MANY):
            return [self._cased(item) for item in cast("Sequence[Any]", value)]
        return value

    def _make(self, kind: type) -> SchemaSerializer:
        return self.serializer(TypeAdapter[Any](kind).core_schema)


@lru_cache(64)
def _casing_by(rename: Callable[[str], str]) -> OutgoingCasing:
    return OutgoingCasing(rename)


def outgoing_casing(casing: Casing | None) -> OutgoingCasing | None:
    """Return what spells fields as `casing` says; None where nothing says it.

    Raises:
        HubDefinitionError: it says nothing that is known.
    """
    if casing is None:
        return None
    if casing == "camel":
        return _casing_by(camel)
    if callable(casing):
        return _casing_by(casing)
    raise HubDefinitionError(f"casing={casing!r} is unknown: use 'camel' or a function from field to name")
