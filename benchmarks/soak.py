"""Many quiet clients for some minutes: does memory stay flat, and does nobody miss a ping or a message?

    python benchmarks/soak.py [CONNECTIONS] [MINUTES]

The service runs in a process of its own; this one holds the clients, and sends a message to all every 20 seconds,
so that pings (after 15 seconds of silence) come in between. Meanwhile a share of the clients leaves, and as many come.
The last line is the verdict; the exit code is 1 where something was missed, lost, doubled, or leaked.
"""

import asyncio
import json
import os
import platform
import resource
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from serverless_hub import HubContext, Negotiation
from serverless_hub.errors import ServerlessHubError

PING = 6
"""The type of a ping."""
INTERVAL = 20.0
"""Seconds between two messages."""
SETTLE = 2.0
"""Seconds within which a message has come, and no client comes or goes."""
CHURN = 0.05
"""The share of clients that leaves in each interval."""
LONGEST_SILENCE = 15.0 + 3.0
"""A ping comes after 15 seconds; the rest is for machines that are busy."""
WARM_UP = 3
"""Intervals until memory has to stay as it is."""
LEAK = 0.25
"""How much of the memory of those who have left since then the service may still have. It is a heap with holes."""
LEAST_GROWTH = 2.0
"""MiB that say nothing."""


class Client:
    """Reads all that comes, and checks it: after the message `first`, all in order, each once.

    Args:
        line: has said its handshake.
        first: the number of the first message that it has to hear.
    """

    def __init__(self, line: ClientConnection, first: int) -> None:
        self._line = line
        self._next = first
        self._last = time.monotonic()
        self.problems: list[str] = []
        self.pings = 0
        self.longest = 0.0
        """Seconds without anything."""
        self._reader = asyncio.create_task(self._read())

    def expect(self, following: int) -> None:
        """Check that all messages before the number `following` have come, and that it is still connected."""
        self._note_silence()
        if self._next != following:
            self.problems.append(f"message {self._next} has not come, {following - 1} was the last")
        if self._reader.done():
            self.problems.append("it was disconnected")

    async def leave(self) -> None:
        self._reader.cancel()
        await self._line.close()

    async def _read(self) -> None:
        with suppress(ConnectionClosed):  # Then `expect` finds that it has ended.
            async for frame in self._line:
                self._note_silence()
                self._last = time.monotonic()
                for record in str(frame).split("\x1e")[:-1]:
                    self._take(json.loads(record))

    def _take(self, message: dict[str, object]) -> None:
        if message["type"] == PING:
            self.pings += 1
        elif message.get("arguments") == [self._next]:
            self._next += 1
        else:
            self.problems.append(f"{message} has come instead of message {self._next}")

    def _note_silence(self) -> None:
        self.longest = max(self.longest, time.monotonic() - self._last)


class Soak:
    """All clients, those who have left included.

    Args:
        hub: sends the messages.
        pid: of the service.
    """

    def __init__(self, hub: HubContext, pid: int) -> None:
        self._hub = hub
        self._pid = pid
        self._clients: list[Client] = []
        self._sent = 0
        self._left = 0
        self._pings = 0
        self._longest = 0.0
        self._memory: list[float] = []
        self._each = 0.0
        """MiB of memory for each client."""
        self._problems: list[str] = []

    async def run(self, connections: int, minutes: float) -> bool:
        """Print what happens for so long; return whether all was well."""
        empty = resident(self._pid)
        await self._join(connections)
        self._each = (resident(self._pid) - empty) / connections
        print(f"{connections} connections, service at {resident(self._pid):.1f} MiB", flush=True)
        for number in range(1, max(WARM_UP + 1, round(minutes * 60 / INTERVAL)) + 1):
            due = time.monotonic() + INTERVAL
            await self._hub.clients.all.send("tick", self._sent)
            self._sent += 1
            await asyncio.sleep(SETTLE)
            await self._replace(round(connections * CHURN))
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self._memory.append(resident(self._pid))
            print(f"{number * INTERVAL:.0f} s: {self._memory[-1]:.1f} MiB, {self._left} have left", flush=True)
        for client in self._clients:
            self._part_from(client)
        return self._verdict(connections)

    async def _join(self, number: int) -> None:
        for _ in range(number):
            self._clients.append(await open_client(self._hub, self._sent))

    async def _replace(self, number: int) -> None:
        """Let those go who have been here for longest, and as many others come."""
        leaving, self._clients = self._clients[:number], self._clients[number:]
        for client in leaving:
            self._part_from(client)
            await client.leave()
        self._left += number
        await self._join(number)

    def _part_from(self, client: Client) -> None:
        client.expect(self._sent)
        self._problems += client.problems
        self._longest = max(self._longest, client.longest)
        self._pings += client.pings

    def _verdict(self, connections: int) -> bool:
        print(f"{self._sent} messages to {connections} clients each, {self._left} left and were replaced")
        print(f"{self._pings} pings; the longest silence was {self._longest:.1f} s")
        grown = self._memory[-1] - self._memory[WARM_UP - 1]
        since = self._left * (1 - WARM_UP / len(self._memory))
        allowed = max(LEAST_GROWTH, LEAK * since * self._each)
        print(
            f"{grown:+.1f} MiB since the first {WARM_UP * INTERVAL:.0f} s, up to {allowed:.1f} are allowed: "
            f"the {since:.0f} clients that have left since then had {since * self._each:.1f}"
        )
        failures = (
            [f"{len(self._problems)} problems of clients, such as: {self._problems[0]}"] if self._problems else []
        )
        if self._longest > LONGEST_SILENCE:
            failures.append(f"a client has missed a ping: nothing came for {self._longest:.1f} s")
        if grown > allowed:
            failures.append(f"memory has grown by more than {allowed:.1f} MiB")
        for failure in failures:
            print(f"FAILED: {failure}")
        if not failures:
            print("PASSED: memory flat, no ping missed, no message lost or doubled, nobody disconnected")
        return not failures


async def open_client(hub: HubContext, first: int) -> Client:
    info = await hub.negotiate(Negotiation())
    headers = {"Authorization": f"Bearer {info.accessToken}"}
    line = await connect(
        info.url.replace("http", "ws", 1),
        additional_headers=headers,
        compression=None,
        max_queue=None,
        ping_interval=None,
    )
    await line.send('{"protocol":"json","version":1}\x1e')
    await line.recv()
    return Client(line, first)


def resident(pid: int) -> float:
    """Return the memory of a process in MiB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def allow_files(number: int) -> None:
    """Let this process, and those that it starts, have so many files open, as far as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if wanted < number:
        print(f"the system allows {hard} open files only: raise `ulimit -Hn` where connections fail")
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@asynccontextmanager
async def service() -> AsyncGenerator[tuple[str, int]]:
    """Yield the connection string of a service in a process of its own, and the id of that."""
    command = [sys.executable, "-m", "serverless_hub.cli", "service", "--port", "0", "--json", "--log-level", "error"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield json.loads(await process.stdout.readline())["connectionString"], process.pid
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def soak(connections: int, minutes: float) -> bool:
    async with service() as (text, pid), HubContext.from_connection_string(text, "soak") as hub:
        try:
            return await Soak(hub, pid).run(connections, minutes)
        except (ServerlessHubError, WebSocketException, OSError) as error:
            print(f"FAILED: the service did not do what it was asked for: {type(error).__name__}: {error}")
            return False


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]]
    many = int(given[0]) if given else 2000
    allow_files(many + 500)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores")
    sys.exit(0 if asyncio.run(soak(many, given[1] if len(given) > 1 else 5)) else 1)
