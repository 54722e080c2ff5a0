"""The body of `:execute`: commands (REST API 2024-12-01, definition SignalRCommand)."""

from collections.abc import Callable, Mapping
from typing import Any

from serverless_hub.protocol.commands import CloseConnection, Command, JoinGroup, LeaveGroup, SendMessage
from serverless_hub.service.rest_answers import bad_request
from serverless_hub.service.rest_bodies import fields_of, is_array, read_payload
from serverless_hub.service.rest_names import check_group

__all__ = ["read_commands"]


def read_commands(value: Any) -> list[Command]:
    """Return the commands in a body.

    Raises:
        RestRefusal: 400, it is no array of commands.
    """
    if not is_array(value):
        raise bad_request("the body has to be an array of commands")
    return [_command(fields_of(command, "a command")) for command in value]


def _command(fields: Mapping[str, Any]) -> Command:
    kind = fields.get("type")
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise bad_request(f"the type of a command has to be one of {', '.join(_READERS)}")
    return read(fields)


def _send(fields: Mapping[str, Any]) -> Command:
    payload = read_payload(fields.get("message"))
    return SendMessage(payload.target, payload.arguments)


def _group(fields: Mapping[str, Any]) -> str:
    group = fields.get("group")
    if not isinstance(group, str):
        raise bad_request("the command needs a group")
    check_group(group)
    return group


def _close(fields: Mapping[str, Any]) -> Command:
    reason = fields.get("reason")
    if reason is not None and not isinstance(reason, str):
        raise bad_request("the reason of a command has to be a text")
    return CloseConnection(reason)


_READERS: dict[str, Callable[[Mapping[str, Any]], Command]] = {
    "SendMessage": _send,
    "JoinGroup": lambda fields: JoinGroup(_group(fields)),
    "LeaveGroup": lambda fields: LeaveGroup(_group(fields)),
    "CloseConnection": _close,
}
