"""A process that sends over REST, 32 requests in flight.

    python -m benchmarks.load.rest '{"port": 8000, "mode": "hub", "seconds": 1}'

`hub` sends through a hub's context, `bare` posts the same with the same HTTP client and nothing else, and `count` tells
how many tokens are signed for 500 sends.
"""

import asyncio
import cProfile
import json
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Literal

import uvloop

from benchmarks.harness.counting import calls_of
from benchmarks.harness.samples import Measures
from benchmarks.harness.servers import KEY, Server
from benchmarks.load.child import measured_by
from serverless_hub import HubContext
from serverless_hub.http_client import HttpClient

__all__ = ["Mode", "main", "rest"]

Mode = Literal["hub", "bare", "count"]
_IN_FLIGHT = 32
_COUNTED = 500
_TEXT = "x" * 100


def rest(mode: Mode, seconds: float) -> Callable[[Server], Measures]:
    """Return what sends in a process of its own, on the core of loads; `cpu` is the sender's."""

    def run(server: Server) -> Measures:
        return measured_by("benchmarks.load.rest", {"port": server.port, "mode": mode, "seconds": seconds})

    return run


@asynccontextmanager
async def _through_hub(port: int) -> AsyncGenerator[Callable[[], Awaitable[None]]]:
    text = f"Endpoint=http://127.0.0.1:{port};AccessKey={KEY};Version=1.0;"
    async with HubContext.from_connection_string(text, "chat") as hub:

        async def send() -> None:
            await hub.clients.all.send("message", _TEXT)

        yield send


@asynccontextmanager
async def _by_client(port: int) -> AsyncGenerator[Callable[[], Awaitable[None]]]:
    client = HttpClient()
    await client.open()
    url = f"http://127.0.0.1:{port}/api/hubs/chat/:send?api-version=2024-12-01"
    body = json.dumps({"target": "message", "arguments": [_TEXT]}).encode()
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + "x" * 200}

    async def send() -> None:
        await client.request("POST", url, headers=headers, body=body, timeout=10, max_bytes=1 << 20)

    try:
        yield send
    finally:
        await client.close()


async def _measure(send: Callable[[], Awaitable[None]], seconds: float) -> dict[str, float]:
    done, end = 0, time.perf_counter() + seconds

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await send()
            done += 1

    await send()
    start, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(_IN_FLIGHT)))
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"rate": done / took, "done": done, "cpu": cpu / done * 1e6}


async def _count(send: Callable[[], Awaitable[None]]) -> dict[str, float]:
    """Return how often a token was signed, as the profiler saw it."""
    profile = cProfile.Profile()
    with profile:
        for _ in range(_COUNTED):
            await send()
    return {"value": calls_of(profile, "sign_token"), "done": _COUNTED}


async def _run(port: int, mode: Mode, seconds: float) -> dict[str, float]:
    async with (_by_client if mode == "bare" else _through_hub)(port) as send:
        return await (_count(send) if mode == "count" else _measure(send, seconds))


def main() -> None:
    """Send as the command line says, and print what was measured."""
    print(json.dumps(uvloop.run(_run(**json.loads(sys.argv[1])))))


if __name__ == "__main__":
    main()
