"""The limit in Python: a WebSocket server that is nothing but a uvloop protocol and `transport.write(frame)`.

It takes text frames below 64 KiB, one or more in what arrives at once, and what a browser would never send is an error.
At `/publish` a text goes to everybody there, at any other path it comes back.
"""

import asyncio
import base64
import hashlib
import sys
from typing import cast

import uvloop

__all__ = ["frame", "main"]

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SHORT, _CLOSE = 126, 8
_SMALLEST = 6
"""Bytes of a frame with nothing but its mask."""
_members: set[asyncio.Transport] = set()


class _Raw(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._received = b""
        self._open = False
        self._publishes = False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - as asyncio calls it
        _members.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._open and not self._upgrade():
            return
        while (text := self._next()) is not None:
            out = frame(text)
            if self._publishes:
                for transport in _members:
                    transport.write(out)
            else:
                self._transport.write(out)

    def _upgrade(self) -> bool:
        head, found, self._received = self._received.partition(b"\r\n\r\n")
        if not found:
            self._received = head
            return False
        lines = head.split(b"\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        accept = base64.b64encode(hashlib.sha1(headers[b"sec-websocket-key"] + _GUID).digest())
        self._transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self._open = True
        self._publishes = lines[0].split()[1] == b"/publish"
        if self._publishes:
            _members.add(self._transport)
        return True

    def _next(self) -> bytes | None:
        """Take the text of one complete frame off what has arrived."""
        data = self._received
        if len(data) < _SMALLEST:
            return None
        size, start = data[1] & 127, 2
        if size == _SHORT:
            size, start = int.from_bytes(data[2:4], "big"), 4
        end = start + 4 + size
        if len(data) < end:
            return None
        self._received = data[end:]
        if data[0] & 15 == _CLOSE:
            self._transport.close()
            return None
        key = data[start : start + 4] * (size // 4 + 1)
        masked = int.from_bytes(data[start + 4 : end], "big") ^ int.from_bytes(key[:size], "big")
        return masked.to_bytes(size, "big")


def frame(text: bytes) -> bytes:
    size = len(text)
    head = bytes([0x81, size]) if size < _SHORT else b"\x81\x7e" + size.to_bytes(2, "big")
    return head + text


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Raw, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


def main() -> None:
    uvloop.run(_serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
