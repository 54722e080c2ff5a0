"""A client in a process of its own, and what a test tells it to do; `lines` has the language."""

import asyncio
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from tests.clients.matrix.lines import pack, unpack
from tests.clients.matrix.table import Cell
from tests.support.client_tokens import client_token

__all__ = ["IMPATIENT", "KEY", "PATIENT", "Agent", "ClientError", "agent"]

KEY = "an-access-key-of-some-length"
"""Of the service, for those clients that go to it straight."""
PATIENT = (0, 100, 200, 400, *[500] * 30)
"""Milliseconds before each attempt to come back, enough for a server to start."""
IMPATIENT = (0, 50)
"""The same, for what is not going to work."""
_ROOT = Path(__file__).parents[3]
_LIMIT = 20.0
"""Seconds that a test waits for an answer or an event."""
_LINE = 16 * 1024 * 1024
"""Bytes that a line may have."""
_PROGRAMS = {
    "javascript": ["node", "tests/clients/scenarios/agent.js"],
    "pysignalr": [sys.executable, "-m", "tests.clients.matrix.pysignalr_agent"],
    "signalrcore": [sys.executable, "-m", "tests.clients.matrix.signalrcore_agent"],
}
_IMPATIENT = {"WEBSOCKETS_BACKOFF_INITIAL_DELAY": "0.1", "WEBSOCKETS_BACKOFF_MIN_DELAY": "0.1"}
"""pysignalr waits up to five seconds before it tries again; the library below it can be told not to."""


class ClientError(Exception):
    """What the client has heard or thrown instead of an answer."""


class Agent:
    """A client with any number of connections, each by its user's name."""

    def __init__(self, process: asyncio.subprocess.Process, cell: Cell, url: str) -> None:
        self._process = process
        self._cell = cell
        self._url = url
        self._ids = count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._events: defaultdict[tuple[str, str], asyncio.Queue[Any]] = defaultdict(asyncio.Queue)

    async def start(
        self, name: str, *, reconnect: tuple[int, ...] = (), stateful: bool = False, token: str = ""
    ) -> Any:
        """Connect as the user `name`, or once more; with a `token`, straight to the service.

        Args:
            name: the user, and what the connection is called here.
            reconnect: milliseconds before each attempt to come back by itself; only the official client counts them.
            stateful: ask for stateful reconnect.
            token: the access token that it will have for good.
        """
        if not token and self._cell.goes_straight:
            token = client_token(KEY, now=time.time(), user_id=name)
        path = "/_signalr/client/?hub=chat" if token else "/chat"
        address = self._url + path
        return await self._do("start", name, url=address, token=token, reconnect=reconnect, stateful=stateful)

    async def invoke(self, name: str, target: str, *arguments: Any) -> Any:
        """Return what the hub's method `target` returns.

        Raises:
            ClientError: it did not.
        """
        return await self._do("invoke", name, target=target, arguments=pack([*arguments]))

    async def send(self, name: str, target: str, *arguments: Any) -> None:
        """Call the hub's method `target` without waiting for its answer."""
        await self._do("send", name, target=target, arguments=pack([*arguments]))

    async def stop(self, name: str) -> None:
        """Leave."""
        await self._do("stop", name)

    async def next(self, name: str, event: str) -> Any:
        """Return the value of the next `event` of a connection."""
        try:
            async with asyncio.timeout(_LIMIT):
                return await self._events[name, event].get()
        except TimeoutError:
            raise AssertionError(f"{name} heard no {event!r}, but {self.seen()}") from None

    def seen(self) -> dict[tuple[str, str], int]:
        """Return how many events wait to be asked for."""
        return {key: queue.qsize() for key, queue in self._events.items()}

    async def _do(self, what: str, name: str, **options: Any) -> Any:
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        command = {"id": number, "do": what, "name": name, **options}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        async with asyncio.timeout(_LIMIT):
            await self._process.stdin.drain()
            return await answer

    async def read(self) -> None:
        """Give each line to who waits for it, to the end of all."""
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            if "event" in said:
                self._events[said["name"], said["event"]].put_nowait(unpack(said.get("value")))
                continue
            answer = self._answers.pop(said["id"])
            if answer.done():
                continue
            if "error" in said:
                answer.set_exception(ClientError(said["error"]))
            else:
                answer.set_result(unpack(said.get("result")))


@asynccontextmanager
async def agent(cell: Cell, url: str) -> AsyncGenerator[Agent]:
    """Yield the client of a cell for the app at `url`; what it says on stderr is shown with a failure."""
    process = await asyncio.create_subprocess_exec(
        *_PROGRAMS[cell.client], cell.transport, cell.protocol,
        cwd=_ROOT, env=os.environ | _IMPATIENT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        limit=_LINE,
    )  # fmt: skip
    driven = Agent(process, cell, url)
    reading = asyncio.create_task(driven.read())
    try:
        yield driven
    finally:
        process.kill()
        await process.wait()
        await reading
