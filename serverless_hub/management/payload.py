"""Bodies of requests to the REST API: messages, items of streams and batches of commands."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from serverless_hub.errors import InvalidArgumentError
from serverless_hub.protocol.binary_body import OCTET_STREAM, write_binary_body
from serverless_hub.protocol.commands import Command
from serverless_hub.protocol.messages import Invocation, StreamItem
from serverless_hub.protocol.rest import MAX_BODY_BYTES
from serverless_hub.protocol.values import to_json

__all__ = ["commands_body", "item_body", "message_body"]

_JSON = "application/json"


def message_body(target: str, arguments: Sequence[Any], form: Literal["json", "messagepack"]) -> tuple[bytes, str]:
    """Return the body that calls `target`, and its content type.

    Raises:
        InvalidArgumentError: there is no target, or the body is larger than services take.
        TypeError: an argument cannot be serialised.
    """
    if not target:
        raise InvalidArgumentError("the target is blank: name the method of the client", retry_is_safe=True)
    shown = f"the arguments of {target!r}"
    if form == "json":
        return _bounded(shown, lambda: to_json({"target": target, "arguments": list(arguments)})), _JSON
    return _bounded(shown, lambda: write_binary_body(Invocation(target, list(arguments)))), OCTET_STREAM


def item_body(stream_id: str, item: Any, form: Literal["json", "messagepack"]) -> tuple[bytes, str]:
    """Return the body of one item of a stream, and its content type; raises as `message_body` does.

    The API does not describe it. It is what Azure's SDK sends: the bare item in JSON, or a whole message in each hub
    protocol (azure-signalr JsonPayloadMessageContentTest.cs, BinaryPayloadMessageContentTest.cs).
    """
    shown = "the item of the stream"
    if form == "json":
        return _bounded(shown, lambda: to_json(item)), _JSON
    return _bounded(shown, lambda: write_binary_body(StreamItem(stream_id, item))), OCTET_STREAM


def commands_body(commands: Sequence[Command]) -> bytes:
    """Return the body of a batch of commands; raises as `message_body` does."""
    return _bounded("the commands", lambda: to_json([command.to_wire() for command in commands]))


def _bounded(shown: str, write: Callable[[], bytes]) -> bytes:
    try:
        body = write()
    except TypeError as error:
        # Not chained: deeper errors may quote values.
        raise TypeError(f"{shown} cannot be sent: {error}") from None
    if len(body) > MAX_BODY_BYTES:
        raise InvalidArgumentError(
            f"{shown} take {len(body)} bytes, more than the {MAX_BODY_BYTES} (1 MB) that a SignalR service takes: send "
            "parts of them, or a reference to where the data is",
            retry_is_safe=True,
        )
    return body
