"""A plain ASGI app that takes WebSockets as a test scripts it, and remembers what it saw."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from serverless_hub.server.websocket import WebSocketProtocol
from serverless_hub.service.asgi import Message, Receive, Scope, Send
from tests.support.clock import settle

__all__ = ["Script", "WebSocketApp", "accept", "echo", "on_both", "ws_url"]

_LIMIT = 10.0
Script = Callable[[Receive, Send], Awaitable[None]]
on_both = pytest.mark.parametrize("ws", [WebSocketProtocol, "websockets-sansio"], ids=["ours", "uvicorn"])


async def accept(receive: Receive, send: Send, **how: Any) -> None:
    """Open the WebSocket."""
    await receive()
    await send({"type": "websocket.accept", **how})


def ws_url(url: str, path: str = "/") -> str:
    """Return where the WebSockets of the app at `url` are."""
    return url.replace("http", "ws", 1) + path


async def echo(receive: Receive, send: Send) -> None:
    """Accept, and send back what comes until the end."""
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


class WebSocketApp:
    """Runs `script` for every WebSocket."""

    def __init__(self, script: Script = echo) -> None:
        self.script = script
        self.scopes: list[Scope] = []
        self.seen: list[Message] = []
        """What was received, over all WebSockets."""
        self.errors: list[BaseException] = []
        """What scripts have ended with."""
        self._begun: asyncio.Queue[None] = asyncio.Queue()
        self._over: asyncio.Queue[None] = asyncio.Queue()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
            return

        async def receive_and_remember() -> Message:
            message = await receive()
            self.seen.append(message)
            return message

        self.scopes.append(scope)
        self._begun.put_nowait(None)
        try:
            await self.script(receive_and_remember, send)
        except BaseException as error:
            self.errors.append(error)
            raise
        finally:
            self._over.put_nowait(None)

    async def begun(self) -> None:
        """Wait until one more script has begun, and has received what was there."""
        async with asyncio.timeout(_LIMIT):
            await self._begun.get()
        await settle()

    async def over(self) -> None:
        """Wait until the script for one more WebSocket has ended."""
        async with asyncio.timeout(_LIMIT):
            await self._over.get()

    @property
    def disconnect(self) -> Message:
        """The only disconnect."""
        (found,) = [message for message in self.seen if message["type"] == "websocket.disconnect"]
        return found
