"""A server on a real socket that answers what a test says, well or badly, and keeps what came."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import orjson

from serverless_hub.clock import Clock, SystemClock
from serverless_hub.http_client import HttpClient
from serverless_hub.management.rest_sender import RestSender
from serverless_hub.management.send_options import SendOptions
from serverless_hub.management.service_client import ServiceClient
from serverless_hub.protocol.endpoint import Endpoint

KEY = "wire-wire-wire-wire-wire-wire-wire-32"
NEVER: Final = b""
"""Instead of an answer: wait."""
HANG_UP: Final = b"hang up"
"""Instead of an answer: close the connection."""


def answer(status: int, body: Any = None, **headers: str) -> bytes:
    """Return the bytes of an answer; `body` is sent as JSON unless it is bytes."""
    content = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
    lines = [f"HTTP/1.1 {status} Text", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


OK = answer(202)


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        pairs = parse_qsl(urlsplit(self.target).query, keep_blank_values=True)
        return [pair for pair in pairs if pair != ("api-version", "2024-12-01")]


@dataclass
class Wire:
    """What a test sees of the server."""

    answers: list[bytes] = field(default_factory=list[bytes])
    """One for each request, in order; afterwards `OK`."""
    url: str = ""
    requests: list[Request] = field(default_factory=list[Request])
    open_connections: int = 0
    most_connections: int = 0
    hold: asyncio.Event | None = None
    """Answers wait for it, if there is one."""
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def wait_for(self, requests: int) -> None:
        async with asyncio.timeout(10), self.arrived:
            await self.arrived.wait_for(lambda: len(self.requests) >= requests)

    async def wait_until_alone(self) -> None:
        async with asyncio.timeout(10), self.arrived:
            await self.arrived.wait_for(lambda: self.open_connections == 0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_connections += 1
        self.most_connections = max(self.most_connections, self.open_connections)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, OSError):
            pass  # The client is gone.
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            self.open_connections -= 1
            async with self.arrived:
                self.arrived.notify_all()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await _read(reader)
        number = len(self.requests)
        self.requests.append(request)
        async with self.arrived:
            self.arrived.notify_all()
        if self.hold is not None:
            await self.hold.wait()
        content = self.answers[number] if number < len(self.answers) else OK
        if content == HANG_UP:
            return False
        if content == NEVER:
            await reader.read(1)
            return False
        writer.write(content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if request.method == "HEAD" else content)
        await writer.drain()
        return True


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    line, *lines = head.rstrip().split("\r\n")
    method, target, _ = line.split(" ")
    pairs = (item.partition(": ") for item in lines)
    headers = {name.lower(): value for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body)


@asynccontextmanager
async def listening(*answers: bytes) -> AsyncGenerator[Wire]:
    wire = Wire(list(answers))
    async with await asyncio.start_server(wire.accept, "127.0.0.1", 0, backlog=500) as listener:
        wire.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        try:
            yield wire
        finally:
            await wire.stop()


@asynccontextmanager
async def opened() -> AsyncGenerator[HttpClient]:
    http = HttpClient()
    await http.open()
    try:
        yield http
    finally:
        await http.close()


@asynccontextmanager
async def client_of(endpoint: Endpoint, clock: Clock | None = None, **options: Any) -> AsyncGenerator[ServiceClient]:
    async with opened() as http:
        client = ServiceClient(endpoint, http, clock or SystemClock(), SendOptions(**options), random=lambda: 1.0)
        try:
            yield client
        finally:
            await client.close()


def endpoint_at(url: str) -> Endpoint:
    return Endpoint(url, KEY, client_url=url, server_url=url)


@asynccontextmanager
async def wired(*answers: bytes, clock: Clock | None = None, **options: Any) -> AsyncGenerator[tuple[Wire, RestSender]]:
    """Yield the server and a sender for the hub `chat`."""
    async with listening(*answers) as wire:
        endpoint = endpoint_at(wire.url)
        async with client_of(endpoint, clock, **options) as client:
            yield wire, RestSender(endpoint, "Chat", client)


@dataclass
class HastyClock:
    """Time that never lets anybody wait, and says for how long they would have."""

    now: float = 1_000_000_000.0
    waits: list[float] = field(default_factory=list[float])

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Any) -> asyncio.Handle:
        self.now += delay
        self.waits.append(delay)
        return asyncio.get_running_loop().call_soon(callback)
