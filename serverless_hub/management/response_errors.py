"""Answers of a SignalR service that mean failure, as errors that say what to do."""

from http import HTTPStatus
from typing import Any

import msgspec

from serverless_hub.errors import (
    InvalidArgumentError,
    NotFoundError,
    ServiceError,
    ServiceTimeoutError,
    ThrottledError,
    UnauthorizedError,
    UnreachableError,
)
from serverless_hub.http_client import HttpError, HttpResponse
from serverless_hub.management.requests import ServiceRequest
from serverless_hub.protocol.rest import API_VERSION, ERROR_CODE_HEADER

__all__ = ["client_text", "error_code", "error_of", "request_id_of", "unanswered"]

_REQUEST_ID_HEADERS = ("x-ms-request-id", "x-ms-client-request-id", "request-id")
_MAX_SHOWN = 200
_MAX_TEXT = 4096
"""Characters of what a client says, which only the app reads."""


def error_of(response: HttpResponse, request: ServiceRequest, service: str, *, has_key: bool) -> ServiceError:
    """Return what went wrong.

    Args:
        response: the answer, which is neither a success nor expected.
        request: what was asked.
        service: the URL of the service.
        has_key: whether an access key, and no credential, was to prove who asks.
    """
    status, advice = response.status, _advice(response, has_key=has_key)
    refused = status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.REQUEST_TIMEOUT
    return _kind(status)(
        f"{service} answered {status} to {request.purpose}: {advice}",
        status=status,
        code=error_code(response),
        request_id=request_id_of(response),
        retry_is_safe=refused or request.repeating == "harmless",
    )


def unanswered(error: HttpError, request: ServiceRequest, service: str, seconds: float) -> ServiceError:
    """Return what went wrong where there is no answer; `seconds` were the most to wait for one."""
    safe = error.failure == "connect" or request.repeating == "harmless"
    if error.failure == "timeout":
        text = f"{service} did not answer to {request.purpose} within {seconds:g} seconds"
        return ServiceTimeoutError(text, retry_is_safe=safe)
    return UnreachableError(
        f"{service} gave no answer to {request.purpose} ({error.reason}): check its URL, the network and the proxy",
        retry_is_safe=safe,
    )


def error_code(response: HttpResponse) -> str | None:
    """Return what the service calls the error, from the header or from the body."""
    return _shown(response.headers.get(ERROR_CODE_HEADER)) or _shown(_detail(response).get("code"))


def client_text(response: HttpResponse) -> str | None:
    """Return what a client, and through it the service, says of an error: as JSON or as plain text."""
    detail = _detail(response)
    text = detail.get("message") if detail else response.body[: 4 * _MAX_TEXT].decode(errors="replace")
    return text[:_MAX_TEXT] if isinstance(text, str) and text else None


def request_id_of(response: HttpResponse) -> str | None:
    """Return what names the request in the service's logs."""
    return next((shown for name in _REQUEST_ID_HEADERS if (shown := _shown(response.headers.get(name)))), None)


def _kind(status: int) -> type[ServiceError]:
    if status in _KINDS:
        return _KINDS[status]
    is_refusal = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return InvalidArgumentError if is_refusal else ServiceError


def _advice(response: HttpResponse, *, has_key: bool) -> str:
    status = response.status
    if status == HTTPStatus.BAD_REQUEST and (message := _shown(_detail(response).get("message"))):
        return f"it calls the request wrong: {message}"
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return _KEY_ADVICE if has_key else _ROLE_ADVICE
    if status == HTTPStatus.NOT_FOUND:
        return "it has nothing of that name" if response.headers.get(ERROR_CODE_HEADER) else _NO_SERVICE
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return "it redirects, which is not followed: put the URL of the service itself into the connection string"
    default = "it calls the request wrong" if status < HTTPStatus.INTERNAL_SERVER_ERROR else _ITS_FAILURE
    return _ADVICE.get(status, default)


_KINDS: dict[int, type[ServiceError]] = {
    HTTPStatus.UNAUTHORIZED: UnauthorizedError,
    HTTPStatus.FORBIDDEN: UnauthorizedError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.REQUEST_TIMEOUT: ServiceTimeoutError,
    HTTPStatus.TOO_MANY_REQUESTS: ThrottledError,
    HTTPStatus.GATEWAY_TIMEOUT: ServiceTimeoutError,
}
_ADVICE: dict[int, str] = {
    HTTPStatus.REQUEST_TIMEOUT: "it took too long; try again later",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the message is too large for it: send less at once",
    HTTPStatus.TOO_MANY_REQUESTS: "it has had too many requests: send less, or give it more units",
    HTTPStatus.GATEWAY_TIMEOUT: "it took too long; try again later",
}
_ITS_FAILURE = "it failed; if that stays, its logs say why"
_KEY_ADVICE = (
    "it does not take the access key: compare the AccessKey of the connection string with the keys of the service, and "
    "the clock of this machine"
)
_ROLE_ADVICE = (
    "it does not take the identity: give it the role 'SignalR REST API Owner' or 'SignalR Service Owner' on the service"
)
_NO_SERVICE = (
    "no SignalR service seems to be at that URL, or one that does not know REST API "
    f"{API_VERSION}: check Endpoint and ServerEndpoint of the connection string"
)


def _detail(response: HttpResponse) -> dict[str, Any]:
    try:
        return msgspec.json.decode(response.body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}


def _shown(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _MAX_SHOWN and value.isprintable() else None
