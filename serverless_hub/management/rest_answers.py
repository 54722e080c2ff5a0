"""What a SignalR service answers, as values; an answer that is not what the API says is an error."""

from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from serverless_hub.errors import (
    ClientResultError,
    ConnectionGoneError,
    ServiceError,
    ServiceTimeoutError,
)
from serverless_hub.http_client import HttpResponse
from serverless_hub.hub.ports import GroupMember, GroupPage
from serverless_hub.management.response_errors import client_text, error_code, request_id_of
from serverless_hub.protocol.rest import ErrorCode

__all__ = ["GONE", "is_invocation_answer", "read_access_key", "read_invocation", "read_page", "read_token"]

GONE = frozenset((ErrorCode.CONNECTION_NOT_EXISTED, ErrorCode.JOINING_CONNECTION_NOT_EXISTED))
"""The codes that say that a connection is not there."""
_ENDED = frozenset((ErrorCode.INVOCATION_FAILED, ErrorCode.INVOCATION_TIMED_OUT))

_T = TypeVar("_T")


class _Result(msgspec.Struct):
    result: Any = None


class _Member(msgspec.Struct, rename="camel"):
    connection_id: str
    user_id: str | None = None


class _Page(msgspec.Struct, rename="camel"):
    value: list[_Member]
    next_link: str | None = None


class _Token(msgspec.Struct):
    token: str


class _AccessKey(msgspec.Struct, rename="pascal"):
    key_id: str
    access_key: str


def read_access_key(response: HttpResponse, service: str) -> tuple[str, str]:
    """Return id and value of a temporary access key (definition AccessKeyResponse)."""
    found = _read(response, _AccessKey, service)
    return found.key_id, found.access_key


def read_token(response: HttpResponse, service: str) -> str:
    """Return the token of a client (definition ClientTokenResponse)."""
    return _read(response, _Token, service).token


def read_page(response: HttpResponse, service: str) -> GroupPage:
    """Return a page of a group (definition GroupMemberPagedValues).

    Of the link to the next page only its `continuationToken` is taken: our token must not go wherever a link leads.
    """
    page = _read(response, _Page, service)
    members = tuple(GroupMember(member.connection_id, member.user_id) for member in page.value)
    if page.next_link is None:
        return GroupPage(members)
    try:
        [continuation] = parse_qs(urlsplit(page.next_link).query)["continuationToken"]
    except (ValueError, KeyError):
        raise _unreadable(response, service) from None
    return GroupPage(members, continuation)


def is_invocation_answer(response: HttpResponse) -> bool:
    """Tell whether `read_invocation` can say what became of the call of a client.

    Azure does not publish its codes. Its SDK takes every 400 for what the client says (azure-signalr
    RestHubLifetimeManagerFacts.cs).
    """
    code = error_code(response)
    if code == ErrorCode.INVALID_REQUEST:
        return False
    return code in GONE or code in _ENDED or response.status == HTTPStatus.BAD_REQUEST


def read_invocation(response: HttpResponse, service: str) -> Any:
    """Return what a client answered (definition ClientInvocationResponse), None where that is nothing.

    Raises:
        ConnectionGoneError: the connection is not there, or no longer.
        ClientResultError: the client answered with an error.
        ServiceTimeoutError: it did not answer.
    """
    if response.status < HTTPStatus.MULTIPLE_CHOICES:
        return _read(response, _Result, service).result
    kind, text = _failure_of_call(response)
    raise kind(text, status=response.status, code=error_code(response), request_id=request_id_of(response))


def _failure_of_call(response: HttpResponse) -> tuple[type[ServiceError], str]:
    code = error_code(response)
    if code in GONE:
        return ConnectionGoneError, "the connection is not open, or closed before its client answered"
    if code == ErrorCode.INVOCATION_TIMED_OUT:
        return ServiceTimeoutError, "the client did not answer in time"
    return ClientResultError, client_text(response) or "the client answered with an error"


def _read(response: HttpResponse, kind: type[_T], service: str) -> _T:
    try:
        return msgspec.json.decode(response.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _unreadable(response, service) from None


def _unreadable(response: HttpResponse, service: str) -> ServiceError:
    return ServiceError(
        f"{service} answered with something that the REST API does not have: check whether a SignalR service is at "
        "that URL, and no proxy answers for it",
        status=response.status,
        request_id=request_id_of(response),
    )
