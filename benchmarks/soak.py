"""Many quiet clients for some minutes: does memory stay flat, and does nobody miss a ping or a message?

    python benchmarks/soak.py [CONNECTIONS] [MINUTES]

The service runs in a process of its own; this one holds the clients, and sends a message to all every 20 seconds,
so that pings (after 15 seconds of silence) come in between.
Read how memory changes after the first minute, not how much it is: clients of the test cost memory of their own here.
"""

import asyncio
import json
import os
import platform
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from serverless_hub import HubContext, Negotiation

INTERVAL = 20
PING = '{"type":6}\x1e'


class Client:
    """Reads all that comes."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self.seen: Counter[str] = Counter()
        self.last = time.monotonic()
        self.longest = 0.0
        """Seconds without anything."""

    async def read(self) -> None:
        async for frame in self._line:
            now = time.monotonic()
            self.longest, self.last = max(self.longest, now - self.last), now
            for record in str(frame).split("\x1e")[:-1]:
                self.seen["ping" if record == PING[:-1] else "message"] += 1


async def open_client(stack: AsyncExitStack, hub: HubContext) -> Client:
    info = await hub.negotiate(Negotiation())
    headers = {"Authorization": f"Bearer {info.accessToken}"}
    line = connect(info.url.replace("http", "ws", 1), additional_headers=headers, compression=None, max_queue=None)
    socket = await stack.enter_async_context(line)
    await socket.send('{"protocol":"json","version":1}\x1e')
    await socket.recv()
    return Client(socket)


def resident(pid: int) -> float:
    """Return the memory of a process in MiB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def soak(connections: int, minutes: float) -> None:
    command = [sys.executable, "-m", "serverless_hub.cli", "service", "--port", "0", "--json", "--log-level", "error"]
    service = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert service.stdout is not None
    said = json.loads(await service.stdout.readline())
    try:
        async with (
            HubContext.from_connection_string(said["connectionString"], "soak") as hub,
            AsyncExitStack() as stack,
        ):
            clients = [await open_client(stack, hub) for _ in range(connections)]
            readers = [asyncio.create_task(client.read()) for client in clients]
            print(f"{connections} connections, service at {resident(service.pid):.0f} MiB")
            sent, end = 0, time.monotonic() + minutes * 60
            while time.monotonic() < end:
                await hub.clients.all.send("tick", sent)
                sent += 1
                await asyncio.sleep(INTERVAL)
                print(f"{sent * INTERVAL} s: {resident(service.pid):.1f} MiB")
            await asyncio.sleep(2)
            pings = Counter(client.seen["ping"] for client in clients)
            lost = sum(sent - client.seen["message"] for client in clients)
            longest = max(client.longest for client in clients)
            print(f"{sent} messages to each, {lost} lost; the longest silence was {longest:.1f} s")
            print(f"pings, and how many clients had so many: {dict(pings)}")
            print(f"closed: {sum(reader.done() for reader in readers)}; service at {resident(service.pid):.1f} MiB")
    finally:
        service.terminate()
        await service.wait()


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]]
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores")
    asyncio.run(soak(int(given[0]) if given else 2000, given[1] if len(given) > 1 else 5))
