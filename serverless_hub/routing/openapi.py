"""Every event of a hub as an operation in OpenAPI: typed body, headers and completion.

The operations only document: a route before them takes every event, so that nobody can probe for names.
"""

import inspect
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import Header, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field, create_model

from serverless_hub.hub.descriptor import MethodDescriptor
from serverless_hub.protocol.codec import MESSAGEPACK
from serverless_hub.protocol.upstream import CONNECTED, Category

__all__ = ["event_operation"]

_HEADERS = {
    "X-ASRS-Connection-Id": "The client's connection",
    "X-ASRS-Hub": "The hub's name",
    "X-ASRS-Category": "`connections` or `messages`",
    "X-ASRS-Event": "`connected`, `disconnected` or the target",
}
_SIGNATURE = APIKeyHeader(
    name="X-ASRS-Signature",
    scheme_name="SignalRSignature",
    description="`sha256=` and the HMAC-SHA256 of the connection id in hexadecimal, one for each access key, joined by "
    "commas",
)
_OPTIONAL_HEADERS = {
    "X-ASRS-User-Id": "The user, if the client has one",
    "X-ASRS-User-Claims": "The client's claims, as `name: value` in a comma list",
    "X-ASRS-Client-Query": "The query with which the client connected",
}

_REFUSALS: dict[int | str, dict[str, Any]] = {
    HTTPStatus.BAD_REQUEST: {"description": "A header is missing, or the body is not what the headers say"},
    HTTPStatus.UNAUTHORIZED: {"description": "No valid signature"},
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: {"description": "The body is too large"},
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: {"description": "Neither JSON nor MessagePack"},
    # With a default, FastAPI does not add the 422 that this route never answers.
    "default": {"description": "The app is not set up to take events"},
}


def event_operation(method: MethodDescriptor, wire_name: str, *, tagged: bool) -> dict[str, Any]:
    """Return the arguments of `add_api_route` that document `method`.

    Args:
        method: what runs for the event.
        wire_name: what the service calls its hub.
        tagged: whether the hub's name is the operation's tag.
    """
    is_message = method.category is Category.MESSAGES
    binary: dict[str, Any] = {MESSAGEPACK.media_type: {"schema": {"type": "string", "format": "binary"}}}
    responses = dict(_REFUSALS)
    if method.event == CONNECTED:
        responses[HTTPStatus.FORBIDDEN] = {"description": "The client is refused"}
    return {
        "path": f"/{wire_name}/api/{method.category}/{quote(method.event, safe='')}",
        "endpoint": _endpoint(method),
        "methods": ["POST"],
        "tags": [method.hub] if tagged else None,
        "name": f"{method.hub}.{method.event}",
        "summary": f"{method.hub}: {method.event}",
        "description": inspect.getdoc(method.function) or "",
        "operation_id": f"{wire_name}_{method.category}_{method.event}",
        "response_model": _completion(method) if is_message else None,
        "response_description": "Done; with a completion, framed, if the client waits for one"
        if is_message
        else "Done",
        "responses": responses,
        "openapi_extra": {"requestBody": {"content": binary}} if is_message else None,
    }


def _endpoint(method: MethodDescriptor) -> Callable[..., Awaitable[None]]:
    """Return a function that FastAPI reads and nobody calls."""

    async def documented() -> None:
        """Stand for the event in the documentation."""

    parameters = [_header(name, required=True, text=text) for name, text in _HEADERS.items()]
    parameters += [_header(name, required=False, text=text) for name, text in _OPTIONAL_HEADERS.items()]
    body = inspect.Parameter("body", inspect.Parameter.KEYWORD_ONLY, annotation=_body(method))
    signature = inspect.Parameter(
        "signature", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[str, Security(_SIGNATURE)]
    )
    documented.__signature__ = inspect.Signature([body, *parameters, signature])  # type: ignore[attr-defined]  # what FastAPI reads
    return documented


def _header(name: str, *, required: bool, text: str) -> inspect.Parameter:
    kind = str if required else str | None
    return inspect.Parameter(
        name.lower().replace("-", "_"),
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if required else None,
        annotation=Annotated[kind, Header(alias=name, description=text)],
    )


def _body(method: MethodDescriptor) -> type[BaseModel]:
    if method.category is Category.MESSAGES:
        fields: dict[str, Any] = {
            "type": (Literal[1], ...),
            "target": (Literal[method.event], ...),
            "arguments": (Annotated[list[Any], method.binder.type], ...),
            "invocationId": (str | None, Field(None, description="Left out when the client does not wait")),
        }
    elif method.event == CONNECTED:
        fields = {"type": (Literal[10], ...)}
    else:
        fields = {"type": (Literal[11], ...), "error": (str | None, None)}
    return create_model(_model_name(method, "Event"), __module__=__name__, **fields)


def _completion(method: MethodDescriptor) -> type[BaseModel]:
    fields: dict[str, Any] = {"type": (Literal[3], ...), "invocationId": (str, ...)}
    if method.result.annotation is not None:
        fields["result"] = (method.result.annotation, Field(None, description="Left out after an error"))
    fields["error"] = (str | None, Field(None, description="Left out after success"))
    return create_model(_model_name(method, "Completion"), __module__=__name__, **fields)


def _model_name(method: MethodDescriptor, kind: str) -> str:
    event = "".join(character if character.isalnum() else "_" for character in method.event)
    return f"{method.hub}{event[:1].upper()}{event[1:]}{kind}"
