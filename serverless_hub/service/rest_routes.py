"""Every operation of the REST API, by path and method.

Source: `signalr-data-plane-2024-12-01.json` and `signalr-data-plane-v1.json`. Beyond them, whatever has HEAD has GET,
since Azure's SDK asks with it whether a user is in a group; v1 has users and groups in both orders, as Microsoft's
emulator does (SignalRServiceWebApiDefinition.cs); and health needs no version, for load balancers.
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus

from serverless_hub.service import rest_groups as groups
from serverless_hub.service import rest_lookups as lookups
from serverless_hub.service import rest_messages as messages
from serverless_hub.service import rest_tokens as tokens
from serverless_hub.service.rest_operation import Operation

__all__ = ["ROUTES"]

_Row = tuple[str, str, Operation]
"""Method, path, operation."""

_ACCEPTED = HTTPStatus.ACCEPTED
_NO_CONTENT = HTTPStatus.NO_CONTENT
_TOKENS = "2022-11-01"
_COMMANDS = "2023-07-01"
_LATEST = "2024-12-01"

_HEALTH = Operation(tokens.check_health, needs_version=False, needs_token=False)
_ACCESS_KEY = Operation(tokens.refuse_access_key, needs_token=False, since=_LATEST)

_HUB: tuple[_Row, ...] = (
    ("POST", "/:closeConnections", Operation(messages.close_all, _NO_CONTENT)),
    ("POST", "/:execute", Operation(messages.execute, _ACCEPTED, since=_COMMANDS)),
    ("POST", "/:generateToken", Operation(tokens.generate_token, since=_TOKENS)),
    ("POST", "/:send", Operation(messages.send_to_all, _ACCEPTED)),
    ("DELETE", "/connections/{connection}", Operation(messages.close_connection)),
    ("HEAD", "/connections/{connection}", Operation(lookups.check_connection)),
    ("POST", "/connections/{connection}/:invoke", Operation(messages.invoke, since=_LATEST)),
    ("POST", "/connections/{connection}/:send", Operation(messages.send_to_connection, _ACCEPTED)),
    ("DELETE", "/connections/{connection}/groups", Operation(groups.remove_connection_from_all)),
    (
        "POST",
        "/connections/{connection}/streams/{stream}/:send",
        Operation(messages.send_stream_item, _ACCEPTED, since=_LATEST),
    ),
    (
        "POST",
        "/connections/{connection}/streams/{stream}/:complete",
        Operation(messages.complete_stream, _ACCEPTED, since=_LATEST),
    ),
    ("HEAD", "/groups/{group}", Operation(lookups.check_group)),
    ("POST", "/groups/{group}/:closeConnections", Operation(messages.close_group, _NO_CONTENT)),
    ("POST", "/groups/{group}/:send", Operation(messages.send_to_group, _ACCEPTED)),
    ("GET", "/groups/{group}/connections", Operation(groups.list_members, since=_LATEST)),
    ("DELETE", "/groups/{group}/connections/{connection}", Operation(groups.remove_connection)),
    ("PUT", "/groups/{group}/connections/{connection}", Operation(groups.add_connection)),
    ("HEAD", "/users/{user}", Operation(lookups.check_user)),
    ("POST", "/users/{user}/:closeConnections", Operation(messages.close_user, _NO_CONTENT)),
    ("POST", "/users/{user}/:send", Operation(messages.send_to_user, _ACCEPTED)),
    ("DELETE", "/users/{user}/groups", Operation(groups.remove_user_from_all, _NO_CONTENT)),
    ("DELETE", "/users/{user}/groups/{group}", Operation(groups.remove_user, _NO_CONTENT)),
    ("HEAD", "/users/{user}/groups/{group}", Operation(lookups.check_user_in_group)),
    ("PUT", "/users/{user}/groups/{group}", Operation(groups.add_user)),
)

_V1_HUB: tuple[_Row, ...] = (
    ("POST", "", Operation(messages.send_to_all, _ACCEPTED)),
    ("POST", "/users/{user}", Operation(messages.send_to_user, _ACCEPTED)),
    ("HEAD", "/users/{user}", Operation(lookups.check_user)),
    ("POST", "/connections/{connection}", Operation(messages.send_to_connection, _ACCEPTED)),
    ("HEAD", "/connections/{connection}", Operation(lookups.check_connection)),
    ("DELETE", "/connections/{connection}", Operation(messages.close_connection, _ACCEPTED)),
    ("POST", "/groups/{group}", Operation(messages.send_to_group, _ACCEPTED)),
    ("HEAD", "/groups/{group}", Operation(lookups.check_group)),
    ("PUT", "/groups/{group}/connections/{connection}", Operation(groups.add_connection)),
    ("DELETE", "/groups/{group}/connections/{connection}", Operation(groups.remove_connection)),
    ("DELETE", "/users/{user}/groups", Operation(groups.remove_user_from_all)),
)
_V1_MEMBERSHIP: tuple[_Row, ...] = (
    ("HEAD", "", Operation(lookups.check_user_in_group)),
    ("PUT", "", Operation(groups.add_user, _ACCEPTED)),
    ("DELETE", "", Operation(groups.remove_user, _ACCEPTED)),
)


def _below(path: str, rows: tuple[_Row, ...]) -> tuple[_Row, ...]:
    return tuple((method, path + rest, operation) for method, rest, operation in rows)


def _rows() -> Iterator[_Row]:
    yield "HEAD", "/api/health", _HEALTH
    yield "GET", "/api/auth/accessKey", _ACCESS_KEY
    yield from _below("/api/hubs/{hub}", _HUB)
    v1 = (
        ("HEAD", "/health", _HEALTH),
        ("GET", "/auth/accessKey", _ACCESS_KEY),
        *_below("/hubs/{hub}", _V1_HUB),
        *_below("/hubs/{hub}/groups/{group}/users/{user}", _V1_MEMBERSHIP),
        *_below("/hubs/{hub}/users/{user}/groups/{group}", _V1_MEMBERSHIP),
    )
    yield from _below("/api/v1", v1)


def _by_path() -> dict[str, dict[str, Operation]]:
    found: dict[str, dict[str, Operation]] = {}
    for method, path, operation in _rows():
        methods = found.setdefault(path, {})
        methods[method] = operation
        if method == "HEAD":
            methods.setdefault("GET", operation)
    return found


ROUTES: Mapping[str, Mapping[str, Operation]] = _by_path()
"""By path and method; names in braces are for one segment each."""
