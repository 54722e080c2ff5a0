"""A TCP proxy whose connections a test can cut."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

__all__ = ["CuttableProxy", "proxied"]


class CuttableProxy:
    """Passes bytes on, until it is cut.

    Args:
        target: the URL of a server.
        cuts: each WebSocket is cut after so many bytes behind its opening handshake, in both directions together, in
            the middle of a frame if it comes to that; those after the last number are not.
    """

    def __init__(self, target: str, cuts: Iterable[int] = ()) -> None:
        parts = urlsplit(target)
        self._target = parts.hostname, parts.port
        self._writers: set[asyncio.StreamWriter] = set()
        self._cuts = iter(cuts)
        self._flows = asyncio.Event()
        self._flows.set()
        self.count = 0
        """How many WebSockets it has cut by itself."""
        self.url = ""

    def cut(self) -> None:
        """End all connections as a pulled cable would: no goodbye."""
        for writer in list(self._writers):
            writer.transport.abort()
        self._flows.set()

    def freeze(self) -> None:
        """Pass nothing on any more, in either direction, and hang up nowhere, until `cut`."""
        self._flows.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Join one connection to the target."""
        onward_reader, onward_writer = await asyncio.open_connection(*self._target)
        pair = {writer, onward_writer}
        self._writers |= pair
        budget = _Budget()
        await asyncio.gather(
            self._copy(reader, onward_writer, budget, pair), self._copy(onward_reader, writer, budget, pair)
        )
        self._writers -= pair

    async def _copy(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        budget: "_Budget",
        pair: set[asyncio.StreamWriter],
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._flows.wait()
                if data.startswith(b"HTTP/1.1 101 "):
                    budget.left = next(self._cuts, None)
                    head, _, data = data.partition(b"\r\n\r\n")
                    writer.write(head + b"\r\n\r\n")
                writer.write(budget.allowed(data))
                await writer.drain()
                if budget.left == 0:
                    self.count += 1
                    budget.left = None
                    for each in pair:
                        each.close()  # What has been written still arrives.
        await self._flows.wait()
        await _close(writer)


class _Budget:
    """How many bytes one connection may still carry."""

    left: int | None = None

    def allowed(self, data: bytes) -> bytes:
        if self.left is None:
            return data
        data = data[: self.left]
        self.left -= len(data)
        return data


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def proxied(target: str, cuts: Iterable[int] = ()) -> AsyncGenerator[CuttableProxy]:
    """Yield a proxy in front of the server at the URL `target`."""
    proxy = CuttableProxy(target, cuts)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy.url = f"http://127.0.0.1:{port}"
    async with server:
        yield proxy
        proxy.cut()
