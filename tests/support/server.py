"""Real uvicorn in the test's own event loop, on a port that the system chooses."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from serverless_hub.server.websocket import WebSocketProtocol

__all__ = ["listen", "serving", "serving_at", "url_of", "with_each_websocket"]

_classes: list[Any] = ["auto"]


@pytest.fixture(params=["auto", WebSocketProtocol], ids=["uvicorn's", "ours"], autouse=True)
def with_each_websocket(request: pytest.FixtureRequest) -> Generator[None]:
    """Run the tests of the module that has this twice: with the WebSockets of uvicorn, and with ours."""
    _classes.append(request.param)
    yield
    _classes.pop()


def listen() -> socket.socket:
    """Return a socket that listens on a free port."""
    # With the protocol named, asyncio turns off Nagle's algorithm, which would hold answers back.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def url_of(listener: socket.socket) -> str:
    """Return where what listens can be reached."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@asynccontextmanager
async def serving(app: Any, listener: socket.socket | None = None, **options: Any) -> AsyncGenerator[str]:
    """Yield the base URL of `app`; requests wait until it has started."""
    listener = listener or listen()
    async with serving_at(listener, app, **options):
        yield url_of(listener)


@asynccontextmanager
async def serving_at(listener: socket.socket, app: Any, **options: Any) -> AsyncGenerator[None]:
    """Serve `app` at a listener of any kind."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on", **{"ws": _classes[-1], **options}))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await task
        listener.close()
