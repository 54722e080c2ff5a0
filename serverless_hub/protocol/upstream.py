"""The upstream contract, both ends: how the service tells the app about an event, and what the app answers.

Source: Azure docs `concept-upstream.md`; where that is silent, the Functions extension (SignalRTriggerDispatcher.cs,
SignalRTriggerUtils.cs) and Microsoft's emulator (HttpUpstreamPropertiesFeature.cs). Request bodies carry no frame
(no 0x1E, no length prefix); completions in answers do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus

import msgspec

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import JSON, PROTOCOLS_BY_MEDIA_TYPE, HubProtocol
from serverless_hub.protocol.framing import RECORD_SEPARATOR
from serverless_hub.protocol.messages import Invocation
from serverless_hub.protocol.nesting import check_json

__all__ = [
    "CONNECTED",
    "DISCONNECTED",
    "ERROR_HEADER",
    "WEBHOOK_PATH",
    "Category",
    "UpstreamEvent",
    "UpstreamRefusal",
    "connected_body",
    "disconnected_body",
    "invocation_body",
    "parse_disconnected",
    "parse_invocation",
    "read_event",
]

WEBHOOK_PATH = "/runtime/webhooks/signalr"
"""Where an app takes the events of all its hubs: what Azure Functions' users have in their upstream settings."""
CONNECTED = "connected"
DISCONNECTED = "disconnected"
_MAX_INVOCATION_ID_BYTES = 256
ERROR_HEADER = "X-Serverless-Hub-Error"
"""Ours: a code, never text, on a 200 whose event failed."""


class Category(StrEnum):
    """The two kinds of events."""

    CONNECTIONS = "connections"
    MESSAGES = "messages"


class UpstreamRefusal(ProtocolError):  # noqa: N818 - it is an answer before it is an error
    """An upstream call that is answered with `status` and not run."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class UpstreamEvent:
    """The headers of one upstream call, as text."""

    connection_id: str
    hub: str
    category: str
    event: str
    protocol: HubProtocol
    signature: str = ""
    user_id: str | None = None
    claims: str | None = None
    query: str | None = None
    tracing_id: str | None = None
    """Of the message, where the service traces messages."""

    def to_headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that the service sends, names in lower case, values in UTF-8."""
        values = {
            "content-type": self.protocol.media_type,
            "x-asrs-connection-id": self.connection_id,
            "x-asrs-hub": self.hub,
            "x-asrs-category": self.category,
            "x-asrs-event": self.event,
            "x-asrs-signature": self.signature,
            "x-asrs-user-id": self.user_id,
            "x-asrs-user-claims": self.claims,
            "x-asrs-client-query": self.query,
            "x-asrs-message-tracing-id": self.tracing_id,
        }
        return [(name.encode(), value.encode()) for name, value in values.items() if value is not None]


def read_event(headers: Iterable[tuple[bytes, bytes]]) -> UpstreamEvent:
    """Read the headers of an upstream call; authentication is not checked here.

    Raises:
        UpstreamRefusal: 415 for another media type than JSON or MessagePack; 400 unless connection id, hub, category
            and event are there exactly once and not empty.
    """
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return UpstreamEvent(
        protocol=_protocol(found.get(b"content-type", [])),
        connection_id=_single(found, "X-ASRS-Connection-Id"),
        hub=_single(found, "X-ASRS-Hub"),
        category=_single(found, "X-ASRS-Category"),
        event=_single(found, "X-ASRS-Event"),
        signature=",".join(_text(value) for value in found.get(b"x-asrs-signature", [])),
        user_id=_optional(found, b"x-asrs-user-id"),
        claims=_optional(found, b"x-asrs-user-claims"),
        query=_optional(found, b"x-asrs-client-query"),
        tracing_id=_optional(found, b"x-asrs-message-tracing-id"),
    )


def connected_body() -> bytes:
    """Return the body of a `connected` event."""
    return b'{"type":10}'


def disconnected_body(error: str | None) -> bytes:
    """Return the body of a `disconnected` event."""
    return JSON.encode_value({"type": 11} if error is None else {"type": 11, "error": error})


def invocation_body(invocation: Invocation, protocol: HubProtocol) -> bytes:
    """Return the body of a message event: the invocation without its frame."""
    return protocol.unframe(protocol.encode(invocation))


def parse_disconnected(body: bytes) -> str | None:
    """Return the error text of a `disconnected` event; a body that does not parse has none."""
    try:
        error = JSON.decode_value(_envelope(body)["error"])
    except (ProtocolError, KeyError):
        return None
    return error if isinstance(error, str) and error else None


def parse_invocation(body: bytes, event: UpstreamEvent) -> Invocation:
    """Return the invocation in the body of a message event; its arguments are still encoded where that is JSON.

    Raises:
        UpstreamRefusal: 400 for a body that is not one, or whose target is not the event.
    """
    try:
        message = _decode(body, event.protocol)
    except ProtocolError as error:
        raise UpstreamRefusal(HTTPStatus.BAD_REQUEST, str(error)) from error
    if not isinstance(message, Invocation):
        raise UpstreamRefusal(HTTPStatus.BAD_REQUEST, "the body is not an invocation")
    if len((message.invocation_id or "").encode()) > _MAX_INVOCATION_ID_BYTES:
        raise UpstreamRefusal(HTTPStatus.BAD_REQUEST, "the invocation id is too long")
    if message.target.lower() != event.event.lower():
        raise UpstreamRefusal(HTTPStatus.BAD_REQUEST, "the target in the body is not the event in the header")
    return message


def _decode(body: bytes, protocol: HubProtocol) -> object:
    if protocol is not JSON:
        message = protocol.decode(body)
        if isinstance(message, Invocation):
            return replace(message, arguments=protocol.decode_value(message.arguments))
        return message
    check_json(body)
    # Azure's documentation writes the keys with capitals, and its parser takes any case.
    envelope = _envelope(body)
    known = {name: envelope[name] for name in _INVOCATION_KEYS if name in envelope}
    return JSON.decode(JSON.encode_value(known))


_INVOCATION_KEYS = ("type", "invocationId", "target", "arguments", "streamIds")
_CANONICAL = {name.lower(): name for name in (*_INVOCATION_KEYS, "error")}
_read_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def _envelope(body: bytes) -> dict[str, msgspec.Raw]:
    """Return the top level of a body; keys that differ only by case could mean two things, so they are refused."""
    try:
        items = _read_object(body.removesuffix(RECORD_SEPARATOR))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"the body is not a JSON object: {error}") from error
    envelope = {_CANONICAL.get(key.lower(), key): item for key, item in items.items()}
    if len(envelope) < len(items):
        raise ProtocolError("the body has a key twice, in different case")
    return envelope


def _protocol(content_types: list[bytes]) -> HubProtocol:
    media_type = _text(content_types[0]).partition(";")[0].strip().lower() if len(content_types) == 1 else None
    protocol = PROTOCOLS_BY_MEDIA_TYPE.get(media_type or "")
    if protocol is None:
        known = " or ".join(PROTOCOLS_BY_MEDIA_TYPE)
        raise UpstreamRefusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type must be {known}")
    return protocol


def _single(found: Mapping[bytes, list[bytes]], name: str) -> str:
    values = found.get(name.lower().encode(), [])
    if len(values) != 1 or not values[0]:
        raise UpstreamRefusal(HTTPStatus.BAD_REQUEST, f"the header {name} must be there once and not be empty")
    return _text(values[0])


def _optional(found: Mapping[bytes, list[bytes]], name: bytes) -> str | None:
    values = found.get(name)
    return _text(values[0]) if values and values[0] else None


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
