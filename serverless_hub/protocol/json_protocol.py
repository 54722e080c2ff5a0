"""The JSON hub protocol (HubProtocol.md, "JSON encoding")."""

from typing import Any, Final, TypeVar

import msgspec
import orjson

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.framing import RECORD_SEPARATOR, RecordSplitter, Splitter
from serverless_hub.protocol.messages import (
    NO_RESULT,
    Ack,
    CancelInvocation,
    Close,
    Completion,
    HubMessage,
    Invocation,
    Ping,
    Sequence,
    StreamInvocation,
    StreamItem,
)
from serverless_hub.protocol.values import to_json

__all__ = ["JsonHubProtocol"]

_T = TypeVar("_T")
_NO_ARGUMENTS: Final = msgspec.Raw(b"[]")
_ARRAY: Final = b"["[0]


class _Envelope(msgspec.Struct, rename="camel"):
    type: int
    invocation_id: str | None = None
    target: str | None = None
    arguments: msgspec.Raw = _NO_ARGUMENTS
    stream_ids: list[str] | None = None
    item: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: str | None = None
    allow_reconnect: bool | None = None
    sequence_id: int | None = None


class JsonHubProtocol:
    """One JSON object per message, each ended by 0x1E; unknown keys are ignored."""

    name = "json"
    media_type = "application/json"
    binary = False

    def splitter(self, max_size: int) -> Splitter:
        """Return a splitter at 0x1E."""
        return RecordSplitter(max_size)

    def encode(self, message: HubMessage) -> bytes:
        """Return the record of `message`, 0x1E included."""
        if type(message) is Invocation and isinstance(message.arguments, msgspec.Raw) and not message.stream_ids:
            return _passed_on(message, message.arguments)
        return to_json(_fields(message)) + RECORD_SEPARATOR

    def encode_result(self, invocation_id: str, result: bytes) -> bytes:
        """Return the record of a completion whose result is JSON already: what hubs answer most of the time."""
        return b'{"type":3,"invocationId":%b,"result":%b}\x1e' % (orjson.dumps(invocation_id), result)

    def decode(self, payload: bytes) -> HubMessage | None:
        """Return the message of one record without its 0x1E."""
        try:
            envelope = _decode_envelope(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ProtocolError(f"not a hub message in JSON: {error}") from error
        return _message(envelope)

    def unframe(self, message: bytes) -> bytes:
        """Take the 0x1E off."""
        return message.removesuffix(RECORD_SEPARATOR)

    def encode_value(self, value: Any) -> bytes:
        """Encode a single value."""
        return to_json(value)

    def decode_value(self, data: bytes | msgspec.Raw) -> Any:
        """Decode a single value."""
        try:
            return orjson.loads(bytes(data))
        except ValueError as error:
            raise ProtocolError(f"not JSON: {error}") from error


_decode_envelope = msgspec.json.Decoder(_Envelope).decode


def _passed_on(call: Invocation, arguments: msgspec.Raw) -> bytes:
    """Return the record of a call that has come from a client, its arguments as they came."""
    target = orjson.dumps(call.target)
    if call.invocation_id is None:
        return b'{"type":1,"target":%b,"arguments":%b}\x1e' % (target, arguments)
    invocation_id = orjson.dumps(call.invocation_id)
    return b'{"type":1,"invocationId":%b,"target":%b,"arguments":%b}\x1e' % (invocation_id, target, arguments)


def _message(envelope: _Envelope) -> HubMessage | None:  # noqa: PLR0911 - one return per message type
    match envelope.type:
        case 1:
            return _invocation(envelope)
        case 2:
            return StreamItem(_required(envelope.invocation_id, "invocationId"), _value(envelope.item))
        case 3:
            return Completion(
                _required(envelope.invocation_id, "invocationId"), _value(envelope.result), envelope.error
            )
        case 4:
            return _stream_invocation(envelope)
        case 5:
            return CancelInvocation(_required(envelope.invocation_id, "invocationId"))
        case 6:
            return Ping()
        case 7:
            return Close(envelope.error, bool(envelope.allow_reconnect))
        case 8:
            return Ack(_required(envelope.sequence_id, "sequenceId"))
        case 9:
            return Sequence(_required(envelope.sequence_id, "sequenceId"))
        case _:
            return None


def _invocation(envelope: _Envelope) -> Invocation:
    return Invocation(
        target=_required(envelope.target, "target"),
        arguments=_array(envelope.arguments),
        # The JavaScript client takes an empty id for none; so does everybody else.
        invocation_id=envelope.invocation_id or None,
        stream_ids=tuple(envelope.stream_ids or ()),
    )


def _stream_invocation(envelope: _Envelope) -> StreamInvocation:
    return StreamInvocation(
        target=_required(envelope.target, "target"),
        invocation_id=_required(envelope.invocation_id, "invocationId"),
        arguments=_array(envelope.arguments),
        stream_ids=tuple(envelope.stream_ids or ()),
    )


def _required(value: _T | None, name: str) -> _T:
    if value is None:
        raise ProtocolError(f"the message lacks {name!r}")
    return value


def _array(raw: msgspec.Raw) -> msgspec.Raw:
    if memoryview(raw)[0] != _ARRAY:
        raise ProtocolError("'arguments' is not an array")
    return raw


def _value(raw: msgspec.Raw | msgspec.UnsetType) -> Any:
    return NO_RESULT if raw is msgspec.UNSET else raw


def _fields(message: HubMessage) -> dict[str, Any]:
    fields: dict[str, Any] = {"type": message.type}
    match message:
        case Invocation() | StreamInvocation():
            fields |= _call_fields(message)
        case StreamItem():
            fields |= {"invocationId": message.invocation_id, "item": message.item}
        case Completion():
            fields |= {"invocationId": message.invocation_id} | _outcome_fields(message)
        case CancelInvocation():
            fields["invocationId"] = message.invocation_id
        case Close():
            fields |= _close_fields(message)
        case Ack() | Sequence():
            fields["sequenceId"] = message.sequence_id
        case _:  # a ping has nothing to say
            pass
    return fields


def _call_fields(call: Invocation | StreamInvocation) -> dict[str, Any]:
    # A null invocationId kills the JavaScript client: leave the key out.
    fields: dict[str, Any] = {} if call.invocation_id is None else {"invocationId": call.invocation_id}
    fields |= {"target": call.target, "arguments": call.arguments}
    return fields | {"streamIds": call.stream_ids} if call.stream_ids else fields


def _outcome_fields(completion: Completion) -> dict[str, Any]:
    if completion.error is not None:
        return {"error": completion.error}
    return {} if completion.result is NO_RESULT else {"result": completion.result}


def _close_fields(close: Close) -> dict[str, Any]:
    fields = {"error": close.error, "allowReconnect": close.allow_reconnect or None}
    return {name: value for name, value in fields.items() if value is not None}
