"""The published cases of the Autobahn test suite that are about frames, by their numbers, and some more.

Each is what a client sends, what is found in it, and the code of the failure behind that.
"""

import pytest

from tests.support.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, client_frame

__all__ = ["CASES", "INVALID_UTF_8", "Found", "in_fragments"]

Found = list[tuple[int, bytes]]


def _case(name: str, data: bytes, found: Found, code: int | None = None) -> object:
    return pytest.param(data, found, code, id=name)


def in_fragments(opcode: int, *parts: bytes) -> bytes:
    """Return one message in as many frames as there are parts."""
    last = len(parts) - 1
    return b"".join(
        client_frame(CONTINUATION if index else opcode, part, final=index == last) for index, part in enumerate(parts)
    )


_EDGES = (0, 125, 126, 127, 128, 65535, 65536)
_FRAMING = [
    *(_case(f"1.1 text of {size}", client_frame(TEXT, b"*" * size), [(TEXT, b"*" * size)]) for size in _EDGES),
    *(
        _case(f"1.2 bytes of {size}", client_frame(BINARY, b"\xfe" * size), [(BINARY, b"\xfe" * size)])
        for size in _EDGES
    ),
]
_PINGS = [
    _case("2.1 without payload", client_frame(PING), [(PING, b"")]),
    _case("2.2 with text", client_frame(PING, b"Hello, world!"), [(PING, b"Hello, world!")]),
    _case("2.3 with bytes", client_frame(PING, b"\x00\xff\xfe\xfd"), [(PING, b"\x00\xff\xfe\xfd")]),
    _case("2.4 of 125 bytes", client_frame(PING, b"\xfe" * 125), [(PING, b"\xfe" * 125)]),
    _case("2.5 of 126 bytes", client_frame(PING, b"\xfe" * 126), [], 1002),
    _case("2.7 pong nobody asked for", client_frame(PONG), [(PONG, b"")]),
    _case("2.8 the same with a payload", client_frame(PONG, b"x"), [(PONG, b"x")]),
    _case("2.9 and a ping", client_frame(PONG, b"x") + client_frame(PING, b"y"), [(PONG, b"x"), (PING, b"y")]),
    _case(
        "2.10 ten pings",
        b"".join(client_frame(PING, b"%d" % n) for n in range(10)),
        [(PING, b"%d" % n) for n in range(10)],
    ),
]
_HELLO = client_frame(TEXT, b"Hello")
_RESERVED_BITS = [
    _case("3.1 RSV1", client_frame(TEXT, b"x", reserved=1), [], 1002),
    _case(
        "3.2 RSV2 behind a text",
        _HELLO + client_frame(TEXT, b"x", reserved=2) + client_frame(PING),
        [(TEXT, b"Hello")],
        1002,
    ),
    _case("3.4 RSV4", _HELLO + client_frame(TEXT, b"x", reserved=4) + client_frame(PING), [(TEXT, b"Hello")], 1002),
    _case("3.5 bytes with RSV5", client_frame(BINARY, b"x", reserved=5), [], 1002),
    _case("3.6 ping with RSV6", client_frame(PING, b"x", reserved=6), [], 1002),
    _case("3.7 close with RSV7", client_frame(CLOSE, b"", reserved=7), [], 1002),
]
_OPCODES = [
    *(_case(f"4 opcode {opcode}", client_frame(opcode), [], 1002) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
    *(
        _case(
            f"4 opcode {opcode} behind a text",
            _HELLO + client_frame(opcode, b"x") + client_frame(PING),
            [(TEXT, b"Hello")],
            1002,
        )
        for opcode in (5, 6, 7, 13, 14, 15)
    ),
]
_PING = client_frame(PING, b"ping")
_FRAGMENTS = [
    _case("5.1 ping in fragments", client_frame(PING, b"a", final=False) + client_frame(CONTINUATION, b"b"), [], 1002),
    _case("5.2 pong in fragments", client_frame(PONG, b"a", final=False) + client_frame(CONTINUATION, b"b"), [], 1002),
    _case("5.3 text in two", in_fragments(TEXT, b"frag1", b"frag2"), [(TEXT, b"frag1frag2")]),
    _case(
        "5.6 a ping between",
        client_frame(TEXT, b"1", final=False) + _PING + client_frame(CONTINUATION, b"2"),
        [(PING, b"ping"), (TEXT, b"12")],
    ),
    _case("5.9 continuation of nothing", client_frame(CONTINUATION, b"x") + _HELLO, [], 1002),
    _case("5.12 unfinished continuation of nothing", client_frame(CONTINUATION, b"x", final=False) + _HELLO, [], 1002),
    _case(
        "5.15 continuation behind a message",
        in_fragments(TEXT, b"1", b"2") + client_frame(CONTINUATION, b"3", final=False) + _HELLO,
        [(TEXT, b"12")],
        1002,
    ),
    _case("5.16 many continuations of nothing", client_frame(CONTINUATION, b"1", final=False) * 2, [], 1002),
    _case("5.18 text within text", client_frame(TEXT, b"1", final=False) + client_frame(TEXT, b"2"), [], 1002),
    _case("5.18 bytes within text", client_frame(TEXT, b"1", final=False) + client_frame(BINARY, b"2"), [], 1002),
    _case(
        "5.19 five with pings between",
        client_frame(TEXT, b"1", final=False)
        + client_frame(CONTINUATION, b"2", final=False)
        + _PING
        + client_frame(CONTINUATION, b"3", final=False)
        + client_frame(CONTINUATION, b"4", final=False)
        + _PING
        + client_frame(CONTINUATION, b"5"),
        [(PING, b"ping"), (PING, b"ping"), (TEXT, b"12345")],
    ),
    _case("empty fragments", in_fragments(TEXT, b"", b"", b""), [(TEXT, b"")]),
    _case(
        "two messages in fragments",
        in_fragments(BINARY, b"1", b"2") + in_fragments(TEXT, b"3", b"4"),
        [(BINARY, b"12"), (TEXT, b"34")],
    ),
    _case("a close between", client_frame(TEXT, b"1", final=False) + client_frame(CLOSE), [(CLOSE, b"")]),
    _case("a message behind fragments", in_fragments(TEXT, b"1", b"2") + _HELLO, [(TEXT, b"12"), (TEXT, b"Hello")]),
]

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
INVALID_UTF_8 = {
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
_TEXTS = [
    *(_case(name, client_frame(TEXT, text), [(TEXT, text)]) for name, text in _VALID.items()),
    _case("6.1.3 empty fragments around", in_fragments(TEXT, b"", b"middle", b""), [(TEXT, b"middle")]),
    _case("6.2.3 every byte in a fragment", in_fragments(TEXT, *(bytes((b,)) for b in _GREEK)), [(TEXT, _GREEK)]),
    *(_case(name, client_frame(TEXT, text), [], 1007) for name, text in INVALID_UTF_8.items()),
    *(
        _case(f"{name} within fragments", in_fragments(TEXT, text[:1], text[1:]), [], 1007)
        for name, text in INVALID_UTF_8.items()
    ),
    _case("bytes need not be text", client_frame(BINARY, b"\xff"), [(BINARY, b"\xff")]),
    _case("bytes in fragments need not, either", in_fragments(BINARY, b"\xff", b"\xfe"), [(BINARY, b"\xff\xfe")]),
]
_LARGE = [
    *(
        _case(f"9.1 text of {1 << power}", client_frame(TEXT, b"*" * (1 << power)), [(TEXT, b"*" * (1 << power))])
        for power in (16, 18, 20)
    ),
    *(
        _case(
            f"9.3 in fragments of {size}", in_fragments(TEXT, *[b"*" * size] * (65536 // size)), [(TEXT, b"*" * 65536)]
        )
        for size in (64, 256, 1024, 4096, 16384)
    ),
    *(
        _case(f"9.7 a hundred of {size}", client_frame(TEXT, b"*" * size) * 100, [(TEXT, b"*" * size)] * 100)
        for size in (0, 16, 64, 256, 1024)
    ),
    _case(
        "10.1 in fragments that a library has chosen",
        in_fragments(TEXT, *[b"*" * 1300] * 50, b"*" * 536),
        [(TEXT, b"*" * 65536)],
    ),
]
_FORMS = [
    _case("a frame without a mask", client_frame(TEXT, b"Hello", mask=None), [], 1002),
    _case("a ping without a mask", _HELLO + client_frame(PING, b"ping", mask=None), [(TEXT, b"Hello")], 1002),
    _case("a mask of zeros", client_frame(TEXT, b"Hello", mask=bytes(4)), [(TEXT, b"Hello")]),
    _case("two bytes for 125", client_frame(TEXT, b"*" * 125, length_bytes=2), [], 1002),
    _case("eight bytes for 125", client_frame(TEXT, b"*" * 125, length_bytes=8), [], 1002),
    _case("eight bytes for 126", client_frame(TEXT, b"*" * 126, length_bytes=8), [], 1002),
    _case("eight bytes for 65535", client_frame(TEXT, b"*" * 65535, length_bytes=8), [], 1002),
    _case("a length below zero", b"\x82\xff\xff" + b"\xff" * 7 + b"mask", [], 1002),
    _case("a ping of two bytes' length", client_frame(PING, b"x", length_bytes=2), [], 1002),
    _case("a close of 126 bytes", client_frame(CLOSE, b"\x03\xe8" + b"x" * 124), [], 1002),
]

CASES = [*_FRAMING, *_PINGS, *_RESERVED_BITS, *_OPCODES, *_FRAGMENTS, *_TEXTS, *_LARGE, *_FORMS]
