"""The head of a response as bytes, checked (RFC 9112, sections 4 and 5)."""

from collections.abc import Iterable
from http import HTTPStatus

__all__ = ["Head", "complete_response", "head_of", "lines_of", "status_line"]

_Headers = Iterable[tuple[bytes, bytes]]

_CONTROLS = {*range(32), 127} - {ord("\t")}
_BAD = bytes(number in _CONTROLS for number in range(256))
"""For each byte, whether no value may have it: all of ASCII's controls but the tab."""
_NO_NAME = frozenset(bytes([*range(33), 127]) + b'()<>@,;:\\[]={}"')
"""What no name may have."""
_MOST_NAMES = 256
"""How many names are remembered with what they are; an app that makes names up has to pay for it."""


# What a name is for: numbers and not an enumeration, as these are looked at for every header.
_PLAIN, _LENGTH, _ENCODING, _CONNECTION = range(4)
_KINDS = {b"content-length": _LENGTH, b"transfer-encoding": _ENCODING, b"connection": _CONNECTION}
_names: dict[bytes, tuple[bytes, int]] = {}


class Head:
    """Header lines, and what they say of the response."""

    __slots__ = ("chunked", "closes", "length", "lines")

    def __init__(self, before: "Head | None" = None) -> None:
        if before is None:
            self.lines: bytes = b""
            self.length: int | None = None
            """Of the body, in bytes."""
            self.chunked: bool = False
            self.closes: bool = False
            """Whether the line ends with the response."""
        else:
            self.lines, self.length = before.lines, before.length
            self.chunked, self.closes = before.chunked, before.closes

    @property
    def is_plain(self) -> bool:
        """Whether they say nothing of the body, nor of the line."""
        return self.length is None and not self.chunked and not self.closes


def _status_line(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


_STATUS_LINES = {status: _status_line(status) for status in range(100, 600)}


def status_line(status: int) -> bytes:
    """Return the first line of a response.

    Raises:
        KeyError: there is no such status.
    """
    return _STATUS_LINES[status]


def _learn(name: bytes) -> tuple[bytes, int]:
    if not name or not _NO_NAME.isdisjoint(name):
        raise RuntimeError("Invalid HTTP header name.")
    lower = name.lower()
    if len(_names) >= _MOST_NAMES:
        _names.clear()
    known = _names[name] = lower + b": ", _KINDS.get(lower, _PLAIN)
    return known


def lines_of(headers: _Headers, before: Head | None = None) -> Head:
    """Return the lines of `headers`, behind those that are there `before`.

    Raises:
        RuntimeError: a name or a value has bytes that would end it, or that no header may have.
    """
    head = Head(before)
    parts: list[bytes] = []
    for name, value in headers:
        prefix, kind = _names.get(name) or _learn(name)
        if kind:
            _understand(head, kind, value)
        parts += (prefix, value, b"\r\n")
    block = b"".join(parts)
    # Each line has the two that end it; with any more, a value has brought them in.
    if block.translate(_BAD).count(1) != len(parts) // 3 * 2:
        raise RuntimeError("Invalid HTTP header value.")
    head.lines += block
    return head


def _understand(head: Head, kind: int, value: bytes) -> None:
    if kind == _LENGTH:
        if head.length is None and not head.chunked:
            head.length = int(value)
    elif kind == _ENCODING:
        head.chunked = head.chunked or value.lower() == b"chunked"
    elif any(option.strip().lower() == b"close" for option in value.split(b",")):
        head.closes = True


def head_of(status: int, head: Head, *, closes: bool, has_body: bool) -> bytes:
    """Return the whole head; without a length, a body that there is will be chunked.

    Args:
        status: of the response.
        head: its headers; `closes` and `chunked` are set as the response will be.
        closes: whether the line ends with the response in any case.
        has_body: whether its method and its status let it have one.
    """
    lines = head.lines
    if closes and not head.closes:
        head.closes = True
        lines += b"connection: close\r\n"
    if has_body and head.length is None and not head.chunked:
        head.chunked = True
        lines += b"transfer-encoding: chunked\r\n"
    return _STATUS_LINES[status] + lines + b"\r\n"


def complete_response(status: int, default_headers: _Headers, text: str) -> bytes:
    """Return a response of the server itself, after which the line ends."""
    body = text.encode()
    headers = [
        *default_headers,
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    return status_line(status) + lines_of(headers).lines + b"\r\n" + body
