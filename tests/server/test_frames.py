"""How bytes of a client become messages, and messages frames."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.frames import Opcode as TheirOpcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from serverless_hub.server.frames import (
    CLOSE_CODES,
    CloseFrame,
    FrameReader,
    Opcode,
    WebSocketError,
    close_frame,
    frame,
    read_close,
)
from tests.support.frames import BINARY, CLOSE, CONTINUATION, PING, TEXT, client_frame, read_by_client
from tests.support.websocket_cases import CASES, INVALID_UTF_8, Found, in_fragments

_MAX = 1 << 20


def read(data: bytes, *cuts: int, max_size: int = _MAX) -> tuple[Found, int | None]:
    """Return what is found in `data`, cut at these places, and the code of the failure behind it."""
    reader = FrameReader(max_size)
    found: Found = []
    for begin, end in pairwise([0, *sorted(cuts), len(data)]):
        found += reader.feed(data[begin:end])
    return found, None if reader.failure is None else reader.failure.code


def byte_by_byte(data: bytes, max_size: int = _MAX) -> tuple[Found, int | None]:
    return read(data, *range(1, len(data)), max_size=max_size)


@pytest.mark.parametrize(
    ("data", "found", "code"),
    CASES,
)
@pytest.mark.requirement("server.frames")
def test_a_published_case_is_read_as_it_says_however_it_comes(data: bytes, found: Found, code: int | None) -> None:
    assert read(data) == (found, code)
    assert read(data, *range(997, len(data), 997)) == (found, code)
    if len(data) < 1 << 17:
        assert byte_by_byte(data) == (found, code)


GOOD_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
BAD_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]


@pytest.mark.parametrize("code", GOOD_CODES)
def test_a_close_code_that_is_registered_or_private_is_taken(code: int) -> None:  # 7.7
    assert read_close(code.to_bytes(2, "big")) == CloseFrame(code)
    assert read_close(code.to_bytes(2, "big") + "grün".encode()) == CloseFrame(code, "grün")


@pytest.mark.parametrize("code", BAD_CODES)
def test_a_close_code_that_no_frame_may_have_is_a_protocol_error(code: int) -> None:  # 7.9 and 7.13
    assert code not in CLOSE_CODES
    for rest in (b"", b"why"):
        with pytest.raises(WebSocketError) as refused:
            read_close(code.to_bytes(2, "big") + rest)
        assert refused.value.code == 1002


def test_a_close_frame_may_be_empty_and_may_have_123_bytes_of_reason() -> None:  # 7.3.1 and 7.3.5
    assert read_close(b"") == CloseFrame(None)
    assert read_close(b"\x03\xe8" + b"*" * 123) == CloseFrame(1000, "*" * 123)


def test_a_close_frame_of_one_byte_is_a_protocol_error() -> None:  # 7.3.2
    with pytest.raises(WebSocketError) as refused:
        read_close(b"\x03")
    assert refused.value.code == 1002


@pytest.mark.parametrize("text", INVALID_UTF_8.values(), ids=INVALID_UTF_8)
def test_a_reason_that_is_not_utf_8_is_invalid_data(text: bytes) -> None:  # 7.5.1
    with pytest.raises(WebSocketError) as refused:
        read_close(b"\x03\xe8" + text)
    assert refused.value.code == 1007


@given(st.one_of(st.sampled_from(sorted(CLOSE_CODES)), st.none()), st.text())
def test_a_close_frame_that_is_written_can_be_read_and_is_not_too_long(code: int | None, reason: str) -> None:
    ((opcode, payload),) = read_by_client(close_frame(code, reason))
    assert opcode == CLOSE
    assert len(payload) <= 125
    closing = read_close(payload)
    assert closing.code == code
    assert closing.reason == "" if code is None else reason.startswith(closing.reason)


def test_a_reason_that_is_too_long_is_cut_between_characters() -> None:
    assert read_close(close_frame(1000, "é" * 100)[2:]) == CloseFrame(1000, "é" * 61)


@pytest.mark.parametrize("opcode", [TEXT, BINARY, CONTINUATION])
@pytest.mark.requirement("server.header-first")
def test_a_frame_that_is_too_large_is_refused_by_its_header(opcode: int) -> None:
    begin = client_frame(TEXT, b"", final=False) if opcode == CONTINUATION else b""
    header = client_frame(opcode, b"x" * 70_000)[:14]
    assert read(begin + header, max_size=69_999) == ([], 1009)
    assert read(begin + header, max_size=70_000) == ([], None)


def test_the_limit_is_for_the_whole_message_and_for_no_more() -> None:
    parts = client_frame(TEXT, b"12345", final=False) + client_frame(CONTINUATION, b"67890")[:6]
    assert read(parts, max_size=9) == ([], 1009)
    assert read(in_fragments(TEXT, b"12345", b"67890") * 3, max_size=10) == ([(TEXT, b"1234567890")] * 3, None)
    between = client_frame(TEXT, b"12345", final=False) + client_frame(PING, b"123456")
    assert read(between, max_size=10) == ([(PING, b"123456")], None)


def test_a_length_that_nobody_could_send_is_too_large_and_nothing_is_kept_for_it() -> None:
    assert read(b"\x82\xff\x7f" + b"\xff" * 7 + b"mask") == ([], 1009)


def test_nothing_is_read_after_a_failure() -> None:
    reader = FrameReader(_MAX)
    assert reader.feed(client_frame(3)) == []
    failure = reader.failure
    assert failure is not None
    assert reader.feed(client_frame(TEXT, b"Hello")) == []
    assert reader.failure is failure


def test_a_failure_says_in_words_what_is_wrong() -> None:
    reader = FrameReader(10)
    reader.feed(client_frame(TEXT, b"12345678901"))
    assert str(reader.failure) == "the message is larger than 10 bytes"


_PAYLOADS = st.one_of(
    st.text().map(str.encode), st.binary(), st.sampled_from([0, 125, 126, 65535, 65536]).map(lambda size: b"*" * size)
)
_FRAMES = st.builds(
    client_frame,
    st.integers(0, 15),
    _PAYLOADS,
    final=st.booleans(),
    reserved=st.sampled_from([0] * 9 + [1]),
    mask=st.one_of(st.binary(min_size=4, max_size=4), st.sampled_from([b"mask", None])),
)
_SOUND_FRAMES = st.builds(
    client_frame, st.sampled_from([0, 1, 2, 8, 9, 10]), st.text().map(str.encode), final=st.booleans()
)
_STREAMS = st.one_of(
    st.binary(),
    st.lists(_FRAMES).map(b"".join),
    st.lists(_SOUND_FRAMES).map(b"".join),
    st.tuples(st.lists(_SOUND_FRAMES).map(b"".join), st.binary()).map(b"".join),
)


@given(_STREAMS, st.data())
@pytest.mark.requirement("server.frames")
def test_any_bytes_are_messages_or_a_failure_the_same_however_they_come(data: bytes, draw: st.DataObject) -> None:
    found, code = read(data, max_size=1000)
    cuts = draw.draw(st.lists(st.integers(0, len(data))))
    assert read(data, *cuts, max_size=1000) == (found, code)
    assert code in {None, 1002, 1007, 1009}
    for opcode, payload in found:
        assert len(payload) <= (1000 if opcode < CLOSE else 125)
        if opcode == TEXT:
            payload.decode()


@given(st.lists(st.tuples(st.sampled_from([TEXT, BINARY]), st.text().map(str.encode), st.booleans())))
def test_what_another_library_writes_is_read(messages: list[tuple[int, bytes, bool]]) -> None:
    data = b""
    for opcode, payload, final in messages:
        data += bytes(Frame(TheirOpcode(opcode), payload, final).serialize(mask=True))
        data += bytes(Frame(TheirOpcode.PING, b"between").serialize(mask=True))
        if not final:
            data += bytes(Frame(TheirOpcode.CONT, b"!").serialize(mask=True))
    expected: Found = []
    for opcode, payload, final in messages:
        ping, message = (PING, b"between"), (opcode, payload if final else payload + b"!")
        expected += [message, ping] if final else [ping, message]
    assert read(data) == (expected, None)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 300_000])
@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
def test_what_is_written_another_library_reads(opcode: Opcode, size: int) -> None:
    payload = random.Random(size).randbytes(size) if opcode is Opcode.BINARY else b"x" * size  # noqa: S311 - no secret
    assert read_by_client(frame(opcode, payload) * 2) == [(opcode, payload)] * 2


def test_another_library_s_client_and_this_reader_understand_each_other() -> None:
    client = ClientProtocol(parse_uri("ws://localhost/"), state=OPEN)
    client.send_text(b"Hel", fin=False)
    client.send_ping(b"there?")
    client.send_continuation("lö".encode(), fin=True)
    client.send_close(4000, "done")
    found, code = read(b"".join(client.data_to_send()))
    assert (found[:2], code) == ([(PING, b"there?"), (TEXT, "Hellö".encode())], None)
    assert read_close(found[2][1]) == CloseFrame(4000, "done")
    client.receive_data(frame(Opcode.PONG, b"there?") + close_frame(4000))
    assert client.close_rcvd is not None
    assert client.close_rcvd.code == 4000
