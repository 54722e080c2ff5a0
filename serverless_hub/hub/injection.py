"""Which parameters of a method come from the wire and which are injected. Alone here knows FastAPI's names.

Injected are FastAPI's own (`Request`, `BackgroundTasks`, everything declared with `Depends`, `Security`, `Header`,
`Query` or `Cookie`) and ours (`InvocationContext`, `logging.Logger`). Everything else is an argument of the call.
"""

import inspect
import logging
from collections.abc import Callable
from enum import Enum, auto
from types import NoneType, SimpleNamespace
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from fastapi import BackgroundTasks, params
from fastapi.requests import HTTPConnection
from starlette.exceptions import HTTPException as StarletteHTTPException

from serverless_hub.errors import HubDefinitionError
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


def parameters_of(function: Callable[..., Any], *, skip_self: bool = True) -> tuple[list[inspect.Parameter], Any]:
    """Return the parameters of `function` with real annotations, and its return annotation.

    Raises:
        HubDefinitionError: an annotation names something that cannot be found.
    """
    try:
        signature = inspect.signature(function, eval_str=True)
        # Once more with typing, which also resolves what stands inside of other types: list["Later"].
        annotations = {name: parameter.annotation for name, parameter in signature.parameters.items()}
        resolved = _resolved(function, annotations | {"return": signature.return_annotation})
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        raise HubDefinitionError(
            f"an annotation of {function.__qualname__} cannot be resolved: {error}. Import the name at the top of "
            "the module, outside of `if TYPE_CHECKING`, and define local models at module level"
        ) from error
    parameters = [p.replace(annotation=resolved[name]) for name, p in signature.parameters.items()]
    return parameters[int(skip_self) :], None if resolved["return"] is NoneType else resolved["return"]


def _resolved(function: Callable[..., Any], annotations: dict[str, Any]) -> dict[str, Any]:
    namespace: dict[str, Any] = getattr(inspect.unwrap(function), "__globals__", {})
    return get_type_hints(SimpleNamespace(__annotations__=annotations), namespace, include_extras=True)


def source_of(parameter: inspect.Parameter, owner: str) -> Source:
    """Tell where the value of `parameter` comes from.

    Args:
        parameter: with a resolved annotation.
        owner: the method's name, for the error.

    Raises:
        HubDefinitionError: it is declared as something that an upstream call does not have.
    """
    annotation = parameter.annotation
    markers: list[Any] = [parameter.default]
    if get_origin(annotation) is Annotated:
        annotation, *metadata = get_args(annotation)
        markers += metadata
    if any(isinstance(marker, params.Body | params.Path) for marker in markers):
        raise HubDefinitionError(
            f"{owner}({parameter.name}) is declared as Body, Form, File or Path: an upstream call has none of them; "
            "a plain parameter is an argument of the call"
        )
    if any(isinstance(marker, params.Depends | params.Param) for marker in markers):
        return Source.FASTAPI
    if any(isinstance(marker, Ignore) for marker in markers):
        if parameter.default is inspect.Parameter.empty:
            raise HubDefinitionError(f"{owner}({parameter.name}) is ignored, so it needs a default")
        return Source.DEFAULT
    return _source_of_type(annotation)


def _source_of_type(annotation: Any) -> Source:
    if not isinstance(annotation, type):
        return Source.WIRE
    if issubclass(annotation, InvocationContext):
        return Source.CONTEXT
    if issubclass(annotation, logging.Logger):
        return Source.LOGGER
    return Source.FASTAPI if issubclass(annotation, HTTPConnection | BackgroundTasks) else Source.WIRE


def client_error_text(error: Exception) -> str | None:
    """Return what a client may read of FastAPI's own errors: the detail of an `HTTPException` 4xx, else None."""
    if isinstance(error, StarletteHTTPException) and 400 <= error.status_code < 500:  # noqa: PLR2004 - client errors
        return str(error.detail)
    return None


def is_refusal(error: Exception) -> bool:
    """Tell whether `error` is an `HTTPException` 401 or 403."""
    return isinstance(error, StarletteHTTPException) and error.status_code in {401, 403}
