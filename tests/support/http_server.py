"""An HTTP server on one of several protocol classes, and a client that writes and reads bytes."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from tests.support.clock import settle
from tests.support.server import listen

__all__ = ["LIMIT", "Client", "HttpServer", "answer", "body_of", "connect", "http_server"]

LIMIT = 10.0
"""Seconds after which a test gives up waiting."""

_BARE: dict[str, Any] = {"log_config": None, "lifespan": "off", "date_header": False, "server_header": False}


class HttpServer:
    """A server that runs.

    Args:
        server: uvicorn's.
        task: what it runs in.
        port: where it listens.
    """

    def __init__(self, server: uvicorn.Server, task: "asyncio.Task[None]", port: int) -> None:
        self.server = server
        self.task = task
        self.port = port

    async def stop(self) -> None:
        """Let it stop, and wait until it has."""
        self.server.should_exit = True
        await asyncio.wait_for(asyncio.shield(self.task), LIMIT)

    async def ask(self, *segments: bytes) -> bytes:
        """Send `segments`, and return everything until the server ends the line."""
        async with connect(self) as client:
            for segment in segments:
                await client.send(segment)
            return await client.read_all()


class Client:
    """One line to a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Write, and let the server read it as a segment of its own."""
        self.writer.write(data)
        await self.writer.drain()
        await settle()

    async def read_until(self, end: bytes) -> bytes:
        """Read up to `end`, and with it."""
        return await asyncio.wait_for(self.reader.readuntil(end), LIMIT)

    async def read_all(self) -> bytes:
        """Read until the server ends the line."""
        parts: list[bytes] = []
        try:
            while part := await asyncio.wait_for(self.reader.read(65_536), LIMIT):
                parts.append(part)
        except ConnectionResetError:
            pass  # The server has not read all that was sent.
        return b"".join(parts)


@asynccontextmanager
async def connect(server: HttpServer) -> AsyncGenerator[Client]:
    """Open a line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


@asynccontextmanager
async def http_server(app: Any, http: Any, **options: Any) -> AsyncGenerator[HttpServer]:
    """Run `app` on the protocol class `http`, without the headers that uvicorn adds by itself."""
    listener: socket.socket = listen()
    server = uvicorn.Server(uvicorn.Config(app, http=http, **{**_BARE, **options}))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    running = HttpServer(server, task, listener.getsockname()[1])
    try:
        while not server.started:
            await settle()
        yield running
    finally:
        await running.stop()
        listener.close()


async def answer(send: Callable[[Any], Awaitable[None]], body: bytes = b"", status: int = 200, **headers: str) -> None:
    """Send a whole response with its length."""
    fields = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [length, *fields]})
    await send({"type": "http.response.body", "body": body})


async def body_of(receive: Callable[[], Awaitable[Any]]) -> bytes:
    """Read the whole body of a request."""
    body = b""
    while True:
        message = await receive()
        assert message["type"] == "http.request"
        body += bytes(message["body"])
        if not message["more_body"]:
            return body
