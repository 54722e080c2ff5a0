"""Exact bytes of every message, both ways (HubProtocol.md, "JSON encoding" and "MessagePack encoding")."""

from typing import Any, NamedTuple

import msgspec
import pytest

from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
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


class Vector(NamedTuple):
    name: str
    message: HubMessage
    json: str
    """Without its 0x1E."""
    messagepack: str
    """In hexadecimal, without its length."""


VECTORS = [
    Vector(
        "invocation",
        Invocation("Send", (42, "hi"), "123"),
        '{"type":1,"invocationId":"123","target":"Send","arguments":[42,"hi"]}',
        "96 01 80 a3313233 a453656e64 92 2a a26869 90",
    ),
    Vector(
        "invocation without id",
        Invocation("Send", (42,)),
        '{"type":1,"target":"Send","arguments":[42]}',
        "96 01 80 c0 a453656e64 91 2a 90",
    ),
    Vector(
        "invocation with streams",
        Invocation("Send", (), "1", ("2",)),
        '{"type":1,"invocationId":"1","target":"Send","arguments":[],"streamIds":["2"]}',
        "96 01 80 a131 a453656e64 90 91 a132",
    ),
    Vector(
        "stream item",
        StreamItem("7", {"a": None}),
        '{"type":2,"invocationId":"7","item":{"a":null}}',
        "94 02 80 a137 81 a161 c0",
    ),
    Vector(
        "completion with a result",
        Completion("7", [1.5, True]),
        '{"type":3,"invocationId":"7","result":[1.5,true]}',
        "95 03 80 a137 03 92 cb3ff8000000000000 c3",
    ),
    Vector(
        "completion with null",
        Completion("7", None),
        '{"type":3,"invocationId":"7","result":null}',
        "95 03 80 a137 03 c0",
    ),
    Vector("completion without a result", Completion("7"), '{"type":3,"invocationId":"7"}', "94 03 80 a137 02"),
    Vector(
        "completion with an error",
        Completion("7", error="no"),
        '{"type":3,"invocationId":"7","error":"no"}',
        "95 03 80 a137 01 a26e6f",
    ),
    Vector(
        "stream invocation",
        StreamInvocation("Count", "9", (1,)),
        '{"type":4,"invocationId":"9","target":"Count","arguments":[1]}',
        "96 04 80 a139 a5436f756e74 91 01 90",
    ),
    Vector("cancel", CancelInvocation("9"), '{"type":5,"invocationId":"9"}', "93 05 80 a139"),
    Vector("ping", Ping(), '{"type":6}', "91 06"),
    Vector("close", Close(), '{"type":7}', "93 07 c0 c2"),
    Vector(
        "close with an error",
        Close("bye", allow_reconnect=True),
        '{"type":7,"error":"bye","allowReconnect":true}',
        "93 07 a3627965 c3",
    ),
    Vector("ack", Ack(394), '{"type":8,"sequenceId":394}', "92 08 cd018a"),
    Vector("sequence", Sequence(1), '{"type":9,"sequenceId":1}', "92 09 01"),
]
each_vector = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)


def plain(message: Any, protocol: HubProtocol) -> Any:
    """Return `message` with its raw values decoded."""
    assert isinstance(message, msgspec.Struct)
    raw = {
        name: protocol.decode_value(value)
        for name in ("arguments", "item", "result")
        if isinstance(value := getattr(message, name, None), msgspec.Raw)
    }
    if "arguments" in raw:
        raw["arguments"] = tuple(raw["arguments"])
    return msgspec.structs.replace(message, **raw)


@pytest.mark.requirement("json-protocol.messages", "json-protocol.no-null-id")
@each_vector
def test_json_is_written_as_specified(vector: Vector) -> None:
    assert JSON.encode(vector.message) == vector.json.encode() + b"\x1e"


@pytest.mark.requirement("json-protocol.messages")
@each_vector
def test_json_is_read_as_specified(vector: Vector) -> None:
    assert plain(JSON.decode(vector.json.encode()), JSON) == vector.message


@pytest.mark.requirement("msgpack-protocol.messages")
@each_vector
def test_messagepack_is_written_as_specified(vector: Vector) -> None:
    payload = bytes.fromhex(vector.messagepack)
    assert MESSAGEPACK.encode(vector.message) == bytes([len(payload)]) + payload


@pytest.mark.requirement("msgpack-protocol.messages")
@each_vector
def test_messagepack_is_read_as_specified(vector: Vector) -> None:
    assert plain(MESSAGEPACK.decode(bytes.fromhex(vector.messagepack)), MESSAGEPACK) == vector.message


READ_ONLY: list[tuple[str, HubProtocol, bytes, HubMessage | None]] = [
    ("blanks and unknown keys", JSON, b' { "type" : 6 , "later" : [1] } ', Ping()),
    ("headers", JSON, b'{"type":1,"target":"a","arguments":[],"headers":{"x":"y"}}', Invocation("a", ())),
    ("no arguments", JSON, b'{"type":1,"target":"a"}', Invocation("a", ())),
    ("null invocation id", JSON, b'{"type":1,"target":"a","arguments":[],"invocationId":null}', Invocation("a", ())),
    ("unknown type", JSON, b'{"type":99}', None),
    ("five elements", MESSAGEPACK, bytes.fromhex("95 01 80 c0 a161 90"), Invocation("a", ())),
    ("nil headers", MESSAGEPACK, bytes.fromhex("95 01 c0 c0 a161 90"), Invocation("a", ())),
    ("a number for headers", MESSAGEPACK, bytes.fromhex("95 01 05 c0 a161 90"), Invocation("a", ())),
    ("empty invocation id", MESSAGEPACK, bytes.fromhex("95 01 80 a0 a161 90"), Invocation("a", ())),
    ("close without a flag", MESSAGEPACK, bytes.fromhex("92 07 c0"), Close()),
    ("unknown type", MESSAGEPACK, bytes.fromhex("91 63"), None),
]


@pytest.mark.requirement("json-protocol.unknown", "msgpack-protocol.elements")
@pytest.mark.parametrize(("name", "protocol", "payload", "message"), READ_ONLY)
def test_what_real_clients_send_otherwise_is_understood(
    name: str, protocol: HubProtocol, payload: bytes, message: HubMessage | None
) -> None:
    decoded = protocol.decode(payload)
    assert (decoded if decoded is None else plain(decoded, protocol)) == message, name


@pytest.mark.requirement("json-protocol.completion")
def test_a_completion_without_result_differs_from_one_with_null() -> None:
    assert plain(JSON.decode(b'{"type":3,"invocationId":"1"}'), JSON).result is NO_RESULT
    assert plain(JSON.decode(b'{"type":3,"invocationId":"1","result":null}'), JSON).result is None


@pytest.mark.requirement("msgpack-protocol.framing")
@pytest.mark.parametrize("size", [0, 127, 128, 16_383, 16_384])
def test_the_length_prefix_grows_with_the_message(size: int) -> None:
    framed = MESSAGEPACK.encode(Invocation("a", ("x" * size,)))
    payload = MESSAGEPACK.unframe(framed)
    splitter = MESSAGEPACK.splitter(1 << 20)
    assert splitter.feed(framed) == [payload]
    assert plain(MESSAGEPACK.decode(payload), MESSAGEPACK).arguments == ("x" * size,)


@pytest.mark.requirement("json-protocol.framing")
def test_a_json_record_is_unframed_at_its_separator() -> None:
    assert JSON.unframe(JSON.encode(Ping())) == b'{"type":6}'
