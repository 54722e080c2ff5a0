"""Sends to the clients of one hub over the REST API of one SignalR service."""

import asyncio
import math
from collections.abc import Iterable, Sequence
from typing import Any

from serverless_hub.clock import limit
from serverless_hub.errors import ConnectionGoneError, InvalidArgumentError, ServiceError, ServiceTimeoutError
from serverless_hub.hub.ports import GroupPage, Receivers
from serverless_hub.management.payload import commands_body, item_body, message_body
from serverless_hub.management.requests import ServiceRequest, absent, is_nobody, path_of, query_of, segment
from serverless_hub.management.response_errors import error_code
from serverless_hub.management.rest_answers import GONE, is_invocation_answer, read_invocation, read_page, read_token
from serverless_hub.management.service_client import ServiceClient
from serverless_hub.protocol.commands import Command, SendMessage
from serverless_hub.protocol.endpoint import Endpoint
from serverless_hub.protocol.rest import MAX_PAGE_SIZE, MAX_TTL, ErrorCode, MemberKind

__all__ = ["RestSender"]

_IN_FLIGHT = 32
"""Requests at once for one call that has many receivers."""
_ONE = {"connections": "a connection", "groups": "a group", "users": "a user"}
_NOT_EXISTED = {
    "connections": absent(ErrorCode.CONNECTION_NOT_EXISTED),
    "groups": absent(ErrorCode.GROUP_NOT_EXISTED),
    "users": absent(ErrorCode.USER_NOT_EXISTED),
}
_not_in_group = absent(ErrorCode.USER_NOT_IN_GROUP, ErrorCode.USER_NOT_EXISTED, ErrorCode.GROUP_NOT_EXISTED)


class RestSender:
    """What a hub asks of a service, as requests; an implementation of `hub.ports.HubSender`.

    Args:
        endpoint: the service.
        hub: its name on the wire.
        client: sends the requests; it is closed by whoever made it.
    """

    def __init__(self, endpoint: Endpoint, hub: str, client: ServiceClient) -> None:
        self._service = endpoint.server_url
        self._hub = hub
        self._client = client

    async def send(self, receivers: Receivers, target: str, arguments: Sequence[Any]) -> None:
        """Call `target` on the receivers, without an answer; several are one request each."""
        if receivers.kind == "users" and receivers.excluded:
            raise InvalidArgumentError(
                "the REST API cannot exclude connections of users: send to a group", retry_is_safe=True
            )
        body, content_type = message_body(target, arguments, self._client.options.body)
        await self._send_all(
            ServiceRequest(
                method="POST",
                path=path_of(self._hub, *where, ":send"),
                purpose=f"sending to {whom}",
                query=query_of(excluded=excluded),
                body=body,
                content_type=content_type,
                repeating="message",
                is_answer=is_nobody,
            )
            for where, whom, excluded in _places(receivers)
        )

    async def invoke(self, connection_id: str, target: str, arguments: Sequence[Any], timeout: float) -> Any:  # noqa: ASYNC109 - as the port has it
        """Call `target` on one connection and return its client's answer as plain values."""
        body, content_type = message_body(target, arguments, self._client.options.body)
        request = ServiceRequest(
            method="POST",
            path=self._path("connections", connection_id, ":invoke"),
            purpose="calling a client",
            body=body,
            content_type=content_type,
            repeating="call",
            is_answer=is_invocation_answer,
            extra_seconds=timeout,
        )
        try:
            async with limit(self._client.clock, timeout):
                response = await self._client.send(request)
        except ServiceTimeoutError:
            raise
        except TimeoutError:
            raise ServiceTimeoutError(f"the client did not answer within {timeout:g} seconds") from None
        return read_invocation(response, self._service)

    async def send_stream_item(self, connection_id: str, stream_id: str, item: Any, *, completed: bool) -> None:
        """Send one item of a stream to a connection; with `completed` the stream ends after it."""
        body, content_type = item_body(stream_id, item, self._client.options.body)
        response = await self._client.send(
            ServiceRequest(
                method="POST",
                path=self._stream_path(connection_id, stream_id, ":send"),
                purpose="sending an item of a stream",
                query=query_of(completed="true" if completed else None),
                body=body,
                content_type=content_type,
                repeating="message",
                is_answer=is_nobody,
            )
        )
        if error_code(response) in GONE:
            raise ConnectionGoneError("the connection of the stream is not open", status=response.status)

    async def complete_stream(self, connection_id: str, stream_id: str, error: str | None) -> None:
        """End a stream to a connection, in order or with an error."""
        path = self._stream_path(connection_id, stream_id, ":complete")
        await self._do("POST", path, "ending a stream", reason=error)

    async def add_to_group(self, connection_id: str, group: str) -> None:
        """Make a connection a member of `group`."""
        path = self._path("groups", group, "connections", segment("connections", connection_id))
        await self._do("PUT", path, "adding a connection to a group")

    async def remove_from_group(self, connection_id: str, group: str) -> None:
        """End a connection's membership in `group`."""
        path = self._path("groups", group, "connections", segment("connections", connection_id))
        await self._do("DELETE", path, "removing a connection from a group")

    async def remove_from_all_groups(self, connection_id: str) -> None:
        """End all memberships of a connection."""
        path = self._path("connections", connection_id, "groups")
        await self._do("DELETE", path, "removing a connection from all groups")

    async def group_members(self, group: str, *, page_size: int, continuation: str | None) -> GroupPage:
        """Return a page of at most `page_size` connections of `group`."""
        if page_size < 1:
            raise InvalidArgumentError("page_size is not a number from 1", retry_is_safe=True)
        request = ServiceRequest(
            method="GET",
            path=self._path("groups", group, "connections"),
            purpose="listing the members of a group",
            query=query_of(maxpagesize=str(min(page_size, MAX_PAGE_SIZE)), continuationToken=continuation),
            is_answer=_NOT_EXISTED["groups"],
        )
        response = await self._client.send(request)
        return GroupPage(()) if request.is_answer(response) else read_page(response, self._service)

    async def add_user_to_group(self, user_id: str, group: str, ttl: float | None) -> None:
        """Make all connections of a user members of `group`, for `ttl` seconds, rounded up."""
        if ttl is not None and not 0 <= ttl <= MAX_TTL:
            raise InvalidArgumentError(f"ttl is not a number of seconds from 0 to {MAX_TTL}", retry_is_safe=True)
        path = self._path("users", user_id, "groups", segment("groups", group))
        await self._do("PUT", path, "adding a user to a group", ttl=None if ttl is None else str(math.ceil(ttl)))

    async def remove_user_from_group(self, user_id: str, group: str) -> None:
        """End a user's membership in `group`."""
        path = self._path("users", user_id, "groups", segment("groups", group))
        await self._do("DELETE", path, "removing a user from a group")

    async def remove_user_from_all_groups(self, user_id: str) -> None:
        """End all memberships of a user."""
        await self._do("DELETE", self._path("users", user_id, "groups"), "removing a user from all groups")

    async def user_in_group(self, user_id: str, group: str) -> bool:
        """Tell whether a user is a member of `group`."""
        request = ServiceRequest(
            method="HEAD",
            path=self._path("users", user_id, "groups", segment("groups", group)),
            purpose="asking whether a user is in a group",
            is_answer=_not_in_group,
        )
        return not _not_in_group(await self._client.send(request))

    async def exists(self, kind: MemberKind, name: str) -> bool:
        """Tell whether a connection is open, or a user or a group has one."""
        request = ServiceRequest(
            method="HEAD",
            path=self._path(kind, name),
            purpose=f"asking for {_ONE[kind]}",
            is_answer=_NOT_EXISTED[kind],
        )
        return not request.is_answer(await self._client.send(request))

    async def close(self, receivers: Receivers, reason: str | None) -> None:
        """Close connections; their clients may come back. `reason` is shown to them."""
        by_id = receivers.kind == "connections"
        await self._send_all(
            ServiceRequest(
                method="DELETE" if by_id else "POST",
                path=path_of(self._hub, *where) if by_id else path_of(self._hub, *where, ":closeConnections"),
                purpose=f"closing {whom}" if by_id else f"closing the connections of {whom}",
                query=query_of(excluded=excluded, reason=reason),
                is_answer=is_nobody,
            )
            for where, whom, excluded in _places(receivers)
        )

    async def execute(self, commands: Sequence[Command], only: str | None) -> None:
        """Do all `commands`, in order, for each connection that the OData filter `only` takes; for all without one."""
        if not commands:
            return
        await self._client.send(
            ServiceRequest(
                method="POST",
                path=path_of(self._hub, ":execute"),
                purpose="doing a batch of commands",
                query=query_of(filter=only),
                body=commands_body(commands),
                repeating="message" if any(isinstance(command, SendMessage) for command in commands) else "harmless",
            )
        )

    async def generate_token(self, user_id: str | None, lifetime: float) -> str:
        """Return an access token for a client that lives `lifetime` seconds, or up to a minute longer."""
        if not 0 < lifetime <= MAX_TTL:
            raise InvalidArgumentError("the lifetime of a token is not a number of seconds above 0", retry_is_safe=True)
        request = ServiceRequest(
            method="POST",
            path=path_of(self._hub, ":generateToken"),
            purpose="generating a token",
            query=query_of(userId=user_id, minutesToExpire=str(math.ceil(lifetime / 60))),
        )
        return read_token(await self._client.send(request), self._service)

    def _path(self, kind: str, name: str, *further: str) -> str:
        return path_of(self._hub, kind, segment(kind, name), *further)

    def _stream_path(self, connection_id: str, stream_id: str, verb: str) -> str:
        return self._path("connections", connection_id, "streams", segment("streams", stream_id), verb)

    async def _do(self, method: str, path: str, purpose: str, **query: str | None) -> None:
        """Do what has no answer, and is no error where nobody of the names is there."""
        await self._client.send(
            ServiceRequest(method=method, path=path, purpose=purpose, query=query_of(**query), is_answer=is_nobody)
        )

    async def _send_all(self, requests: Iterable[ServiceRequest]) -> None:
        """Send several, some at once; raise the first error when all have ended."""
        prepared = list(requests)
        waiting = iter(prepared)
        errors: list[Exception] = []

        async def work() -> None:
            for request in waiting:
                try:
                    await self._client.send(request)
                except Exception as error:  # noqa: BLE001 - it is raised when the others have ended
                    errors.append(error)

        if len(prepared) == 1:
            await work()
        else:
            await asyncio.gather(*(work() for _ in range(min(len(prepared), _IN_FLIGHT))))
        if not errors:
            return
        first = errors[0]
        if isinstance(first, ServiceError) and len(errors) < len(prepared) and prepared[0].repeating != "harmless":
            first.retry_is_safe = False  # Some have got it.
        raise first


def _places(receivers: Receivers) -> Iterable[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    """Yield for each request the segments of its path, whom it is for, and the connections to exclude."""
    if receivers.kind == "all":
        return [((), "everyone", receivers.excluded)]
    kind, whom = receivers.kind, _ONE[receivers.kind]
    names: Iterable[str] = dict.fromkeys(receivers.names)
    if kind == "connections":
        names = [name for name in names if name not in receivers.excluded]
    excluded = () if kind == "connections" else receivers.excluded
    return [((kind, segment(kind, name)), whom, excluded) for name in names]
