"""A SignalR client in few lines, for what real clients would never do and for looking at every message."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect

from serverless_hub.protocol.codec import JSON, HubProtocol
from serverless_hub.protocol.messages import Completion, HubMessage, Invocation, Ping

__all__ = ["Client", "connected", "negotiate", "websocket_url"]

_LIMIT = 10.0
"""Seconds that a test waits for anything."""


class Client:
    """Speaks one hub protocol over an open WebSocket."""

    def __init__(self, socket: ClientConnection, protocol: HubProtocol = JSON) -> None:
        self.socket = socket
        self.protocol = protocol
        self._splitter = protocol.splitter(1 << 24)
        self._messages: list[HubMessage | None] = []
        self._calls = 0

    async def handshake(self) -> Any:
        """Send a handshake and return the service's answer."""
        await self.socket.send(f'{{"protocol":"{self.protocol.name}","version":1}}\x1e')
        answer = await self.frame()
        record, _, rest = answer.partition(b"\x1e")
        self._take(rest)
        return json.loads(record)

    async def frame(self) -> bytes:
        """Return the next frame's payload."""
        async with asyncio.timeout(_LIMIT):
            data = await self.socket.recv()
        return data.encode() if isinstance(data, str) else data

    async def send(self, message: HubMessage) -> None:
        data = self.protocol.encode(message)
        await self.socket.send(data if self.protocol.binary else data.decode())

    async def receive(self) -> HubMessage:
        """Return the next message that is not a ping."""
        while True:
            while self._messages:
                message = self._messages.pop(0)
                if message is not None and not isinstance(message, Ping):
                    return message
            self._take(await self.frame())

    async def invoke(self, target: str, *arguments: Any) -> Completion:
        """Call a method and return its completion; other messages before it are dropped."""
        self._calls += 1
        await self.send(Invocation(target, arguments, str(self._calls)))
        while not isinstance(message := await self.receive(), Completion):
            pass
        return message

    async def call_of(self, target: str) -> list[Any]:
        """Return the arguments of the next call of `target` by the service; other messages are dropped."""
        while True:
            message = await self.receive()
            if isinstance(message, Invocation) and message.target == target:
                arguments: list[Any] = self.protocol.decode_value(message.arguments)
                return arguments

    def result_of(self, completion: Completion) -> Any:
        """Return the decoded result."""
        return self.protocol.decode_value(completion.result)

    def _take(self, data: bytes) -> None:
        self._messages += [self.protocol.decode(payload) for payload in self._splitter.feed(data)]


async def negotiate(base_url: str, hub: str = "chat", query: str = "", **headers: str) -> dict[str, str]:
    """Ask the app where to connect."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{base_url}/{hub}/negotiate?negotiateVersion=1&{query}", headers=headers) as response,
    ):
        assert response.status == 200, await response.text()
        answer: dict[str, str] = await response.json()
        return answer


def websocket_url(answer: dict[str, str]) -> str:
    """Return where a WebSocket without a second negotiate goes."""
    return answer["url"].replace("http", "ws", 1)


@asynccontextmanager
async def connected(
    base_url: str, hub: str = "chat", protocol: HubProtocol = JSON, query: str = "", **headers: str
) -> AsyncGenerator[Client]:
    """Yield a client that is connected to `hub`, its handshake done."""
    answer = await negotiate(base_url, hub, query, **headers)
    bearer = {"Authorization": f"Bearer {answer['accessToken']}"}
    async with connect(websocket_url(answer), additional_headers=bearer) as socket:
        client = Client(socket, protocol)
        assert await client.handshake() == {}
        yield client
