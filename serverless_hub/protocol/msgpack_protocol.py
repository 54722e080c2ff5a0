"""The MessagePack hub protocol (HubProtocol.md, "MessagePack encoding").

Messages are arrays: type, headers, and what the type needs. The second element is never read: it may hold an access
token, and one client library writes a number there.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.framing import LengthPrefixSplitter, Splitter, length_prefixed
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
from serverless_hub.protocol.nesting import check_value
from serverless_hub.protocol.values import from_msgpack, to_msgpack

__all__ = ["MessagePackHubProtocol"]

_KIND_ERROR, _KIND_VOID, _KIND_RESULT = 1, 2, 3
_DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class MessagePackHubProtocol:
    """Length-prefixed MessagePack arrays."""

    name = "messagepack"
    media_type = "application/x-msgpack"
    binary = True

    def splitter(self, max_size: int) -> Splitter:
        """Return a splitter behind VarInt length prefixes."""
        return LengthPrefixSplitter(max_size)

    def encode(self, message: HubMessage) -> bytes:
        """Return `message` behind its length prefix."""
        return length_prefixed(to_msgpack(_elements(message)))

    def encode_result(self, invocation_id: str, result: bytes) -> bytes:
        """Return a completion whose result is MessagePack already."""
        return self.encode(Completion(invocation_id, msgspec.Raw(result)))

    def decode(self, payload: bytes) -> HubMessage | None:
        """Return the message of one array without its length prefix."""
        try:
            elements = _decode_elements(payload)
            read = _READERS.get(_decode_int(elements[0]))
            return read(elements) if read is not None else None
        except IndexError as error:
            raise ProtocolError("the message has too few elements") from error
        except _DECODE_ERRORS as error:
            raise ProtocolError(f"not a hub message in MessagePack: {error}") from error

    def unframe(self, message: bytes) -> bytes:
        """Take the length prefix off."""
        start = next(index for index, byte in enumerate(message, 1) if byte < 0x80)  # noqa: PLR2004 - last VarInt byte
        return message[start:]

    def encode_value(self, value: Any) -> bytes:
        """Encode a single value."""
        return to_msgpack(value)

    def decode_value(self, data: bytes | msgspec.Raw) -> Any:
        """Decode a single value."""
        try:
            value = from_msgpack(data)
        except _DECODE_ERRORS as error:
            raise ProtocolError(f"not MessagePack: {error}") from error
        check_value(value)
        return value


_decode_elements = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_decode_int = msgspec.msgpack.Decoder(int).decode
_decode_text = msgspec.msgpack.Decoder(str).decode
_decode_optional_text = msgspec.msgpack.Decoder(str | None).decode
_decode_texts = msgspec.msgpack.Decoder(list[str]).decode
_decode_flag = msgspec.msgpack.Decoder(bool).decode

_FIX_ARRAY, _ARRAY_16, _ARRAY_32 = 0x90, 0xDC, 0xDD


def _array(raw: msgspec.Raw) -> msgspec.Raw:
    first = memoryview(raw)[0]
    if first & 0xF0 != _FIX_ARRAY and first not in (_ARRAY_16, _ARRAY_32):
        raise ProtocolError("the arguments are not an array")
    return raw


def _stream_ids(elements: list[msgspec.Raw]) -> tuple[str, ...]:
    # Clients leave this element out when there are no streams.
    return tuple(_decode_texts(elements[5])) if len(elements) > 5 else ()  # noqa: PLR2004 - the sixth element


def _read_invocation(elements: list[msgspec.Raw]) -> Invocation:
    return Invocation(
        target=_decode_text(elements[3]),
        arguments=_array(elements[4]),
        # The JavaScript client takes an empty id for none; so does everybody else.
        invocation_id=_decode_optional_text(elements[2]) or None,
        stream_ids=_stream_ids(elements),
    )


def _read_stream_invocation(elements: list[msgspec.Raw]) -> StreamInvocation:
    return StreamInvocation(
        target=_decode_text(elements[3]),
        invocation_id=_decode_text(elements[2]),
        arguments=_array(elements[4]),
        stream_ids=_stream_ids(elements),
    )


def _read_completion(elements: list[msgspec.Raw]) -> Completion:
    invocation_id = _decode_text(elements[2])
    match _decode_int(elements[3]):
        case 1:
            return Completion(invocation_id, error=_decode_text(elements[4]))
        case 2:
            return Completion(invocation_id)
        case 3:
            return Completion(invocation_id, result=elements[4])
        case kind:
            raise ProtocolError(f"a completion cannot be of kind {kind}")


def _read_close(elements: list[msgspec.Raw]) -> Close:
    allow_reconnect = _decode_flag(elements[2]) if len(elements) > 2 else False  # noqa: PLR2004 - the third element
    return Close(_decode_optional_text(elements[1]), allow_reconnect)


_READERS: dict[int, Callable[[list[msgspec.Raw]], HubMessage]] = {
    1: _read_invocation,
    2: lambda elements: StreamItem(_decode_text(elements[2]), elements[3]),
    3: _read_completion,
    4: _read_stream_invocation,
    5: lambda elements: CancelInvocation(_decode_text(elements[2])),
    6: lambda _: Ping(),
    7: _read_close,
    8: lambda elements: Ack(_decode_int(elements[1])),
    9: lambda elements: Sequence(_decode_int(elements[1])),
}


def _elements(message: HubMessage) -> list[Any]:
    return [message.type, *_content(message)]


def _content(message: HubMessage) -> list[Any]:
    match message:
        case Completion():
            return [{}, message.invocation_id, *_outcome(message)]
        case Ping():
            return []
        case Close():
            return [message.error, message.allow_reconnect]
        case Ack() | Sequence():
            return [message.sequence_id]
        case _:
            return [{}, message.invocation_id, *_body(message)]


def _body(message: Invocation | StreamInvocation | StreamItem | CancelInvocation) -> list[Any]:
    match message:
        case Invocation() | StreamInvocation():
            # Always six elements in all: one client library drops shorter ones.
            return [message.target, message.arguments, list(message.stream_ids)]
        case StreamItem():
            return [message.item]
        case _:  # a cancellation has no more to say
            return []


def _outcome(completion: Completion) -> list[Any]:
    if completion.error is not None:
        return [_KIND_ERROR, completion.error]
    if completion.result is NO_RESULT:
        return [_KIND_VOID]
    return [_KIND_RESULT, completion.result]
