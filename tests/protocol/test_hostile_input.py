"""Whatever comes, a decoder returns a message or raises `ProtocolError`, and a round trip changes nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.framing import length_prefixed
from serverless_hub.protocol.messages import Completion, Invocation

both = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.requirement("json-protocol.depth")
@both
@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_never_raise_anything_else(protocol: HubProtocol, data: bytes) -> None:
    for read in (protocol.decode, protocol.decode_value, protocol.splitter(64).feed):
        try:
            read(data)
        except ProtocolError:
            continue


@pytest.mark.requirement("json-protocol.depth")
@given(value=values)
def test_arbitrary_json_never_raises_anything_else(value: Any) -> None:
    try:
        JSON.decode(JSON.encode_value(value))
        JSON.decode(JSON.encode_value({"type": 1, "target": value, "arguments": value}))
        JSON.decode(JSON.encode_value({"type": value}))
    except ProtocolError:
        pass


@pytest.mark.requirement("msgpack-protocol.invalid")
@given(elements=st.lists(values, max_size=6))
def test_arbitrary_messagepack_arrays_never_raise_anything_else(elements: list[Any]) -> None:
    for kind in range(11):
        try:
            MESSAGEPACK.decode(MESSAGEPACK.encode_value([kind, *elements]))
        except ProtocolError:
            continue


@both
@given(target=texts, arguments=st.lists(values, max_size=4), invocation_id=st.none() | texts.filter(bool))
def test_a_call_survives_the_round_trip(
    protocol: HubProtocol, target: str, arguments: list[Any], invocation_id: str | None
) -> None:
    [payload] = protocol.splitter(1 << 20).feed(protocol.encode(Invocation(target, arguments, invocation_id)))
    message = protocol.decode(payload)
    assert isinstance(message, Invocation)
    assert (message.target, message.invocation_id) == (target, invocation_id)
    assert protocol.decode_value(message.arguments) == arguments


@pytest.mark.requirement("json-protocol.framing")
@both
@given(messages=st.lists(texts, min_size=1, max_size=5), data=st.data())
def test_messages_are_the_same_however_the_bytes_are_portioned(
    protocol: HubProtocol, messages: list[str], data: st.DataObject
) -> None:
    stream = b"".join(protocol.encode(Completion("1", text)) for text in messages)
    splitter = protocol.splitter(1 << 20)
    payloads: list[bytes] = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        payloads += splitter.feed(stream[:size])
        stream = stream[size:]
    whole = protocol.splitter(1 << 20).feed(b"".join(protocol.encode(Completion("1", text)) for text in messages))
    assert payloads == whole
    assert splitter.rest() == b""


@pytest.mark.requirement("json-protocol.depth")
@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_deep_json_is_refused(opening: bytes) -> None:
    with pytest.raises(ProtocolError):
        JSON.decode_value(opening * 100_000)
    with pytest.raises(ProtocolError):
        JSON.decode(b'{"type":1,"target":"a","arguments":' + opening * 100_000)


@pytest.mark.requirement("routing.body.depth", "msgpack-protocol.invalid")
@pytest.mark.parametrize("depth", [66, 100_000])
def test_deep_messagepack_is_refused(depth: int) -> None:
    with pytest.raises(ProtocolError):
        MESSAGEPACK.decode_value(b"\x91" * depth + b"\xc0")


@pytest.mark.requirement("routing.body.map-keys")
def test_a_messagepack_map_with_a_key_that_is_no_text_is_refused() -> None:
    with pytest.raises(ProtocolError, match="key that is not text"):
        MESSAGEPACK.decode_value(bytes.fromhex("91 81 01 02"))


@pytest.mark.requirement("json-protocol.invalid", "msgpack-protocol.kinds")
@pytest.mark.parametrize(
    ("protocol", "payload"),
    [
        (JSON, b'{"type":1,"arguments":[]}'),
        (JSON, b'{"type":1,"target":"a","arguments":{}}'),
        (JSON, b'{"type":3}'),
        (JSON, b"[]"),
        (JSON, b""),
        (MESSAGEPACK, bytes.fromhex("92 01 80")),
        (MESSAGEPACK, bytes.fromhex("95 01 80 c0 a161 80")),
        (MESSAGEPACK, bytes.fromhex("94 03 80 a131 09")),
        (MESSAGEPACK, bytes.fromhex("95 01 80 c0 a2ffff 90")),
    ],
)
def test_what_breaks_the_protocol_is_a_protocol_error(protocol: HubProtocol, payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        protocol.decode(payload)


@pytest.mark.requirement("limits.message")
@both
def test_a_message_larger_than_allowed_is_refused_before_it_is_whole(protocol: HubProtocol) -> None:
    stream = length_prefixed(b"x" * 100) if protocol.binary else b"x" * 100
    with pytest.raises(ProtocolError, match="larger than the 64 bytes"):
        protocol.splitter(64).feed(stream[:70])


def test_a_record_larger_than_allowed_is_refused_in_the_middle_of_others() -> None:
    with pytest.raises(ProtocolError, match="larger"):
        JSON.splitter(4).feed(b"ok\x1e12345\x1e")


@pytest.mark.requirement("msgpack-protocol.framing")
def test_a_length_prefix_of_more_than_five_bytes_is_refused() -> None:
    with pytest.raises(ProtocolError, match="longer than five bytes"):
        MESSAGEPACK.splitter(64).feed(b"\xff" * 5)


def test_a_message_beyond_two_gigabytes_cannot_be_framed() -> None:
    class Huge(bytes):
        def __len__(self) -> int:
            return 0x80000000

    with pytest.raises(ProtocolError, match="2 GiB"):
        length_prefixed(Huge())
