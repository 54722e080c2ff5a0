"""HTTP by hand, for what no HTTP client would send."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.routing.caller import WEBHOOK, Headers

__all__ = ["RawConnection", "chunked", "connection", "head", "request"]

_LIMIT = 10.0
"""Seconds that a test waits for an answer."""


def head(headers: Headers, path: str = WEBHOOK, method: str = "POST") -> bytes:
    """Return a request up to its body; values go out as UTF-8."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode()


def request(headers: Headers, body: bytes = b"", path: str = WEBHOOK, method: str = "POST") -> bytes:
    return head([*headers, ("Content-Length", str(len(body)))], path, method) + body


def chunked(headers: Headers, chunks: Iterable[bytes]) -> bytes:
    """Return a request whose body comes in chunks."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head([*headers, ("Transfer-Encoding", "chunked")]) + body + b"0\r\n\r\n"


class RawConnection:
    """One TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self) -> tuple[int, bytes]:
        """Return status and body of the next response, which has to say how long it is."""
        async with asyncio.timeout(_LIMIT):
            lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            lengths = [line.partition(":")[2] for line in lines if line.lower().startswith("content-length:")]
            (length,) = map(int, lengths)
            return int(lines[0].split()[1]), await self._reader.readexactly(length)

    async def ask(self, data: bytes) -> tuple[int, bytes]:
        await self.send(data)
        return await self.answer()

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@asynccontextmanager
async def connection(url: str) -> AsyncGenerator[RawConnection]:
    """Yield a connection to the server at `url`."""
    parts = urlsplit(url)
    opened = RawConnection(*await asyncio.open_connection(parts.hostname, parts.port))
    try:
        yield opened
    finally:
        await opened.close()
