"""The client's half of WebSockets (RFC 6455), as much of it as a loader needs."""

from collections.abc import Iterator

__all__ = ["CLOSE_FRAME", "client_frame", "payloads", "upgrade_request"]

_MASK = b"\x12\x34\x56\x78"
CLOSE_FRAME = b"\x88\x82" + _MASK + bytes([0x03 ^ 0x12, 0xE8 ^ 0x34])
"""Closes normally, with the code 1000."""
_SHORT, _LONG = 126, 127


def upgrade_request(port: int, path: str, token: str | None) -> bytes:
    """Return the request that opens a WebSocket."""
    authorization = "" if token is None else f"Authorization: Bearer {token}\r\n"
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{authorization}\r\n"
    ).encode()


def client_frame(text: bytes) -> bytes:
    """Return one masked text frame; below 64 KiB."""
    size = len(text)
    head = bytes([0x81, 0x80 | size]) if size < _SHORT else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + _MASK + bytes(byte ^ _MASK[index % 4] for index, byte in enumerate(text))


def payloads(data: bytes) -> Iterator[bytes]:
    """Yield the payloads of the server's complete frames in `data`."""
    start = 0
    while len(data) >= start + 2:
        size, body = data[start + 1], start + 2
        if size in {_SHORT, _LONG}:
            body += 2 if size == _SHORT else 8
            size = int.from_bytes(data[start + 2 : body], "big")
        if len(data) < body + size:
            return
        yield data[body : body + size]
        start = body + size
