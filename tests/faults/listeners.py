"""Very many clients at little cost: each only counts what is broadcast."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.faults.crowd import LIMIT
from tests.faults.raw import text_frame, upgrade_request
from tests.support.http_transports import HANDSHAKE

__all__ = ["Listeners", "listeners"]

_MARK = b'"target":"tick","arguments":['


class _Listener(asyncio.Protocol):
    """Speaks just enough of a WebSocket: no frame of a service begins with what ends a message."""

    def __init__(self, crowd: "Listeners", token: str) -> None:
        self._crowd = crowd
        self._token = token
        self._heard = b""
        self.transport: asyncio.Transport
        self.numbers: list[int] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(upgrade_request(self._token))

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 101 "):
            self.transport.write(text_frame(HANDSHAKE))
        *messages, self._heard = (self._heard + data).split(b"\x1e")
        for message in messages:
            _, found, rest = message.partition(_MARK)
            if found:
                self._take(int(rest.partition(b",")[0]))

    def _take(self, number: int) -> None:
        if number >= self._crowd.first:
            self.numbers.append(number)
            self._crowd.note()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._crowd.lost += 1


class Listeners:
    """Clients that heard broadcasts."""

    def __init__(self) -> None:
        self.clients: list[_Listener] = []
        self.first = sys.maxsize
        """The number of the first broadcast that counts."""
        self.lost = 0
        """How many have been disconnected."""
        self._heard = 0
        self._changed = asyncio.Event()

    def note(self) -> None:
        """Count one broadcast that one client has heard."""
        self._heard += 1
        self._changed.set()

    async def heard(self, number: int) -> None:
        """Wait until all have heard so many broadcasts, together."""
        async with asyncio.timeout(LIMIT):
            while self._heard < number * len(self.clients):
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def listeners(url: str, token: str, number: int) -> AsyncGenerator[Listeners]:
    """Yield so many clients, whose handshakes may still be on the way."""
    host, _, port = urlsplit(url).netloc.partition(":")
    found = Listeners()
    try:
        for _ in range(number):
            _, client = await asyncio.get_running_loop().create_connection(
                lambda: _Listener(found, token), host, int(port)
            )
            found.clients.append(client)
        yield found
    finally:
        for client in found.clients:
            client.transport.abort()
