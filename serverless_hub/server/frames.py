"""WebSocket frames as a server reads and writes them (RFC 6455, section 5). No I/O."""

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["CLOSE_CODES", "CloseFrame", "FrameReader", "Opcode", "WebSocketError", "close_frame", "frame", "read_close"]


class Opcode(IntEnum):
    """What a frame is (RFC 6455, 5.2)."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


CLOSE_CODES = frozenset((*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)))
"""Codes that a close frame may have (RFC 6455, 7.4, and the registry of IANA)."""

_FIN = 0x80
_MASKED = 0x80
_LENGTH = 0x7F
_TWO_BYTES = 126
_EIGHT_BYTES = 127
_MAX_CONTROL = 125
_MAX_SHORT = 0xFFFF
_PROTOCOL_ERROR = 1002
_INVALID_DATA = 1007
_TOO_BIG = 1009
_MASK = 4
_SHORTEST = 2 + _MASK
"""The bytes that every frame of a client has."""
_OPCODES = {int(opcode): opcode for opcode in Opcode}


class WebSocketError(Exception):
    """The client has broken the protocol.

    Args:
        code: what the close frame says.
        reason: the same in words.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CloseFrame:
    """What a client closes a WebSocket with."""

    code: int | None
    """None where it gives none."""
    reason: str = ""


def frame(opcode: Opcode, payload: bytes) -> bytes:
    """Return one whole frame of a server, which is not masked."""
    size = len(payload)
    if size < _TWO_BYTES:
        head = bytes((_FIN | opcode, size))
    elif size <= _MAX_SHORT:
        head = bytes((_FIN | opcode, _TWO_BYTES)) + size.to_bytes(2, "big")
    else:
        head = bytes((_FIN | opcode, _EIGHT_BYTES)) + size.to_bytes(8, "big")
    return head + payload


def close_frame(code: int | None, reason: str = "") -> bytes:
    """Return a close frame; a `reason` that is too long for one is cut."""
    if code is None:
        return frame(Opcode.CLOSE, b"")
    text = reason.encode()[: _MAX_CONTROL - 2].decode(errors="ignore").encode()
    return frame(Opcode.CLOSE, code.to_bytes(2, "big") + text)


def read_close(payload: bytes) -> CloseFrame:
    """Return what a close frame says.

    Raises:
        WebSocketError: it is not one.
    """
    if not payload:
        return CloseFrame(None)
    code = int.from_bytes(payload[:2], "big")
    if len(payload) < 2 or code not in CLOSE_CODES:  # noqa: PLR2004 - the bytes of a code
        raise WebSocketError(_PROTOCOL_ERROR, "no such close code")
    return CloseFrame(code, _text(payload[2:]))


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise WebSocketError(_INVALID_DATA, "text that is not UTF-8") from None


class FrameReader:
    """Takes bytes of a client in any portions, and gives back whole messages and control frames, in order.

    Args:
        max_size: the largest message, in bytes.
    """

    __slots__ = ("_buffer", "_fragments", "_max_size", "_needed", "_opcode", "failure")

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._buffer: bytearray | None = None
        self._needed = 0
        """How long the buffer has to be before it is worth a look."""
        self._opcode: Opcode | None = None
        """Of the message whose fragments are read."""
        self._fragments = bytearray()
        self.failure: WebSocketError | None = None
        """What the client has broken, behind all that was given back; nothing is read after that."""

    def feed(self, data: bytes) -> list[tuple[Opcode, bytes]]:
        """Return the messages and control frames that `data` completes, with their payloads; texts are UTF-8.

        There may be a `failure` behind them.
        """
        found: list[tuple[Opcode, bytes]] = []
        if self.failure is None:
            try:
                self._read(data, found)
            except WebSocketError as failure:
                self.failure = failure
                self._fragments.clear()
        return found

    def _read(self, data: bytes, found: list[tuple[Opcode, bytes]]) -> None:
        if self._buffer is not None:
            self._buffer += data
            if len(self._buffer) < self._needed:
                return
            data, self._buffer = bytes(self._buffer), None
        start, end = 0, len(data)
        while start < end:
            size = self._frame(data, start, end, found)
            if start + size > end:
                self._buffer, self._needed = bytearray(data[start:]), size
                break
            start += size

    def _frame(self, data: bytes, start: int, end: int, found: list[tuple[Opcode, bytes]]) -> int:
        """Read one frame; return its size, or, if more bytes than there are have to come first, how many."""
        if end - start < _SHORTEST:
            return _SHORTEST
        first, second = data[start], data[start + 1]
        opcode = _OPCODES.get(first & ~_FIN)
        if opcode is None or not second & _MASKED:
            raise WebSocketError(_PROTOCOL_ERROR, "reserved bits, an unknown kind of frame, or one without a mask")
        length, body = second & _LENGTH, start + _SHORTEST
        if length >= _TWO_BYTES:
            body += 2 if length == _TWO_BYTES else 8
            if body > end:
                return body - start
            length = _long(data[start + 2 : body - _MASK])
        self._check(opcode, length, final=first & _FIN != 0)
        if body + length > end:
            return body + length - start
        self._take(opcode, _unmask(data, body, length), found, final=first & _FIN != 0)
        return body + length - start

    def _check(self, opcode: Opcode, length: int, *, final: bool) -> None:
        """Refuse a frame before its payload is held."""
        if opcode >= Opcode.CLOSE:
            if length > _MAX_CONTROL or not final:
                raise WebSocketError(_PROTOCOL_ERROR, "a control frame that is too long, or in fragments")
        elif (opcode is Opcode.CONTINUATION) is (self._opcode is None):
            raise WebSocketError(_PROTOCOL_ERROR, "a fragment without its beginning or without its end")
        elif len(self._fragments) + length > self._max_size:
            raise WebSocketError(_TOO_BIG, f"the message is larger than {self._max_size} bytes")

    def _take(self, opcode: Opcode, payload: bytes, found: list[tuple[Opcode, bytes]], *, final: bool) -> None:
        if opcode < Opcode.CLOSE:
            if not final or self._opcode is not None:
                self._opcode = self._opcode or opcode
                self._fragments += payload
                if not final:
                    return
                opcode, payload = self._opcode, bytes(self._fragments)
                self._opcode, self._fragments = None, bytearray()
            if opcode is Opcode.TEXT and not payload.isascii():
                _text(payload)
        found.append((opcode, payload))


def _long(length: bytes) -> int:
    """Return a length of two or eight bytes, which has to be the shortest form (RFC 6455, 5.2)."""
    value = int.from_bytes(length, "big")
    if value < _TWO_BYTES or (len(length) > 2 and not _MAX_SHORT < value < 1 << 63):  # noqa: PLR2004 - the short form
        raise WebSocketError(_PROTOCOL_ERROR, "a length that is not in its shortest form")
    return value


def _unmask(data: bytes, begin: int, length: int) -> bytes:
    """Return the payload from `begin` on, whose mask stands before it (RFC 6455, 5.3)."""
    mask = data[begin - _MASK : begin] * (length // _MASK + 1)
    value = int.from_bytes(data[begin : begin + length], "little") ^ int.from_bytes(mask[:length], "little")
    return value.to_bytes(length, "little")
