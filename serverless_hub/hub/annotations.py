"""Looking into annotations: through type aliases and nested `Annotated`, and at what stands inside of other types."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin, get_type_hints

__all__ = ["parts_of", "resolved", "substituted", "unwrapped", "variables_in"]


def resolved(annotations: Mapping[str, Any], namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return `annotations` with what is written as text evaluated, inside of other types too: `list["Later"]`.

    Raises:
        NameError: a name that cannot be found; `AttributeError`, `SyntaxError` and `TypeError` for other mistakes.
    """
    holder = SimpleNamespace(__annotations__=dict(annotations))
    return get_type_hints(holder, dict(namespace), include_extras=True)


def substituted(annotation: Any, values: Mapping[Any, Any]) -> Any:
    """Return `annotation` with type variables replaced by their `values`."""
    if isinstance(annotation, TypeVar):
        return values.get(annotation, annotation)
    variables = variables_in(annotation)
    if not any(variable in values for variable in variables):
        return annotation
    return annotation[tuple(values.get(variable, variable) for variable in variables)]


def variables_in(annotation: Any) -> tuple[Any, ...]:
    """Return the type variables that `annotation` takes arguments for; of classes, only pydantic's generic models."""
    if isinstance(annotation, type):
        metadata: dict[str, Any] = vars(annotation).get("__pydantic_generic_metadata__", {})
        return tuple(metadata.get("parameters", ()))
    return tuple(getattr(annotation, "__parameters__", ()))


def unwrapped(annotation: Any) -> Any:
    """Return what an alias of `type` or `TypeAliasType` stands for, with nested `Annotated` joined to one."""
    alias = _alias_in(annotation)
    if alias is not None:
        values = dict(zip(alias.__type_params__, get_args(annotation), strict=False))
        return unwrapped(substituted(_meaning(alias), values))
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        return Annotated[(unwrapped(inner), *metadata)]
    return annotation


def parts_of(annotation: Any) -> Iterator[Any]:
    """Yield `annotation` and everything inside of it: arguments, metadata, and what aliases and new types stand for."""
    waiting = [annotation]
    seen: set[int] = set()
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):  # the parameters of a Callable
            waiting.extend(cast("Sequence[Any]", part))
            continue
        yield part
        waiting.extend(get_args(part))
        if hasattr(part, "__supertype__"):
            waiting.append(part.__supertype__)
        alias = _alias_in(part)
        if alias is not None and id(alias) not in seen:  # an alias may stand inside of itself
            seen.add(id(alias))
            waiting.append(_meaning(alias))


def _alias_in(annotation: Any) -> Any:
    """Return the alias that `annotation` is, with arguments or without; None for everything else."""
    for candidate in (annotation, get_origin(annotation)):
        if (
            type(candidate).__name__ == "TypeAliasType"
        ):  # of typing or typing_extensions, which may be different classes
            return candidate
    return None


def _meaning(alias: Any) -> Any:
    namespace = vars(sys.modules[alias.__module__])
    return resolved({"value": alias.__value__}, namespace)["value"]
