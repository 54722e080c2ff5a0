"""Every event of a hub as an operation in OpenAPI: typed body, headers and completion.

The operations only document: a route before them takes every event, so that nobody can probe for names.
"""

import inspect
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Body, Response, Security
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader

from serverless_hub.hub.descriptor import MethodDescriptor
from serverless_hub.protocol.codec import MESSAGEPACK
from serverless_hub.protocol.upstream import CONNECTED, Category
from serverless_hub.routing.openapi_models import Later, SignalREventRefusal, body_model, completion_model, identifier

__all__ = ["event_operation"]

_SIGNATURE = APIKeyHeader(
    name="X-ASRS-Signature",
    scheme_name="SignalRSignature",
    description="`sha256=` and the HMAC-SHA256 of the connection id in hexadecimal, one for each access key, joined by "
    "commas",
)


def _header(name: str, text: str, *, required: bool = True, **schema: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": text,
        "schema": {"type": "string", **schema, "title": name.title()},
    }


_OPTIONAL_HEADERS = [
    _header("X-ASRS-User-Id", "The user, if the client has one", required=False),
    _header("X-ASRS-User-Claims", "The client's claims, as `name: value` in a comma list", required=False),
    _header("X-ASRS-Client-Query", "The query with which the client connected", required=False),
]
_REFUSALS = {
    HTTPStatus.BAD_REQUEST: "A header is missing, or the body is not what the headers say",
    HTTPStatus.UNAUTHORIZED: "No valid signature",
    HTTPStatus.NOT_FOUND: "The headers name an event that there is not",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Neither JSON nor MessagePack",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many messages of the connection or its user",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The headers are too large",
}
_REFUSED: dict[str, Any] = {
    "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{SignalREventRefusal.__name__}"}}}
}
"""The model of a refusal by its name: one response of each operation brings it into the document."""
_BINARY: dict[str, Any] = {MESSAGEPACK.media_type: {"schema": {"type": "string", "format": "binary"}}}


def event_operation(method: MethodDescriptor, wire_name: str, *, tagged: bool) -> dict[str, Any]:
    """Return the arguments of `add_api_route` that document `method`.

    Args:
        method: what runs for the event.
        wire_name: what the service calls its hub.
        tagged: whether the hub's name is the operation's tag.
    """
    is_message = method.category is Category.MESSAGES
    return {
        "path": f"/{quote(wire_name)}/api/{method.category}/{quote(method.event, safe='')}",
        "endpoint": _endpoint(method),
        "methods": ["POST"],
        "tags": [method.hub] if tagged else None,
        "name": f"{method.hub}.{method.event}",
        "summary": f"{method.hub}: {method.event}",
        "description": inspect.getdoc(method.function) or "",
        "operation_id": identifier(f"{wire_name}_{method.category}_{method.event}"),
        "response_model": Annotated[Any, Later(lambda: completion_model(method))] if is_message else None,
        "response_class": JSONResponse if is_message else Response,
        "response_description": "Done; with a completion, framed, if the client waits for one"
        if is_message
        else "Done",
        "responses": _responses(method),
        "openapi_extra": _extra(method, wire_name),
    }


def _responses(method: MethodDescriptor) -> dict[int | str, dict[str, Any]]:
    refusals = dict(_REFUSALS)
    if method.event == CONNECTED and method.category is Category.CONNECTIONS:
        refusals[HTTPStatus.FORBIDDEN] = "The client is refused"
    responses: dict[int | str, dict[str, Any]] = {
        status: {"description": text, **_REFUSED} for status, text in sorted(refusals.items())
    }
    responses[HTTPStatus.BAD_REQUEST] = {
        "description": refusals[HTTPStatus.BAD_REQUEST],
        "model": SignalREventRefusal,
    }
    if method.category is Category.MESSAGES:
        responses[HTTPStatus.OK] = {"content": _BINARY}
    # With a default, FastAPI does not add the 422 that this route never answers.
    responses["default"] = {"description": "The app is not set up to take events, or a hook failed"}
    return responses


def _endpoint(method: MethodDescriptor) -> Callable[..., Awaitable[None]]:
    """Return a function that FastAPI reads and nobody calls."""

    async def documented() -> None:  # Without a docstring: FastAPI would show it.
        ...

    documented.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what FastAPI reads
        [
            _parameter("body", Annotated[Any, Later(lambda: body_model(method)), Body()]),
            _parameter("signature", Annotated[str, Security(_SIGNATURE)]),
        ]
    )
    return documented


def _parameter(name: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)


def _extra(method: MethodDescriptor, wire_name: str) -> dict[str, Any]:
    """Return what FastAPI adds to the operation as it stands.

    As parameters of the endpoint, headers would take most of the time in which a router is made.
    """
    headers = [
        _header("X-ASRS-Connection-Id", "The client's connection", pattern=r"^[^.\s]+$"),
        _header("X-ASRS-Hub", "The hub's name, in any case", const=wire_name),
        _header("X-ASRS-Category", "The kind of event, in any case", const=method.category.value),
        _header("X-ASRS-Event", "The event's name, in any case", const=method.event),
        *_OPTIONAL_HEADERS,
    ]
    body = {"requestBody": {"content": _BINARY}} if method.category is Category.MESSAGES else {}
    return {"parameters": headers, **body}
