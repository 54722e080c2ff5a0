"""Which parameters of a method come from the wire and which are injected. Alone here knows FastAPI's names.

Injected are FastAPI's own (`Request`, `BackgroundTasks`, everything declared with `Depends`, `Security`, `Header`,
`Query` or `Cookie`) and ours (`InvocationContext`, `logging.Logger`). Everything else is an argument of the call.
"""

import inspect
import logging
from collections.abc import Callable, Mapping
from enum import Enum, auto
from types import MappingProxyType, NoneType
from typing import Annotated, Any, get_args, get_origin

import fastapi
from fastapi import BackgroundTasks, params
from fastapi.requests import HTTPConnection
from starlette.exceptions import HTTPException as StarletteHTTPException

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.annotations import parts_of, resolved, substituted, unwrapped
from serverless_hub.hub.context import InvocationContext

__all__ = ["Ignore", "Source", "client_error_text", "is_refusal", "parameters_of", "source_of"]


class Source(Enum):
    """Where the value of a parameter comes from."""

    WIRE = auto()
    TRIGGER = auto()
    """The event as a whole, in a type of the author's choice; functions only."""
    CONTEXT = auto()
    LOGGER = auto()
    FASTAPI = auto()
    DEFAULT = auto()


class Ignore:
    """Marks a parameter that is no argument of the call and keeps its default: `Annotated[int, Ignore()] = 3`."""


_NOTHING: Mapping[Any, Any] = MappingProxyType({})
_MARKERS = (params.Depends, params.Param, params.Body, Ignore)
_INJECTED_TYPES = (InvocationContext, logging.Logger, HTTPConnection, BackgroundTasks)
_MAKERS = (
    *(fastapi.Depends, fastapi.Security, fastapi.Header, fastapi.Query, fastapi.Cookie),
    *(fastapi.Body, fastapi.Form, fastapi.File, fastapi.Path),
)
"""The functions that make FastAPI's markers, which say nothing when they are not called."""


def parameters_of(
    function: Callable[..., Any], *, skip_self: bool = True, variables: Mapping[Any, Any] = _NOTHING
) -> tuple[list[inspect.Parameter], Any]:
    """Return the parameters of `function` with real annotations, and its return annotation.

    Args:
        function: a function.
        skip_self: leave the first parameter out.
        variables: what type variables stand for.

    Raises:
        HubDefinitionError: an annotation names something that cannot be found.
    """
    try:
        signature = inspect.signature(function, eval_str=True)
        # Once more with typing, which also resolves what stands inside of other types: list["Later"].
        annotations = {name: parameter.annotation for name, parameter in signature.parameters.items()}
        namespace: dict[str, Any] = getattr(inspect.unwrap(function), "__globals__", {})
        found = resolved(annotations | {"return": signature.return_annotation}, namespace)
        found = {name: substituted(annotation, variables) for name, annotation in found.items()}
        parameters = [p.replace(annotation=_declared(found[name])) for name, p in signature.parameters.items()]
    except (NameError, AttributeError, SyntaxError, TypeError, RecursionError) as error:
        raise HubDefinitionError(
            f"an annotation of {function.__qualname__} cannot be resolved: {error}. Import the name at the top of "
            "the module, outside of `if TYPE_CHECKING`, and define local models at module level"
        ) from error
    return parameters[int(skip_self) :], None if found["return"] is NoneType else found["return"]


def _declared(annotation: Any) -> Any:
    """Return what an alias says of where a value comes from; an alias of a plain type stays, its name is good for docs.

    Raises:
        NameError: of an alias, as `hub.annotations.resolved` does; here so that it is not raised later.
    """
    list(parts_of(annotation))  # looks up every alias
    meaning = unwrapped(annotation)
    return meaning if get_origin(meaning) is Annotated or _source_of_type(meaning) is not Source.WIRE else annotation


def source_of(parameter: inspect.Parameter, owner: str) -> Source:
    """Tell where the value of `parameter` comes from.

    Args:
        parameter: with a resolved annotation.
        owner: the method's name, for the error.

    Raises:
        HubDefinitionError: it is declared as something that an upstream call does not have.
    """
    where = f"{owner}({parameter.name})"
    annotation, *metadata = _split(unwrapped(parameter.annotation))
    markers = [parameter.default, *metadata]
    source = _source_of_markers(where, markers) or _source_of_type(annotation)
    if source is Source.WIRE:
        _check_inside(where, parameter.name, annotation)
    elif parameter.kind in {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        raise HubDefinitionError(f"{where} stands for any number of values, and what is injected is one: drop the *")
    if source is Source.DEFAULT and parameter.default is inspect.Parameter.empty:
        raise HubDefinitionError(f"{where} is ignored, so it needs a default")
    return source


def _split(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)


def _source_of_markers(where: str, markers: list[Any]) -> Source | None:
    for marker in filter(_is_uncalled, markers):
        raise HubDefinitionError(f"{where} has a marker that says nothing until it is called: write {_named(marker)}")
    if any(isinstance(marker, params.Body | params.Path) for marker in markers):
        raise HubDefinitionError(
            f"{where} is declared as Body, Form, File or Path: an upstream call has none of them; "
            "a plain parameter is an argument of the call"
        )
    if any(isinstance(marker, params.Depends | params.Param) for marker in markers):
        return Source.FASTAPI
    return Source.DEFAULT if any(isinstance(marker, Ignore) or marker is Ignore for marker in markers) else None


def _source_of_type(annotation: Any) -> Source:
    if not isinstance(annotation, type) or not issubclass(annotation, _INJECTED_TYPES):
        return Source.WIRE
    if issubclass(annotation, InvocationContext):
        return Source.CONTEXT
    return Source.LOGGER if issubclass(annotation, logging.Logger) else Source.FASTAPI


def _check_inside(where: str, name: str, annotation: Any) -> None:
    """Refuse what is meant to be injected and would come from the client."""
    for part in parts_of(annotation):
        if isinstance(part, _MARKERS) or part is Ignore or _is_uncalled(part):
            way = f"Annotated[<the whole type>, {_named(part)}]"
        elif _source_of_type(part) is not Source.WIRE:
            way = part.__name__
        else:
            continue
        raise HubDefinitionError(
            f"{where} has {_named(part).removesuffix('(...)')} inside of another type, where nothing is injected: "
            f"write it as `{name}: {way}`"
        )


def _is_uncalled(marker: Any) -> bool:
    if isinstance(marker, type):
        return issubclass(marker, params.Depends | params.Param | params.Body)
    return any(marker is maker for maker in _MAKERS)


def _named(marker: Any) -> str:
    """Return how a marker is written; of a type its name."""
    name: str = getattr(marker, "__name__", None) or type(marker).__name__
    return f"{name}()" if name == Ignore.__name__ else f"{name}(...)"


def client_error_text(error: Exception) -> str | None:
    """Return what a client may read of FastAPI's own errors: the detail of an `HTTPException` 4xx, else None."""
    if isinstance(error, StarletteHTTPException) and 400 <= error.status_code < 500:  # noqa: PLR2004 - client errors
        return str(error.detail)
    return None


def is_refusal(error: Exception) -> bool:
    """Tell whether `error` is an `HTTPException` 401 or 403."""
    return isinstance(error, StarletteHTTPException) and error.status_code in {401, 403}
