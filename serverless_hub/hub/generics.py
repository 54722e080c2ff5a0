"""Type variables of generic hubs: what subclasses put in their places."""

from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.annotations import parts_of, substituted, variables_in

__all__ = ["check_variables", "variables_of"]


def variables_of(cls: type, name: str) -> dict[Any, Any]:
    """Return what the type variables of the class that defines the method `name` stand for in `cls`.

    Those that nobody fills stand for themselves.
    """
    owner = next((base for base in cls.__mro__ if name in vars(base)), cls)
    return _find(cls, owner, _unfilled(cls))


def _unfilled(cls: type) -> dict[Any, Any]:
    return {variable: variable for variable in getattr(cls, "__parameters__", ())}


def _find(cls: type, owner: type, values: Mapping[Any, Any]) -> dict[Any, Any]:
    if cls is owner:
        return dict(values)
    bases = vars(cls).get("__orig_bases__", cls.__bases__)
    base, origin = next((base, origin) for base in bases if owner in (origin := get_origin(base) or base).__mro__)
    given = [substituted(argument, values) for argument in get_args(base)]
    return _find(origin, owner, dict(zip(origin.__parameters__, given, strict=False)) if given else _unfilled(origin))


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
