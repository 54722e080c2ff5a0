"""A server that is told to stop while clients are connected: what happens to them, to the app, and to the stop."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub, ServiceSettings
from serverless_hub.protocol.messages import Invocation
from serverless_hub.service.asgi import Receive, Scope, Send
from tests.support.client import Client, connected
from tests.support.client_tokens import client_token
from tests.support.server import serving, with_each_websocket

__all__ = ["with_each_websocket"]  # pytest uses it by its name

pytestmark = pytest.mark.timeout(20)
KEY = "an-access-key-of-some-length"


class PlainApp:
    """The least that an embedded service needs of an app; it remembers what happened to it."""

    def __init__(self, service: EmbeddedService) -> None:
        self.service = service
        self.happened: list[str] = []
        self.called = asyncio.Event()
        self.answer = asyncio.Event()
        """Calls are not answered before."""
        self.answers_at_the_end = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await self.service.connect(scope, receive, send)
        else:
            await self._take(dict(scope["headers"])[b"x-asrs-event"].decode(), send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.service.start(self, "/events", ["chat"])
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if self.answers_at_the_end:
            self.answer.set()
        await self.service.stop()
        self.happened.append("stopped")
        await send({"type": "lifespan.shutdown.complete"})

    async def _take(self, event: str, send: Send) -> None:
        if event == "call":
            self.called.set()
            await self.answer.wait()
        self.happened.append(event)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    @asynccontextmanager
    async def client(self, url: str) -> AsyncGenerator[Client]:
        bearer = {"Authorization": f"Bearer {client_token(KEY, now=time.time())}"}
        async with connect(f"{url.replace('http', 'ws', 1)}/client/?hub=chat", additional_headers=bearer) as socket:
            yield Client(socket)


@pytest.mark.requirement("closing.stop")
async def test_the_app_hears_of_every_client_before_it_ends() -> None:
    app = PlainApp(EmbeddedService(access_key=KEY))
    async with AsyncExitStack() as stack:
        async with serving(app) as url:
            clients = [await stack.enter_async_context(app.client(url)) for _ in range(5)]
            for client in clients:
                assert await client.handshake() == {}
        assert app.happened == ["connected"] * 5 + ["disconnected"] * 5 + ["stopped"]
        for client in clients:
            with pytest.raises(ConnectionClosed) as closed:
                await client.receive()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012


async def test_a_client_in_its_handshake_does_not_hold_the_stop_up() -> None:
    app = PlainApp(EmbeddedService(access_key=KEY))
    async with AsyncExitStack() as stack:
        async with serving(app) as url:
            await stack.enter_async_context(app.client(url))
        assert app.happened == ["stopped"]


async def test_a_call_that_runs_is_ended_before_the_client_is_said_to_have_left() -> None:
    app = PlainApp(EmbeddedService(access_key=KEY))
    async with AsyncExitStack() as stack:
        async with serving(app) as url:
            client = await stack.enter_async_context(app.client(url))
            await client.handshake()
            await client.send(Invocation("call"))
            await app.called.wait()
            closed = asyncio.create_task(client.socket.wait_closed())
            closed.add_done_callback(lambda _: app.answer.set())
        assert app.happened == ["connected", "call", "disconnected", "stopped"]


async def test_a_server_that_cancels_what_runs_still_lets_the_app_hear_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = PlainApp(EmbeddedService(access_key=KEY))
    async with AsyncExitStack() as stack:
        async with serving(app, timeout_graceful_shutdown=0) as url:
            client = await stack.enter_async_context(app.client(url))
            await client.handshake()
            await client.send(Invocation("call"))
            await app.called.wait()
            app.answers_at_the_end = True
        assert app.happened == ["connected", "call", "disconnected", "stopped"]
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


async def test_a_call_that_never_ends_does_not_hold_the_stop_up_where_the_server_has_a_limit(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = ServiceSettings(stop_timeout=0.1)
    app = PlainApp(EmbeddedService(access_key=KEY, settings=settings))
    async with AsyncExitStack() as stack:
        async with serving(app, timeout_graceful_shutdown=0) as url:
            client = await stack.enter_async_context(app.client(url))
            await client.handshake()
            await client.send(Invocation("call"))
            await app.called.wait()
        assert app.happened[-1] == "stopped"
    assert "events were cut off" in caplog.text


class Chat(ServerlessHub):
    happened: list[str]

    async def on_connected(self) -> None:
        self.happened.append("connected")

    async def on_disconnected(self, error: str | None) -> None:
        self.happened.append(f"disconnected: {error}")


async def test_a_hub_s_on_disconnected_runs_before_the_lifespan_of_its_app_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    happened: list[str] = []
    monkeypatch.setattr(Chat, "happened", happened, raising=False)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[dict[str, Any]]:
        del app
        yield {}
        happened.append("lifespan ended")

    app = FastAPI(lifespan=lifespan)
    HubRouter(Chat, default_service=EmbeddedService()).install(app)
    async with AsyncExitStack() as stack:
        async with serving(app) as url:
            await stack.enter_async_context(connected(url))
            caplog.clear()
        assert happened == [
            "connected",
            "disconnected: The service stopped.",
            "lifespan ended",
        ]
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
