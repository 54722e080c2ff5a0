"""What stands in the body of a REST request.

JSON and MessagePack carry the same object, `{target, arguments}`, whose keys ignore case since Azure's SDK writes them
in Pascal case. `application/octet-stream` is what that SDK sends when its user has chosen the hub protocols
(azure-signalr BinaryPayloadMessageContent.cs): a MessagePack map from the name of each protocol to a message that is
encoded and framed in it. The layout of a plain MessagePack body is published nowhere, so that ours is provisional.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeGuard, TypeVar

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, PROTOCOLS_BY_MEDIA_TYPE, HubProtocol
from serverless_hub.protocol.messages import NO_RESULT, HubMessage, Invocation, StreamItem
from serverless_hub.protocol.nesting import check_json
from serverless_hub.service.rest_answers import bad_request

__all__ = ["Body", "Payload", "fields_of", "is_array", "read_payload"]

_T = TypeVar("_T")
_BINARY = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Payload:
    """A call of a client's method."""

    target: str
    arguments: list[Any]


@dataclass(frozen=True, slots=True)
class Body:
    """A whole body.

    Raises:
        RestRefusal: from its methods; 415 for a media type that is not for this operation, 400 for what cannot be read.
    """

    media_type: str
    """In lower case, without parameters; empty where the request has none, which is taken for JSON."""
    data: bytes

    def json(self) -> Any:
        """Return a value in JSON."""
        if self.media_type not in {"", JSON.media_type}:
            raise _unsupported(JSON.media_type)
        return _decoded(JSON, self.data)

    def payload(self) -> Payload:
        """Return the call in a body of any kind."""
        return self._read(read_payload, _payload_of)

    def item(self) -> Any:
        """Return the item of a stream in a body of any kind: in JSON and MessagePack, the body is the item."""
        return self._read(lambda value: value, _item_of)

    def _read(self, read: Callable[[Any], _T], of: Callable[[HubMessage | None, HubProtocol], _T]) -> _T:
        if self.media_type == _BINARY:
            return of(*_message(self.data))
        protocol = PROTOCOLS_BY_MEDIA_TYPE.get(self.media_type or JSON.media_type)
        if protocol is None:
            raise _unsupported(JSON.media_type, MESSAGEPACK.media_type, _BINARY)
        return read(_decoded(protocol, self.data))


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Tell whether a decoded value is an array."""
    return isinstance(value, list)


def fields_of(value: Any, what: str) -> Mapping[str, Any]:
    """Return the members of an object, their names in lower case.

    Raises:
        RestRefusal: 400, it is no object; `what` says what it should be.
    """
    if not _is_object(value):
        raise bad_request(f"{what} has to be an object")
    return {name.lower(): member for name, member in value.items()}


def read_payload(value: Any) -> Payload:
    """Return the call that an object describes.

    Raises:
        RestRefusal: 400, it describes none.
    """
    fields = fields_of(value, "the message")
    target, arguments = fields.get("target"), fields.get("arguments")
    if not isinstance(target, str) or not target:
        raise bad_request("the message needs a target, which is a text that is not empty")
    if arguments is not None and not is_array(arguments):
        raise bad_request("the arguments of the message have to be an array")
    return Payload(target, arguments or [])


def _payload_of(message: HubMessage | None, protocol: HubProtocol) -> Payload:
    if not isinstance(message, Invocation):
        raise bad_request("the message in the body has to be an invocation")
    return read_payload({"target": message.target, "arguments": _decoded(protocol, bytes(message.arguments))})


def _item_of(message: HubMessage | None, protocol: HubProtocol) -> Any:
    if not isinstance(message, StreamItem) or message.item is NO_RESULT:
        raise bad_request("the message in the body has to be an item of a stream")
    return _decoded(protocol, bytes(message.item))


def _message(data: bytes) -> tuple[HubMessage | None, HubProtocol]:
    """Return the message of a body that has it in some protocols: in MessagePack if it is there, which says more."""
    messages = _decoded(MESSAGEPACK, data)
    for protocol in (MESSAGEPACK, JSON):
        framed = messages.get(protocol.name) if _is_object(messages) else None
        if isinstance(framed, bytes):
            return _unframed(framed, protocol), protocol
    raise bad_request("the body has to be a map in MessagePack from json or messagepack to a message as bytes")


def _unframed(framed: bytes, protocol: HubProtocol) -> HubMessage | None:
    splitter = protocol.splitter(len(framed))
    try:
        payloads = splitter.feed(framed)
        if len(payloads) == 1 and not splitter.rest():
            return protocol.decode(payloads[0])
    except ProtocolError:  # Its text may quote what was sent.
        pass
    raise bad_request(f"the body has to have one whole message in {protocol.name}")


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _decoded(protocol: HubProtocol, data: bytes) -> Any:
    try:
        if protocol is JSON:
            check_json(data)
        return protocol.decode_value(data)
    except ProtocolError:  # Its text may quote what was sent.
        raise bad_request(f"the body is not {protocol.name}, or is nested too deeply") from None


def _unsupported(*media_types: str) -> Exception:
    return bad_request(f"the Content-Type has to be {' or '.join(media_types)}", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
