"""More exact bytes: the limits of lengths and ids, and every way in which real clients spell what they send."""

from typing import Any

import msgspec
import pytest

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.framing import length_prefixed
from serverless_hub.protocol.messages import (
    CancelInvocation,
    Close,
    Completion,
    HubMessage,
    Invocation,
    Ping,
    StreamInvocation,
    StreamItem,
)

HEADERS = "81 a161 a162"
"""A map, `a` to `b`."""


def value_of(message: HubMessage | None, protocol: HubProtocol, name: str) -> Any:
    raw = getattr(message, name)
    assert isinstance(raw, msgspec.Raw)
    return protocol.decode_value(raw)


@pytest.mark.requirement("msgpack-protocol.framing")
def test_a_ping_is_three_bytes() -> None:
    assert MESSAGEPACK.encode(Ping()) == bytes.fromhex("02 91 06")


@pytest.mark.requirement("msgpack-protocol.framing")
@pytest.mark.parametrize(
    ("size", "prefix"),
    [
        (0, "00"),
        (1, "01"),
        (0x7F, "7f"),
        (0x80, "80 01"),
        (0x3FFF, "ff 7f"),
        (0x4000, "80 80 01"),
        (0x1FFFFF, "ff ff 7f"),
        (0x200000, "80 80 80 01"),
    ],
)
def test_a_length_has_seven_bits_in_each_byte_the_lowest_first(size: int, prefix: str) -> None:
    framed = length_prefixed(b"x" * size)
    assert framed[: -size or None] == bytes.fromhex(prefix)
    assert MESSAGEPACK.splitter(size).feed(framed) == [b"x" * size]


@pytest.mark.requirement("msgpack-protocol.framing")
def test_the_largest_length_there_is_has_five_bytes_and_waits_for_its_message() -> None:
    splitter = MESSAGEPACK.splitter(0x7FFFFFFF)
    assert splitter.feed(bytes.fromhex("ff ff ff ff 07")) == []
    with pytest.raises(ProtocolError, match="larger"):
        MESSAGEPACK.splitter(0x7FFFFFFF).feed(bytes.fromhex("80 80 80 80 08"))


@pytest.mark.requirement("json-protocol.headers", "msgpack-protocol.headers")
@pytest.mark.parametrize(
    ("json", "messagepack", "message"),
    [
        ('"type":2,"invocationId":"7","item":1', f"94 02 {HEADERS} a137 01", StreamItem("7", 1)),
        ('"type":3,"invocationId":"7"', f"94 03 {HEADERS} a137 02", Completion("7")),
        ('"type":3,"invocationId":"7","error":"no"', f"95 03 {HEADERS} a137 01 a26e6f", Completion("7", error="no")),
        ('"type":5,"invocationId":"7"', f"93 05 {HEADERS} a137", CancelInvocation("7")),
    ],
)
def test_headers_may_stand_in_every_message_of_a_call_and_are_not_read(
    json: str, messagepack: str, message: HubMessage
) -> None:
    for protocol, payload in ((JSON, f'{{{json},"headers":{{"a":"b"}}}}'.encode()), (MESSAGEPACK, messagepack)):
        found = protocol.decode(payload if isinstance(payload, bytes) else bytes.fromhex(payload))
        if isinstance(message, StreamItem):
            assert value_of(found, protocol, "item") == message.item
            assert isinstance(found, StreamItem)
        else:
            assert found == message


@pytest.mark.requirement("msgpack-protocol.headers")
@pytest.mark.parametrize("payload", ["94 02 cc80 a137 01", "94 03 cc80 a137 02", "93 05 cc80 a137"])
def test_a_number_in_place_of_headers_is_passed_over_in_each_message_of_a_call(payload: str) -> None:
    assert MESSAGEPACK.decode(bytes.fromhex(payload)) is not None


@pytest.mark.requirement("msgpack-protocol.elements")
def test_a_call_of_a_stream_may_leave_its_streams_out_too() -> None:
    message = MESSAGEPACK.decode(bytes.fromhex("95 04 80 a139 a161 90"))
    assert isinstance(message, StreamInvocation)
    assert (message.target, message.invocation_id, message.stream_ids) == ("a", "9", ())


@pytest.mark.requirement("msgpack-protocol.elements")
@pytest.mark.parametrize("invocation_id", [None, "7"])
def test_a_call_of_a_client_always_has_six_elements_and_a_map_of_headers(invocation_id: str | None) -> None:
    payload = MESSAGEPACK.unframe(MESSAGEPACK.encode(Invocation("a", (), invocation_id)))
    elements = msgspec.msgpack.decode(payload)
    assert (len(elements), elements[1], elements[5]) == (6, {}, [])


@pytest.mark.requirement("json-protocol.invocation-id")
def test_an_empty_id_is_none() -> None:
    message = JSON.decode(b'{"type":1,"invocationId":"","target":"a","arguments":[]}')
    assert isinstance(message, Invocation)
    assert message.invocation_id is None


@pytest.mark.requirement("json-protocol.invocation-id")
@pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
@pytest.mark.parametrize("invocation_id", ["0", "9f0c2a52-3d6e-4c0f-8f5e-0f4a8e6b7c11", "ä\u2028 ", "x" * 300])
def test_an_id_may_be_any_text_and_comes_back_unchanged(protocol: HubProtocol, invocation_id: str) -> None:
    for message in (Invocation("a", (), invocation_id), Completion(invocation_id)):
        payload = protocol.unframe(protocol.encode(message))
        found = protocol.decode(payload)
        assert getattr(found, "invocation_id", None) == invocation_id


@pytest.mark.requirement("json-protocol.completion")
def test_null_in_a_completion_of_a_client_is_a_result_and_no_error() -> None:
    message = JSON.decode(b'{"type":3,"invocationId":"1","result":null,"error":null}')
    assert isinstance(message, Completion)
    assert message.error is None
    assert value_of(message, JSON, "result") is None


@pytest.mark.requirement("json-protocol.completion")
@pytest.mark.parametrize(
    ("completion", "keys"),
    [
        (Completion("1"), {"type", "invocationId"}),
        (Completion("1", 0), {"type", "invocationId", "result"}),
        (Completion("1", error="no"), {"type", "invocationId", "error"}),
        (Completion("1", 0, error="no"), {"type", "invocationId", "error"}),
    ],
)
def test_a_completion_has_a_result_or_an_error_or_neither(completion: Completion, keys: set[str]) -> None:
    assert set(msgspec.json.decode(JSON.unframe(JSON.encode(completion)))) == keys


@pytest.mark.requirement("json-protocol.known-keys")
def test_clients_are_sent_no_key_that_the_specification_does_not_have() -> None:
    known = {"type", "invocationId", "target", "arguments", "item", "result", "error", "allowReconnect", "sequenceId"}
    messages: list[HubMessage] = [
        Invocation("a", (1,)),
        StreamItem("1", 2),
        Completion("1", 3),
        Ping(),
        Close("bye", allow_reconnect=True),
    ]
    for message in messages:
        fields = msgspec.json.decode(JSON.unframe(JSON.encode(message)))
        assert set(fields) <= known
        assert None not in fields.values()


@pytest.mark.requirement("json-protocol.text")
@pytest.mark.parametrize("text", ["中文 ä", "\u2028\u2029", "line\r\nbreak", "\x1e", "\x00", "😀"])
def test_any_text_travels_and_no_separator_stands_inside_a_record(text: str) -> None:
    record = JSON.encode(Invocation("a", (text,)))
    assert record.count(b"\x1e") == 1
    assert value_of(JSON.decode(JSON.unframe(record)), JSON, "arguments") == [text]


@pytest.mark.requirement("msgpack-protocol.values")
@pytest.mark.parametrize("size", [4, 8, 12])
def test_timestamps_of_all_three_lengths_pass_through_as_they_are(size: int) -> None:
    stamp = {4: "d6 ff", 8: "d7 ff", 12: "c7 0c ff"}[size] + "00" * size
    message = MESSAGEPACK.decode(bytes.fromhex(f"96 01 80 c0 a161 91 {stamp} 90"))
    assert isinstance(message, Invocation)
    assert bytes.fromhex(stamp) in MESSAGEPACK.encode(message)


@pytest.mark.requirement("msgpack-protocol.values")
def test_bytes_are_binary_in_messagepack() -> None:
    assert bytes.fromhex("c4 02 00ff") in MESSAGEPACK.encode(Invocation("a", (b"\x00\xff",)))


@pytest.mark.requirement("closing.message")
@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b'{"type":7}', Close()),
        (b'{"type":7,"error":null,"allowReconnect":null}', Close()),
        (b'{"type":7,"error":"bye","allowReconnect":true}', Close("bye", allow_reconnect=True)),
    ],
)
def test_a_close_may_leave_out_what_it_does_not_say(payload: bytes, message: Close) -> None:
    assert JSON.decode(payload) == message
