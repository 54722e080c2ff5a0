"""One request to the REST API: where it goes, and what its answer may be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from serverless_hub.errors import InvalidArgumentError
from serverless_hub.http_client import HttpResponse
from serverless_hub.management.retry import Repeating
from serverless_hub.protocol.rest import API_VERSION, ERROR_CODE_HEADER, MAX_GROUP_NAME, MAX_STREAM_ID, ErrorCode

__all__ = ["ServiceRequest", "absent", "is_nobody", "path_of", "query_of", "segment"]

_MAX_URL = 12 * 1024
"""Bytes (Azure docs, `signalr-howto-troubleshoot-guide.md`)."""
_NAMES = {"connections": "connection id", "groups": "group", "users": "user id", "streams": "stream id"}
_LENGTHS = {"groups": MAX_GROUP_NAME, "streams": MAX_STREAM_ID}


def absent(*codes: str) -> Callable[[HttpResponse], bool]:
    """Return what takes a 404 for an answer that has one of these codes: the service is there, the name is not."""
    known = frozenset(code.lower() for code in codes)

    def is_answer(response: HttpResponse) -> bool:
        code = response.headers.get(ERROR_CODE_HEADER) or ""
        return response.status == HTTPStatus.NOT_FOUND and code.lower() in known

    return is_answer


is_nobody: Final = absent(
    ErrorCode.CONNECTION_NOT_EXISTED,
    ErrorCode.USER_NOT_EXISTED,
    ErrorCode.GROUP_NOT_EXISTED,
    ErrorCode.USER_NOT_IN_GROUP,
    ErrorCode.JOINING_CONNECTION_NOT_EXISTED,
)
"""Takes every 404 for an answer that says no more than that nobody of that name is there."""


def _nothing_else(response: HttpResponse) -> bool:
    del response
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRequest:
    """What is asked of the service."""

    method: str
    path: str
    """Below the URL of the service, escaped."""
    purpose: str
    """What it does, for errors: it names nobody."""
    query: tuple[str, ...] = ()
    """Parameters, escaped, besides the version of the API."""
    body: bytes | None = None
    content_type: str = "application/json"
    repeating: Repeating = "harmless"
    """What doing it twice means."""
    is_answer: Callable[[HttpResponse], bool] = _nothing_else
    """Tells which responses besides a success are answers, and no errors."""
    extra_seconds: float = 0.0
    """That it may take beyond the timeout."""

    def url(self, server_url: str) -> str:
        """Return the whole URL.

        Raises:
            InvalidArgumentError: it is longer than services take.
        """
        query = "&".join((*self.query, f"api-version={API_VERSION}"))
        url = f"{server_url}{self.path}?{query}"
        if len(url) > _MAX_URL:
            raise InvalidArgumentError(
                f"the URL for {self.purpose} would have {len(url)} bytes, more than the {_MAX_URL} that a SignalR "
                "service takes: exclude fewer connections, for example with a group of those who get the message",
                retry_is_safe=True,
            )
        return url


def path_of(hub: str, *segments: str) -> str:
    """Return the path of an operation of `hub`; the segments are escaped already."""
    return "/".join(("/api/hubs", quote(hub.lower(), safe=""), *segments))


def segment(kind: str, name: str) -> str:
    """Return the name of a connection, a group, a user or a stream as a segment of a path.

    Raises:
        InvalidArgumentError: nobody can have such a name.
    """
    shown = _NAMES[kind]
    if not name.strip():
        raise InvalidArgumentError(
            f"a {shown} is blank: a SignalR service knows nobody without a name", retry_is_safe=True
        )
    if name in {".", ".."}:
        # Dots are never escaped, and whoever reads a path takes such segments for ways up: to another operation.
        raise InvalidArgumentError(f"a {shown} consists of dots, which have a meaning in URLs", retry_is_safe=True)
    if len(name) > _LENGTHS.get(kind, len(name)):
        raise InvalidArgumentError(f"a {shown} has more than {_LENGTHS[kind]} characters", retry_is_safe=True)
    return _escaped(shown, name)


def query_of(**values: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the parameters of a query, escaped; None leaves one out, and each of several values has its own.

    Raises:
        InvalidArgumentError: a value is no Unicode.
    """
    parameters: list[str] = []
    for name, value in values.items():
        several = (value,) if isinstance(value, str) else value or ()
        parameters += (f"{name}={_escaped(name, one)}" for one in several)
    return tuple(parameters)


def _escaped(shown: str, text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise InvalidArgumentError(
            f"a {shown} has half a character in it (a lone surrogate)", retry_is_safe=True
        ) from None
