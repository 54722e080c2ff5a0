"""pysignalr, driven line by line."""

import asyncio
import json
import sys
from typing import Any

from pysignalr.client import SignalRClient
from pysignalr.protocol.json import JSONProtocol
from pysignalr.protocol.messagepack import MessagepackProtocol

from tests.clients.matrix.lines import pack, say, unpack

__all__ = ["Connection", "main"]

_ANSWERS = {"colour": "green", "nothing": None}


class Connection:
    """One client, with calls that return, and its end as an event."""

    def __init__(self, name: str, url: str, protocol: str) -> None:
        self._name = name
        self._client = SignalRClient(
            url,
            protocol=MessagepackProtocol() if protocol == "messagepack" else JSONProtocol(),
            headers={"name": name},
            max_size=None,  # Otherwise it takes no message of more than 1 MiB.
        )
        self._calls: list[asyncio.Future[Any]] = []
        self._open = asyncio.Event()
        self._client.on_open(self._opened)
        self._client.on_error(self._failed)
        self._client.on("heard", self._hear)
        self._client.on("askedFor", self._asked)
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._open.clear()
        self._running = asyncio.create_task(self._run())
        opening = asyncio.create_task(self._open.wait())
        await asyncio.wait({opening, self._running}, return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            opening.cancel()
            raise ConnectionError("it ended before it was open")

    async def stop(self) -> None:
        assert self._running is not None
        self._running.cancel()
        await asyncio.wait([self._running])

    async def send(self, target: str, arguments: list[Any]) -> None:
        await self._client.send(target, arguments)

    async def invoke(self, target: str, arguments: list[Any]) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        async def answered(completion: Any) -> None:
            if not answer.done():  # It is called for an error, too.
                answer.set_result(completion.result)

        self._calls.append(answer)
        try:
            await self._client.send(target, arguments, on_invocation=answered)
            return await answer
        finally:
            self._calls.remove(answer)

    async def _run(self) -> None:
        try:
            await self._client.run()
        except Exception as error:  # noqa: BLE001 - whatever it is, it has ended
            say(event="closed", name=self._name, value=f"{type(error).__name__}: {error}")

    async def _opened(self) -> None:
        if self._open.is_set():
            say(event="reconnected", name=self._name)
        self._open.set()

    async def _failed(self, completion: Any) -> None:
        (call,) = self._calls  # It does not tell a call its id, so that no other may be under way.
        call.set_exception(RuntimeError(completion.error))

    async def _hear(self, arguments: list[Any]) -> None:
        say(event="heard", name=self._name, value=pack(arguments[0]))

    async def _asked(self, arguments: list[Any]) -> Any:
        if arguments[0] == "throw":
            raise ValueError("no idea")
        return _ANSWERS[arguments[0]]


async def _obey(command: dict[str, Any], connections: dict[str, Connection], protocol: str) -> Any:
    name = command["name"]
    if command["do"] == "start":
        connection = connections.setdefault(name, Connection(name, command["url"], protocol))
        return await connection.start()
    if command["do"] == "stop":
        return await connections[name].stop()
    call = connections[name].invoke if command["do"] == "invoke" else connections[name].send
    return pack(await call(command["target"], unpack(command["arguments"])))


async def _answer(command: dict[str, Any], connections: dict[str, Connection], protocol: str) -> None:
    try:
        say(id=command["id"], result=await _obey(command, connections, protocol))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        say(id=command["id"], error=str(error))


async def main(protocol: str) -> None:
    """Obey until there are no more commands."""
    connections: dict[str, Connection] = {}
    tasks: set[asyncio.Task[None]] = set()
    while line := await asyncio.to_thread(sys.stdin.readline):
        tasks.add(asyncio.create_task(_answer(json.loads(line), connections, protocol)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[2]))
