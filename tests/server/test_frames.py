"""How bytes of a client become messages, by the published cases of the Autobahn test suite (their numbers are named)."""

import random

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
from tests.support.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, client_frame, read_by_client

_MAX = 1 << 20
Found = list[tuple[int, bytes]]


def read(data: bytes, *cuts: int, max_size: int = _MAX) -> tuple[Found, int | None]:
    """Return what is found in `data`, cut at these places, and the code of the failure behind it."""
    reader = FrameReader(max_size)
    found: Found = []
    places = [0, *sorted(cuts), len(data)]
    for begin, end in zip(places, places[1:], strict=False):
        found += reader.feed(data[begin:end])
    return found, None if reader.failure is None else reader.failure.code


def byte_by_byte(data: bytes, max_size: int = _MAX) -> tuple[Found, int | None]:
    return read(data, *range(1, len(data)), max_size=max_size)


def case(name: str, data: bytes, found: Found, code: int | None = None) -> object:
    return pytest.param(data, found, code, id=name)


def fragments(opcode: int, *parts: bytes) -> bytes:
    """Return one message in as many frames as there are parts."""
    last = len(parts) - 1
    return b"".join(
        client_frame(CONTINUATION if index else opcode, part, final=index == last) for index, part in enumerate(parts)
    )


_SIZES = (0, 125, 126, 127, 128, 65535, 65536)
FRAMING = [
    *(case(f"1.1 text of {size}", client_frame(TEXT, b"*" * size), [(TEXT, b"*" * size)]) for size in _SIZES),
    *(
        case(f"1.2 bytes of {size}", client_frame(BINARY, b"\xfe" * size), [(BINARY, b"\xfe" * size)])
        for size in _SIZES
    ),
]
PINGS = [
    case("2.1 without payload", client_frame(PING), [(PING, b"")]),
    case("2.2 with text", client_frame(PING, b"Hello, world!"), [(PING, b"Hello, world!")]),
    case("2.3 with bytes", client_frame(PING, b"\x00\xff\xfe\xfd"), [(PING, b"\x00\xff\xfe\xfd")]),
    case("2.4 of 125 bytes", client_frame(PING, b"\xfe" * 125), [(PING, b"\xfe" * 125)]),
    case("2.5 of 126 bytes", client_frame(PING, b"\xfe" * 126), [], 1002),
    case("2.7 pong nobody asked for", client_frame(PONG), [(PONG, b"")]),
    case("2.8 the same with a payload", client_frame(PONG, b"x"), [(PONG, b"x")]),
    case("2.9 and a ping", client_frame(PONG, b"x") + client_frame(PING, b"y"), [(PONG, b"x"), (PING, b"y")]),
    case("2.10 ten pings", b"".join(client_frame(PING, b"%d" % n) for n in range(10)), [(PING, b"%d" % n) for n in range(10)]),
]  # fmt: skip
_HELLO = client_frame(TEXT, b"Hello")
RESERVED_BITS = [
    case("3.1 RSV1", client_frame(TEXT, b"x", reserved=1), [], 1002),
    case("3.2 RSV2 behind a text", _HELLO + client_frame(TEXT, b"x", reserved=2) + client_frame(PING), [(TEXT, b"Hello")], 1002),
    case("3.4 RSV4", _HELLO + client_frame(TEXT, b"x", reserved=4) + client_frame(PING), [(TEXT, b"Hello")], 1002),
    case("3.5 bytes with RSV5", client_frame(BINARY, b"x", reserved=5), [], 1002),
    case("3.6 ping with RSV6", client_frame(PING, b"x", reserved=6), [], 1002),
    case("3.7 close with RSV7", client_frame(CLOSE, b"", reserved=7), [], 1002),
]  # fmt: skip
OPCODES = [
    *(case(f"4 opcode {opcode}", client_frame(opcode), [], 1002) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
    *(
        case(f"4 opcode {opcode} behind a text", _HELLO + client_frame(opcode, b"x") + client_frame(PING), [(TEXT, b"Hello")], 1002)
        for opcode in (5, 6, 7, 13, 14, 15)
    ),
]  # fmt: skip
_PING = client_frame(PING, b"ping")
FRAGMENTS = [
    case("5.1 ping in fragments", client_frame(PING, b"a", final=False) + client_frame(CONTINUATION, b"b"), [], 1002),
    case("5.2 pong in fragments", client_frame(PONG, b"a", final=False) + client_frame(CONTINUATION, b"b"), [], 1002),
    case("5.3 text in two", fragments(TEXT, b"frag1", b"frag2"), [(TEXT, b"frag1frag2")]),
    case("5.6 a ping between", client_frame(TEXT, b"1", final=False) + _PING + client_frame(CONTINUATION, b"2"), [(PING, b"ping"), (TEXT, b"12")]),
    case("5.9 continuation of nothing", client_frame(CONTINUATION, b"x") + _HELLO, [], 1002),
    case("5.12 unfinished continuation of nothing", client_frame(CONTINUATION, b"x", final=False) + _HELLO, [], 1002),
    case("5.15 continuation behind a message", fragments(TEXT, b"1", b"2") + client_frame(CONTINUATION, b"3", final=False) + _HELLO, [(TEXT, b"12")], 1002),
    case("5.16 many continuations of nothing", client_frame(CONTINUATION, b"1", final=False) * 2, [], 1002),
    case("5.18 text within text", client_frame(TEXT, b"1", final=False) + client_frame(TEXT, b"2"), [], 1002),
    case("5.18 bytes within text", client_frame(TEXT, b"1", final=False) + client_frame(BINARY, b"2"), [], 1002),
    case("5.19 five with pings between",
         client_frame(TEXT, b"1", final=False) + client_frame(CONTINUATION, b"2", final=False) + _PING
         + client_frame(CONTINUATION, b"3", final=False) + client_frame(CONTINUATION, b"4", final=False) + _PING
         + client_frame(CONTINUATION, b"5"), [(PING, b"ping"), (PING, b"ping"), (TEXT, b"12345")]),
    case("empty fragments", fragments(TEXT, b"", b"", b""), [(TEXT, b"")]),
    case("two messages in fragments", fragments(BINARY, b"1", b"2") + fragments(TEXT, b"3", b"4"), [(BINARY, b"12"), (TEXT, b"34")]),
    case("a close between", client_frame(TEXT, b"1", final=False) + client_frame(CLOSE), [(CLOSE, b"")]),
    case("a message behind fragments", fragments(TEXT, b"1", b"2") + _HELLO, [(TEXT, b"12"), (TEXT, b"Hello")]),
]  # fmt: skip

_GREEK = "Hello-µ@ßöäüàá-UTF-8!!".encode()
_VALID = {
    "6.1.1": b"",
    "6.2.1": _GREEK,
    "6.5.1": "κόσμε".encode(),
    "6.6 euro": b"\xe2\x82\xac",
    "6.7.1": b"\x00",
    "6.7.2": b"\xc2\x80",
    "6.7.3": b"\xe0\xa0\x80",
    "6.7.4": b"\xf0\x90\x80\x80",
    "6.9.1": b"\x7f",
    "6.9.2": b"\xdf\xbf",
    "6.9.3": b"\xef\xbf\xbf",
    "6.9.4": b"\xf4\x8f\xbf\xbf",
    "6.11.1": b"\xed\x9f\xbf",
    "6.11.2": b"\xee\x80\x80",
    "6.11.3": b"\xef\xbf\xbd",
    "6.22.1": b"\xef\xbf\xbe",
    "6.22.34": b"\xf0\x9f\xbf\xbf",
    "6.23.7": b"\xef\xbf\xbd",
}
_INVALID = {
    "6.3.1": b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    "6.4.1": b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited",
    "6.6 half a character": b"\xe2\x82",
    "6.8.1": b"\xf8\x88\x80\x80\x80",
    "6.8.2": b"\xfc\x84\x80\x80\x80\x80",
    "6.10.1": b"\xf7\xbf\xbf\xbf",
    "6.10.2": b"\xfb\xbf\xbf\xbf\xbf",
    "6.10.3": b"\xfd\xbf\xbf\xbf\xbf\xbf",
    "6.12.1": b"\x80",
    "6.12.2": b"\xbf",
    "6.12.3": b"\x80\xbf",
    "6.13.1": bytes(byte for lead in range(0xC0, 0xE0) for byte in (lead, 0x20)),
    "6.13.2": bytes(byte for lead in range(0xE0, 0xF0) for byte in (lead, 0x20)),
    "6.14.1": b"\xc0",
    "6.14.2": b"\xe0\x80",
    "6.14.3": b"\xf0\x80\x80",
    "6.14.6": b"\xdf",
    "6.14.8": b"\xf7\xbf\xbf",
    "6.15.1": b"\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80",
    "6.16.1": b"\xfe",
    "6.16.2": b"\xff",
    "6.17.1": b"\xc0\xaf",
    "6.17.2": b"\xe0\x80\xaf",
    "6.17.3": b"\xf0\x80\x80\xaf",
    "6.18.1": b"\xc1\xbf",
    "6.18.2": b"\xe0\x9f\xbf",
    "6.18.3": b"\xf0\x8f\xbf\xbf",
    "6.19.1": b"\xc0\x80",
    "6.20.1": b"\xed\xa0\x80",
    "6.20.4": b"\xed\xaf\xbf",
    "6.20.7": b"\xed\xbf\xbf",
    "6.21.1": b"\xed\xa0\x80\xed\xb0\x80",
    "6.21.8": b"\xed\xaf\xbf\xed\xbf\xbf",
}
TEXTS = [
    *(case(name, client_frame(TEXT, text), [(TEXT, text)]) for name, text in _VALID.items()),
    case("6.1.3 empty fragments around", fragments(TEXT, b"", b"middle", b""), [(TEXT, b"middle")]),
    case("6.2.3 every byte in a fragment", fragments(TEXT, *(bytes((b,)) for b in _GREEK)), [(TEXT, _GREEK)]),
    *(case(name, client_frame(TEXT, text), [], 1007) for name, text in _INVALID.items()),
    *(case(f"{name} within fragments", fragments(TEXT, text[:1], text[1:]), [], 1007) for name, text in _INVALID.items()),
    case("bytes need not be text", client_frame(BINARY, b"\xff"), [(BINARY, b"\xff")]),
    case("bytes in fragments need not, either", fragments(BINARY, b"\xff", b"\xfe"), [(BINARY, b"\xff\xfe")]),
]  # fmt: skip
SIZES = [
    *(case(f"9.1 text of {1 << power}", client_frame(TEXT, b"*" * (1 << power)), [(TEXT, b"*" * (1 << power))])
      for power in (16, 18, 20)),
    *(case(f"9.3 in fragments of {size}", fragments(TEXT, *[b"*" * size] * (65536 // size)), [(TEXT, b"*" * 65536)])
      for size in (64, 256, 1024, 4096, 16384)),
    *(case(f"9.7 a hundred of {size}", client_frame(TEXT, b"*" * size) * 100, [(TEXT, b"*" * size)] * 100)
      for size in (0, 16, 64, 256, 1024)),
    case("10.1 in fragments that a library has chosen", fragments(TEXT, *[b"*" * 1300] * 50, b"*" * 536), [(TEXT, b"*" * 65536)]),
]  # fmt: skip
FORMS = [
    case("a frame without a mask", client_frame(TEXT, b"Hello", mask=None), [], 1002),
    case("a ping without a mask", _HELLO + client_frame(PING, b"ping", mask=None), [(TEXT, b"Hello")], 1002),
    case("a mask of zeros", client_frame(TEXT, b"Hello", mask=bytes(4)), [(TEXT, b"Hello")]),
    case("two bytes for 125", client_frame(TEXT, b"*" * 125, length_bytes=2), [], 1002),
    case("eight bytes for 125", client_frame(TEXT, b"*" * 125, length_bytes=8), [], 1002),
    case("eight bytes for 126", client_frame(TEXT, b"*" * 126, length_bytes=8), [], 1002),
    case("eight bytes for 65535", client_frame(TEXT, b"*" * 65535, length_bytes=8), [], 1002),
    case("a length below zero", b"\x82\xff\xff" + b"\xff" * 7 + b"mask", [], 1002),
    case("a ping of two bytes' length", client_frame(PING, b"x", length_bytes=2), [], 1002),
    case("a close of 126 bytes", client_frame(CLOSE, b"\x03\xe8" + b"x" * 124), [], 1002),
]


@pytest.mark.parametrize(
    ("data", "found", "code"),
    [*FRAMING, *PINGS, *RESERVED_BITS, *OPCODES, *FRAGMENTS, *TEXTS, *SIZES, *FORMS],
)
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


@pytest.mark.parametrize("text", _INVALID.values(), ids=_INVALID)
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
def test_a_frame_that_is_too_large_is_refused_by_its_header(opcode: int) -> None:
    begin = client_frame(TEXT, b"", final=False) if opcode == CONTINUATION else b""
    header = client_frame(opcode, b"x" * 70_000)[:14]
    assert read(begin + header, max_size=69_999) == ([], 1009)
    assert read(begin + header, max_size=70_000) == ([], None)


def test_the_limit_is_for_the_whole_message_and_for_no_more() -> None:
    parts = client_frame(TEXT, b"12345", final=False) + client_frame(CONTINUATION, b"67890")[:6]
    assert read(parts, max_size=9) == ([], 1009)
    assert read(fragments(TEXT, b"12345", b"67890") * 3, max_size=10) == ([(TEXT, b"1234567890")] * 3, None)
    between = client_frame(TEXT, b"12345", final=False) + client_frame(PING, b"123456")
    assert read(between, max_size=10) == ([(PING, b"123456")], None)


def test_a_length_that_nobody_could_send_is_too_large_and_nothing_is_kept_for_it() -> None:
    assert read(b"\x82\xff\x7f" + b"\xff" * 7 + b"mask") == ([], 1009)


def test_nothing_is_read_after_a_failure() -> None:
    reader = FrameReader(_MAX)
    assert reader.feed(client_frame(3)) == []
    failure = reader.failure
    assert failure is not None
    assert reader.feed(_HELLO) == []
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
    st.binary(), st.lists(_FRAMES).map(b"".join), st.lists(_SOUND_FRAMES).map(b"".join),
    st.builds(lambda frames, end: b"".join(frames) + end, st.lists(_SOUND_FRAMES), st.binary()),
)  # fmt: skip


@given(_STREAMS, st.data())
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
