"""Where one message ends and the next begins.

JSON records end with 0x1E; MessagePack messages start with their length as a VarInt of seven-bit groups,
least significant first (HubProtocol.md, "JSON encoding" and "MessagePack encoding"). Both splitters are fed
bytes in any portions and give back whole payloads, without their frames.
"""

from abc import ABC, abstractmethod

from serverless_hub.errors import ProtocolError

__all__ = ["RECORD_SEPARATOR", "LengthPrefixSplitter", "RecordSplitter", "Splitter", "length_prefixed"]

RECORD_SEPARATOR = b"\x1e"
_MAX_PREFIX_BYTES = 5
_MAX_LENGTH = 0x7FFFFFFF


class Splitter(ABC):
    """Takes bytes in, gives payloads out; what is incomplete waits for more."""

    def __init__(self, max_size: int) -> None:
        self.max_size = max_size
        """The largest payload in bytes; a larger one raises before it is held in memory."""
        self._buffer: bytearray = bytearray()

    @abstractmethod
    def feed(self, data: bytes) -> list[bytes]:
        """Return the payloads that `data` completes.

        Raises:
            ProtocolError: a payload is larger than `max_size`, or a length prefix is not one.
        """

    def rest(self) -> bytes:
        """Hand over what has not been split yet, and forget it."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    def _check(self, size: int) -> None:
        if size > self.max_size:
            raise ProtocolError(f"the message is larger than the {self.max_size} bytes that are allowed")


class RecordSplitter(Splitter):
    """Splits records that end with 0x1E."""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the records that `data` completes."""
        *records, rest = data.split(RECORD_SEPARATOR)
        if records and self._buffer:
            records[0] = self.rest() + records[0]
        self._buffer += rest
        for record in records:
            self._check(len(record))
        self._check(len(self._buffer))
        return records


class LengthPrefixSplitter(Splitter):
    """Splits messages behind a VarInt length prefix."""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that `data` completes."""
        self._buffer.extend(data)
        payloads: list[bytes] = []
        start = 0
        while (prefix := self._read_prefix(start)) is not None:
            begin, end = prefix
            if end > len(self._buffer):
                break
            payloads.append(bytes(self._buffer[begin:end]))
            start = end
        del self._buffer[:start]
        return payloads

    def _read_prefix(self, start: int) -> tuple[int, int] | None:
        length = 0
        for index, byte in enumerate(self._buffer[start : start + _MAX_PREFIX_BYTES]):
            length |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:  # noqa: PLR2004 - the high bit of a VarInt byte means that more follow
                self._check(length)
                begin = start + index + 1
                return begin, begin + length
        if len(self._buffer) - start >= _MAX_PREFIX_BYTES:
            raise ProtocolError("the length prefix of a message is longer than five bytes")
        return None


def length_prefixed(payload: bytes) -> bytes:
    """Put the VarInt length in front of `payload`."""
    length = len(payload)
    if length <= 0x7F:  # noqa: PLR2004 - seven bits fit a byte; most messages are that short
        return b"%c%b" % (length, payload)
    if length > _MAX_LENGTH:
        raise ProtocolError("a message cannot be larger than 2 GiB")
    prefix = bytearray()
    while length > 0x7F:  # noqa: PLR2004 - seven bits fit a byte
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + payload
