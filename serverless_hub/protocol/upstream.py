"""The upstream contract, both ends: how the service tells the app about an event, and what the app answers.

Source: Azure docs `concept-upstream.md`; where that is silent, the Functions extension (SignalRTriggerDispatcher.cs,
SignalRTriggerUtils.cs) and Microsoft's emulator (HttpUpstreamPropertiesFeature.cs). Request bodies carry no frame
(no 0x1E, no length prefix); completions in answers do.
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property
from http import HTTPStatus
from itertools import chain

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
    "EVENT_HEADER",
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
EVENT_HEADER = b"x-asrs-event"
"""As it stands in the headers that are sent."""
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


class UpstreamEvent(msgspec.Struct, frozen=True, dict=True):
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

    @cached_property
    def key(self) -> tuple[str, str, str]:
        """Hub, category and event in lower case, since no case counts."""
        return self.hub.lower(), self.category.lower(), self.event.lower()

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


def read_event(headers: Sequence[tuple[bytes, bytes]], max_bytes: int | None = None) -> UpstreamEvent:
    """Read the headers of an upstream call; authentication is not checked here.

    Services send the same headers with each event of a kind, but for the length: what was read of them is remembered.

    Args:
        headers: of the request.
        max_bytes: the most bytes that their names and values may have.

    Raises:
        UpstreamRefusal: 431 for more bytes; 415 for another media type than JSON or MessagePack; 400 unless connection
            id, hub, category and event are there exactly once and not empty.
    """
    others = tuple([header for header in headers if header[0] != b"content-length"])
    event = _remembered.get(others)
    if event is None or max_bytes is None or max_bytes < _MAX_REMEMBERED_BYTES:
        size = sum(map(len, chain.from_iterable(headers)))
        if max_bytes is not None and size > max_bytes:
            reason = f"the headers have more than {max_bytes} bytes"
            raise UpstreamRefusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, reason)
        event = _read_usual(headers) or _read_carefully(headers)
        if size <= _MAX_REMEMBERED_BYTES and b"authorization" not in {name for name, _ in headers}:
            if len(_remembered) >= _MAX_REMEMBERED:
                _remembered.clear()
            _remembered[others] = event
    return event


def _read_usual(headers: Sequence[tuple[bytes, bytes]]) -> UpstreamEvent | None:
    """Read headers as services send them; None where something is missing, empty, or spelt in another way."""
    found = dict(headers)
    if len(found) < len(headers) or not b"".join(found).islower():
        return None
    try:
        content_type, connection_id, hub, category, event, *optional = [
            found.get(name, b"").decode() for name in _NAMES
        ]
    except UnicodeDecodeError:
        return None
    protocol = _protocol(content_type)
    if not (protocol and connection_id and hub and category and event):
        return None
    signature, *others = optional
    return UpstreamEvent(connection_id, hub, category, event, protocol, signature, *(text or None for text in others))


def _read_carefully(headers: Sequence[tuple[bytes, bytes]]) -> UpstreamEvent:
    """Read headers in any case and encoding, some of them there more than once, or say what is wrong with them."""
    values: dict[bytes, str] = {}
    repeated: set[bytes] = set()
    for name, value in headers:
        lower = name.lower()
        if lower not in _READ:
            continue
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        if lower in values:
            repeated.add(lower)
            # Several headers of signatures are one list; of anything else that may be there twice, the first counts.
            text = f"{values[lower]},{text}" if lower == b"x-asrs-signature" else values[lower]
        values[lower] = text
    protocol = None if b"content-type" in repeated else _protocol(values.get(b"content-type", ""))
    if protocol is None:
        known = " or ".join(PROTOCOLS_BY_MEDIA_TYPE)
        raise UpstreamRefusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type must be {known}")
    for name, shown in _REQUIRED.items():
        if not values.get(name) or name in repeated:
            raise UpstreamRefusal(HTTPStatus.BAD_REQUEST, f"the header {shown} must be there once and not be empty")
    return UpstreamEvent(
        connection_id=values[b"x-asrs-connection-id"],
        hub=values[b"x-asrs-hub"],
        category=values[b"x-asrs-category"],
        event=values[b"x-asrs-event"],
        protocol=protocol,
        signature=values.get(b"x-asrs-signature", ""),
        user_id=values.get(b"x-asrs-user-id") or None,
        claims=values.get(b"x-asrs-user-claims") or None,
        query=values.get(b"x-asrs-client-query") or None,
        tracing_id=values.get(b"x-asrs-message-tracing-id") or None,
    )


_REQUIRED = {
    name.lower().encode(): name for name in ("X-ASRS-Connection-Id", "X-ASRS-Hub", "X-ASRS-Category", "X-ASRS-Event")
}
_NAMES = (
    b"content-type",
    *_REQUIRED,
    b"x-asrs-signature",
    b"x-asrs-user-id",
    b"x-asrs-user-claims",
    b"x-asrs-client-query",
    b"x-asrs-message-tracing-id",
)
"""In the order of the fields of an `UpstreamEvent`, behind the content type."""
_READ = frozenset(_NAMES)
_MAX_REMEMBERED = 1024
_MAX_REMEMBERED_BYTES = 2048
"""Of all headers of an event; few have more."""
_remembered: dict[tuple[tuple[bytes, bytes], ...], UpstreamEvent] = {}


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
        message = _read_json(body) if event.protocol is JSON else _read_binary(body, event.protocol)
    except ProtocolError as error:
        raise UpstreamRefusal(HTTPStatus.BAD_REQUEST, str(error)) from error
    if message is None:
        raise UpstreamRefusal(HTTPStatus.BAD_REQUEST, "the body is not an invocation")
    if message.invocation_id is not None and not _is_short(message.invocation_id):
        raise UpstreamRefusal(HTTPStatus.BAD_REQUEST, "the invocation id is too long")
    if message.target != event.event and message.target.lower() != event.event.lower():
        raise UpstreamRefusal(HTTPStatus.BAD_REQUEST, "the target in the body is not the event in the header")
    return message


def _is_short(invocation_id: str) -> bool:
    if invocation_id.isascii():
        return len(invocation_id) <= _MAX_INVOCATION_ID_BYTES
    return len(invocation_id.encode()) <= _MAX_INVOCATION_ID_BYTES


def _read_binary(body: bytes, protocol: HubProtocol) -> Invocation | None:
    try:
        message = _read_usual_array(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        protocol.decode(body)  # says what is wrong, unless it is another message
        return None
    if message.type != _INVOCATION:
        return None
    values = protocol.decode_value(message.arguments)
    if type(values) is not list:
        raise ProtocolError("the arguments are not an array")
    return Invocation(message.target, values, message.invocation_id or None, tuple(message.stream_ids))


class _UsualArray(msgspec.Struct, array_like=True):
    type: int
    headers: msgspec.Raw
    invocation_id: str | None
    target: str
    arguments: msgspec.Raw
    stream_ids: list[str] = []


class _UsualBody(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    type: int
    target: str
    arguments: msgspec.Raw
    invocation_id: str | None = None
    stream_ids: list[str] | None = None


def _read_json(body: bytes) -> Invocation | None:
    check_json(body)
    try:
        message = _read_usual_body(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _read_json_carefully(body)
    return _invocation(message.type, message.target, message.arguments, message.invocation_id, message.stream_ids)


def _read_json_carefully(body: bytes) -> Invocation | None:
    # Azure's documentation writes the keys with capitals, and its parser takes any case.
    envelope = _envelope(body)
    try:
        kind = _read_int(envelope.get("type", _NULL))
        if kind != _INVOCATION:
            return None
        target = _read_text(envelope.get("target", _NULL))
        invocation_id = _read_optional_text(envelope.get("invocationId", _NULL))
        stream_ids = _read_texts(envelope.get("streamIds", _NULL))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ProtocolError(f"not a hub message in JSON: {error}") from error
    return _invocation(kind, target, envelope.get("arguments", _NO_ARGUMENTS), invocation_id, stream_ids)


def _invocation(
    kind: int, target: str, arguments: msgspec.Raw, invocation_id: str | None, stream_ids: list[str] | None
) -> Invocation | None:
    if kind != _INVOCATION:
        return None
    if memoryview(arguments)[0] != _ARRAY:
        raise ProtocolError("'arguments' is not an array")
    # The JavaScript client takes an empty id for none; so does everybody else.
    return Invocation(target, arguments, invocation_id or None, tuple(stream_ids or ()))


_INVOCATION = 1
_ARRAY = b"["[0]
_NULL = msgspec.Raw(b"null")
_NO_ARGUMENTS = msgspec.Raw(b"[]")
_read_int = msgspec.json.Decoder(int).decode
_read_text = msgspec.json.Decoder(str).decode
_read_optional_text = msgspec.json.Decoder(str | None).decode
_read_texts = msgspec.json.Decoder(list[str] | None).decode
_INVOCATION_KEYS = ("type", "invocationId", "target", "arguments", "streamIds")
_CANONICAL = {name.lower(): name for name in (*_INVOCATION_KEYS, "error")}
_AS_USUAL = frozenset(_INVOCATION_KEYS)
_read_usual_array = msgspec.msgpack.Decoder(_UsualArray).decode
_read_usual_body = msgspec.json.Decoder(_UsualBody).decode
_read_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def _envelope(body: bytes) -> dict[str, msgspec.Raw]:
    """Return the top level of a body; keys that differ only by case could mean two things, so they are refused."""
    try:
        items = _read_object(body.removesuffix(RECORD_SEPARATOR))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"the body is not a JSON object: {error}") from error
    if items.keys() <= _AS_USUAL:
        return items
    envelope = {_CANONICAL.get(key.lower(), key): item for key, item in items.items()}
    if len(envelope) < len(items):
        raise ProtocolError("the body has a key twice, in different case")
    return envelope


def _protocol(content_type: str) -> HubProtocol | None:
    exactly = PROTOCOLS_BY_MEDIA_TYPE.get(content_type)
    return exactly or PROTOCOLS_BY_MEDIA_TYPE.get(content_type.partition(";")[0].strip().lower())
