"""A client on a bare socket, for what no library would do."""

import asyncio
import socket
import struct
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.faults.crowd import LIMIT
from tests.support.http_transports import HANDSHAKE

__all__ = ["RawClient", "get_request", "post_request", "text_frame", "upgrade_request"]

_LONG = 126
"""From this length on, the length of a frame has two bytes (RFC 6455, 5.2)."""


def get_request(token: str, query: str, *headers: str) -> bytes:
    """Return the bytes of a GET for `client/`."""
    lines = [f"GET /client/?{query} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def upgrade_request(token: str) -> bytes:
    """Return the request that opens a WebSocket."""
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    return get_request(token, "hub=chat", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", key)


def post_request(token: str, query: str, body: bytes) -> bytes:
    """Return the bytes of a POST to `client/`."""
    lines = [f"POST /client/?{query} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def text_frame(data: bytes) -> bytes:
    """Return a frame of a client, of ASCII; masked with zeros, as a mask that changes nothing."""
    size = bytes([0x80 | len(data)]) if len(data) < _LONG else b"\xfe" + struct.pack("!H", len(data))
    return b"\x81" + size + bytes(4) + data


class RawClient:
    """Connects to `url` at the start of its context, and is gone without a goodbye at the end.

    Args:
        url: of the service.
        window: how many bytes the system may take for it while it does not read.
    """

    def __init__(self, url: str, window: int | None = None) -> None:
        parts = urlsplit(url)
        self._address = parts.hostname, parts.port
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if window is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)

    async def __aenter__(self) -> Self:
        await asyncio.get_running_loop().sock_connect(self._socket, self._address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    async def say(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def trickle(self, data: bytes) -> None:
        """Say `data` byte by byte, each in a packet of its own."""
        for byte in data:
            await self.say(bytes([byte]))
            await asyncio.sleep(0)

    async def hear(self, mark: bytes) -> bytes:
        """Read until `mark` has come, or the end; return all."""
        heard = b""
        async with asyncio.timeout(LIMIT):
            while mark not in heard:
                data = await asyncio.get_running_loop().sock_recv(self._socket, 65536)
                if not data:
                    break
                heard += data
        return heard

    async def open(self, token: str) -> None:
        """Open a WebSocket."""
        await self.say(upgrade_request(token))
        assert b" 101 " in await self.hear(b"\r\n\r\n")

    async def shake(self, token: str) -> None:
        """Open a WebSocket and send the handshake of the hub protocol, without a look at its answer."""
        await self.open(token)
        await self.say(text_frame(HANDSHAKE))
