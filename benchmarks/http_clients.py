"""HTTP client libraries beside each other, as `serverless_hub/http_client.py` would use them.

    PYTHONPATH=. python benchmarks/http_clients.py

Each sends the same signed message 32 at a time to a server in another process, with a timeout and a bound for what is
read of the answer; the rounds are interleaved, so that a noisy machine disturbs all alike. Read the ratios. CPU is the
time that the client's process takes, with its threads: what is left for the app. `HttpClient` is ours, with all that
it checks. Wants `pip install pyreqwest httpx2` besides the package.
"""

import asyncio
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from importlib.metadata import version
from typing import Any

import aiohttp
import httpx2
import uvloop
from pyreqwest.client import ClientBuilder

from serverless_hub.http_client import HttpClient

ROUNDS, REQUESTS, IN_FLIGHT = 11, 1000, 32
BODY = b'{"target":"receiveMessage","arguments":["ann",{"text":"hello, everybody"}]}'
HEADERS = {
    "Authorization": "Bearer " + "x" * 260,
    "Content-Type": "application/json",
    "User-Agent": "serverless-hub",
}
MAX_BYTES, SECONDS, ACCEPTED = 65536, 5.0, 202
ANSWER = (
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 70\r\n\r\n"
    b'{"code":"","level":"Info","scope":"Request","errorKind":"Unknown"}    '
)

Send = Callable[[], Awaitable[int]]


class Server(asyncio.Protocol):
    """The least of a server: whatever comes with a whole body is answered."""

    def connection_made(self, transport: Any) -> None:
        self.transport, self.received = transport, b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0 and len(self.received) >= end + 4 + len(BODY):
            self.received = self.received[end + 4 + len(BODY) :]
            self.transport.write(ANSWER)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@asynccontextmanager
async def ours(url: str) -> AsyncGenerator[Send]:
    client = HttpClient()
    await client.open()

    async def send() -> int:
        answer = await client.request("POST", url, headers=HEADERS, body=BODY, timeout=SECONDS, max_bytes=MAX_BYTES)
        return answer.status

    yield send
    await client.close()


@asynccontextmanager
async def with_aiohttp(url: str) -> AsyncGenerator[Send]:
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout) as session:

        async def send() -> int:
            async with session.post(url, headers=HEADERS, data=BODY, allow_redirects=False) as response:
                size = 0
                async for chunk in response.content.iter_any():
                    size += len(chunk)
                    if size > MAX_BYTES:
                        raise ValueError
                return response.status

        yield send


@asynccontextmanager
async def with_pyreqwest(url: str) -> AsyncGenerator[Send]:
    builder = ClientBuilder().follow_redirects(False).timeout(timedelta(seconds=SECONDS))
    async with builder.build() as client:

        async def send() -> int:
            request = client.post(url).headers(HEADERS).body_bytes(BODY).build_streamed()
            async with request as response:
                size = 0
                while chunk := await response.body_reader.read_chunk():
                    size += len(chunk)
                    if size > MAX_BYTES:
                        raise ValueError
                return response.status

        yield send


@asynccontextmanager
async def with_httpx2(url: str) -> AsyncGenerator[Send]:
    async with httpx2.AsyncClient(timeout=SECONDS) as client:

        async def send() -> int:
            async with client.stream("POST", url, headers=HEADERS, content=BODY) as response:
                size = 0
                async for chunk in response.aiter_raw():
                    size += len(chunk)
                    if size > MAX_BYTES:
                        raise ValueError
                return response.status_code

        yield send


async def one_round(send: Send) -> tuple[float, float]:
    """Return requests per second, and microseconds of CPU for each."""
    left = REQUESTS

    async def worker() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            assert await send() == ACCEPTED

    start, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    return REQUESTS / took, cpu / REQUESTS * 1e6


async def compare(url: str) -> None:
    contenders = {"HttpClient": ours, "aiohttp": with_aiohttp, "pyreqwest": with_pyreqwest, "httpx2": with_httpx2}
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    async with AsyncExitStack() as stack:
        sends = {name: await stack.enter_async_context(open_(url)) for name, open_ in contenders.items()}
        for send in sends.values():
            await one_round(send)
        for _ in range(ROUNDS):
            for name, send in sends.items():
                results[name].append(await one_round(send))
    for name, rounds in results.items():
        rates, costs = ([one[index] for one in rounds] for index in (0, 1))
        print(
            f"  {name:10} {statistics.median(rates):7.0f} requests/s ({min(rates):.0f} to {max(rates):.0f}), "
            f"CPU {statistics.median(costs):4.0f} µs ({min(costs):.0f} to {max(costs):.0f}) each"
        )


def main() -> None:
    if "serve" in sys.argv:
        uvloop.run(serve())
        return
    names = ("aiohttp", "pyreqwest", "httpx2", "uvloop")
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, "
        + ", ".join(f"{name} {version(name)}" for name in names)
    )
    print(f"{ROUNDS} rounds of {REQUESTS} requests, {IN_FLIGHT} in flight: median (range)")
    with subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/api/hubs/chat/:send?api-version=2024-12-01"
        try:
            for loop, run in (("asyncio", asyncio.run), ("uvloop", uvloop.run)):
                print(f"on {loop}")
                run(compare(url))
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
