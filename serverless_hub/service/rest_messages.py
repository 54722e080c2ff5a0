"""Operations that reach clients: messages, calls, streams, closing."""

from collections.abc import Iterable
from typing import Any, Final

from serverless_hub.protocol.rest import ErrorCode
from serverless_hub.service.registry import Kind
from serverless_hub.service.rest_answers import Report, Scope, bad_request
from serverless_hub.service.rest_call import RestCall
from serverless_hub.service.rest_commands import read_commands

__all__ = [
    "close_all",
    "close_connection",
    "close_group",
    "close_user",
    "complete_stream",
    "execute",
    "invoke",
    "send_stream_item",
    "send_to_all",
    "send_to_connection",
    "send_to_group",
    "send_to_user",
]

_SCOPES: Final[dict[Kind, Scope]] = {
    "all": "Request",
    "connections": "Connection",
    "groups": "Group",
    "users": "User",
}


async def send_to_all(call: RestCall) -> Report:
    """Call a method of all clients of a hub."""
    return await _send(call, "all", ())


async def send_to_connection(call: RestCall) -> Report:
    """Call a method of one client."""
    return await _send(call, "connections", [call.names["connection"]])


async def send_to_group(call: RestCall) -> Report:
    """Call a method of the clients in a group."""
    return await _send(call, "groups", [call.names["group"]])


async def send_to_user(call: RestCall) -> Report:
    """Call a method of the clients of a user."""
    return await _send(call, "users", [call.names["user"]])


async def close_all(call: RestCall) -> None:
    """Close the connections of a hub."""
    _close(call, "all", ())


async def close_group(call: RestCall) -> None:
    """Close the connections in a group."""
    _close(call, "groups", [call.names["group"]])


async def close_user(call: RestCall) -> None:
    """Close the connections of a user."""
    _close(call, "users", [call.names["user"]])


async def close_connection(call: RestCall) -> Report:
    """Close one connection; one that is not open is closed already."""
    connection_id = call.names["connection"]
    known = call.hub.exists("connections", connection_id)
    _close(call, "connections", [connection_id])
    return Report("Connection", None if known else ErrorCode.CONNECTION_NOT_EXISTED)


async def invoke(call: RestCall) -> dict[str, Any]:
    """Call a method of one client and answer its result.

    Azure names the client's protocol too, where it is neither JSON nor MessagePack; here it always is.
    """
    payload = (await call.read()).payload()
    connection_id = call.names["connection"]
    return {"result": await call.hub.invoke(connection_id, payload.target, payload.arguments, call.invoke_timeout)}


async def execute(call: RestCall) -> None:
    """Do several things with the connections that a filter takes."""
    commands = read_commands((await call.read()).json())
    if "" in call.query.texts("filter"):
        raise bad_request("the filter is empty: leave it out to mean every connection")
    call.hub.execute(commands, call.query.text("filter"))


async def send_stream_item(call: RestCall) -> Report:
    """Send an item of a stream to one client; without a body, what is `completed` ends without one.

    Which bodies there are is not published: ours are what Azure's SDK sends (azure-signalr
    JsonPayloadMessageContent.cs, BinaryPayloadMessageContent.cs).
    """
    completed = call.query.flag("completed")
    body = await call.read()
    is_open = True
    if body.data:
        is_open = call.hub.send_stream_item(
            call.names["connection"], call.names["stream"], body.item(), completed=completed
        )
    elif completed:
        call.hub.complete_stream(call.names["connection"], call.names["stream"], None)
    else:
        raise bad_request("the body has to be the item of the stream, such as a value in JSON")
    return Report("Connection", None if is_open else ErrorCode.CONNECTION_NOT_EXISTED)


async def complete_stream(call: RestCall) -> Report:
    """End a stream to one client, with an error where there is a `reason`, which Azure's SDK calls `error`."""
    error = call.query.text("reason") or call.query.text("error")
    call.hub.complete_stream(call.names["connection"], call.names["stream"], error)
    return Report("Connection")


async def _send(call: RestCall, kind: Kind, names: Iterable[str]) -> Report:
    payload = (await call.read()).payload()
    call.hub.send(kind, names, payload.target, payload.arguments, call.query.texts("excluded"))
    return Report(_SCOPES[kind])


def _close(call: RestCall, kind: Kind, names: Iterable[str]) -> None:
    call.hub.close(kind, names, call.query.text("reason"), call.query.texts("excluded"))
