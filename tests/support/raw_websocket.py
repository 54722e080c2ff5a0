"""A WebSocket's client that knows no rules: it sends what a test gives it, and hands back what came."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from serverless_hub.server.frames import CloseFrame, read_close
from tests.support.frames import CLOSE, read_by_client

__all__ = ["RawWebSocket", "raw_websocket", "request_of"]

_LIMIT = 10.0


def request_of(
    path: str = "/", *headers: bytes, method: bytes = b"GET", key: bytes = b"dGhlIHNhbXBsZSBub25jZQ=="
) -> bytes:
    """Return a request to open a WebSocket, with more `headers`."""
    lines = [
        method + b" " + path.encode("latin-1") + b" HTTP/1.1",
        b"Host: localhost",
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: " + key,
        *headers,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"


class RawWebSocket:
    """One line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def head(self) -> bytes:
        """Return the head of the answer to the request."""
        async with asyncio.timeout(_LIMIT):
            return await self._reader.readuntil(b"\r\n\r\n")

    async def open(self) -> None:
        """Send a request, and see that it is accepted."""
        self.send(request_of())
        assert (await self.head()).startswith(b"HTTP/1.1 101 ")

    async def some(self, size: int = 1 << 16) -> bytes:
        async with asyncio.timeout(_LIMIT):
            return await self._reader.read(size)

    async def exactly(self, size: int) -> bytes:
        async with asyncio.timeout(_LIMIT):
            return await self._reader.readexactly(size)

    async def rest(self) -> bytes:
        """Return all that comes until the server ends the line."""
        async with asyncio.timeout(_LIMIT):
            return await self._reader.read()

    async def frames(self) -> list[tuple[int, bytes]]:
        """Return all frames that come until the server ends the line."""
        return read_by_client(await self.rest())

    async def closing(self) -> tuple[list[tuple[int, bytes]], CloseFrame]:
        """Return all frames that come until the end, and the close frame behind them."""
        *frames, (opcode, payload) = await self.frames()
        assert opcode == CLOSE
        return frames, read_close(payload)

    def reset(self) -> None:
        """Break the line without an end."""
        self.writer.transport.abort()


@asynccontextmanager
async def raw_websocket(
    url: str, *, opened: bool = True, context: ssl.SSLContext | None = None, limit: int = 1 << 16
) -> AsyncGenerator[RawWebSocket]:
    """Yield a line to `url`, `opened` or with no request sent yet; it reads ahead no more than `limit` bytes."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=context, limit=limit)
    raw = RawWebSocket(reader, writer)
    try:
        if opened:
            await raw.open()
        yield raw
    finally:
        writer.transport.abort()
