"""Type variables of generic hubs: what subclasses put in their places."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.annotations import parts_of, resolved, substituted, variables_in

__all__ = ["GivenType", "check_variables", "resolved_argument", "type_arguments", "variables_of"]


class GivenType(NamedTuple):
    """What a class statement puts in the place of its base's type variable."""

    value: Any
    """A type variable where nobody fills it; text is not evaluated yet."""
    module: str
    """Where the statement stands."""


def variables_of(cls: Any, name: str) -> dict[Any, Any]:
    """Return what the type variables of the class that defines the method `name` stand for in `cls`.

    Those that nobody fills stand for themselves. `cls` may have arguments.
    """
    origin: type = get_origin(cls) or cls
    owner = next((base for base in origin.__mro__ if name in vars(base)), origin)
    return _find(origin, owner, _values(cls, origin, {}))


def type_arguments(cls: type, root: type) -> list[GivenType]:
    """Return what `cls` and its bases put in the place of the one type variable of `root`, by all ways to it."""
    return list(dict.fromkeys(_given(cls, root, _unfilled(cls))))


def resolved_argument(given: GivenType, owner: str) -> Any:
    """Return what is given, with text evaluated and defaults of type variables filled in.

    Args:
        given: of a base.
        owner: the class, for the error.

    Raises:
        HubDefinitionError: the text names something that cannot be found.
    """
    try:
        value = resolved({"value": given.value}, vars(sys.modules[given.module]))["value"]
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        raise HubDefinitionError(
            f"what {owner} gives to its base cannot be resolved: {error}. Import the name at the top of the module, "
            "outside of `if TYPE_CHECKING`"
        ) from error
    has_default = isinstance(value, TypeVar) and getattr(value, "has_default", bool)()
    return getattr(value, "__default__", None) if has_default else value


def _given(cls: type, root: type, values: Mapping[Any, Any]) -> Iterator[GivenType]:
    for base in vars(cls).get("__orig_bases__", cls.__bases__):
        origin = get_origin(base) or base
        if origin is root:
            yield from (GivenType(substituted(argument, values), cls.__module__) for argument in get_args(base))
        elif root in origin.__mro__:
            yield from _given(origin, root, _values(base, origin, values))


def _unfilled(cls: type) -> dict[Any, Any]:
    return {variable: variable for variable in getattr(cls, "__parameters__", ())}


def _find(cls: type, owner: type, values: Mapping[Any, Any]) -> dict[Any, Any]:
    if cls is owner:
        return dict(values)
    bases = vars(cls).get("__orig_bases__", cls.__bases__)
    base, origin = next((base, origin) for base in bases if owner in (origin := get_origin(base) or base).__mro__)
    return _find(origin, owner, _values(base, origin, values))


def _values(base: Any, origin: Any, values: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return what the variables of `origin` stand for in `base`, which is `origin` or has arguments for it."""
    given = [substituted(argument, values) for argument in get_args(base)]
    return dict(zip(origin.__parameters__, given, strict=False)) if given else _unfilled(origin)


def check_variables(owner: str, annotation: Any, own: Mapping[Any, Any]) -> None:
    """Refuse a variable that has no value, since every value would fit.

    Args:
        owner: the method, for the error.
        annotation: of an argument or a result.
        own: the variables of the class.

    Raises:
        HubDefinitionError: there is one.
    """
    free = [annotation] if isinstance(annotation, TypeVar) else list(getattr(annotation, "__parameters__", ()))
    if isinstance(annotation, type):
        free = []
    for part in parts_of(annotation):
        metadata: dict[str, Any] = getattr(part, "__pydantic_generic_metadata__", {})
        free += [each for each in variables_in(part) if metadata.get("args") or each in own] if metadata else []
    if free:
        raise HubDefinitionError(
            f"{owner} has the type variable {free[0].__name__}, and nothing says what it is, so clients could send "
            "anything: give the class its arguments, as in class Chat(Base[Message]), or write another annotation"
        )
