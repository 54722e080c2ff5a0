"""A client that the app refuses is also cut off, where its service does not promise to do that itself."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, HTTPException, Request

from serverless_hub import ConnectionRejected, HubRouter, ServerlessHub
from serverless_hub.clock import Clock
from serverless_hub.management.retry import RetryPolicy
from serverless_hub.management.send_options import SendOptions
from serverless_hub.protocol.messages import Close
from serverless_hub.routing import refusals
from tests.routing.conftest import LogWatch
from tests.support.client import Client, connected
from tests.support.clock import ManualClock
from tests.support.server import serving
from tests.support.services import KEY, closed, service
from tests.support.upstream import Caller

SETTING = "AzureSignalRConnectionString"


class Chat(ServerlessHub):
    async def on_connected(self) -> None:
        if self.context.user_id == "mistake":
            raise ValueError("a mistake of the app")
        if self.context.user_id != "welcome":
            raise ConnectionRejected("not you")

    async def on_disconnected(self) -> None:
        raise ConnectionRejected("too late")

    async def refuse(self) -> None:
        raise ConnectionRejected("not now")


async def nobody() -> None:
    raise HTTPException(403, "nobody")


class Injected(ServerlessHub, hub="chat"):
    async def on_connected(self, *, _: Annotated[None, Depends(nobody)]) -> None: ...


@asynccontextmanager
async def app_at(
    there: str, monkeypatch: pytest.MonkeyPatch, clock: Clock | None = None, hub: type[ServerlessHub] = Chat
) -> AsyncGenerator[str]:
    """Yield the URL of an app whose service is elsewhere."""
    monkeypatch.setenv(SETTING, f"Endpoint={there};AccessKey={KEY};Version=1.0;")
    app = FastAPI()
    HubRouter(hub, send_options=SendOptions(retry=RetryPolicy.none()), clock=clock).install(app)
    async with serving(app) as url:
        yield url


@asynccontextmanager
async def client_and_app(
    monkeypatch: pytest.MonkeyPatch, hub: type[ServerlessHub] = Chat
) -> AsyncGenerator[tuple[Client, Caller]]:
    """Yield a client at a service elsewhere, and what posts that client's events to the app."""
    async with service() as there, app_at(there, monkeypatch, hub=hub) as url, connected(url) as client:
        connection_id = client.result_of(await client.invoke("my_id"))
        yield client, Caller(url, connection_id=connection_id, key=KEY)


@pytest.mark.requirement("completion.connected.closes")
async def test_a_refused_client_is_closed_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with client_and_app(monkeypatch) as (client, caller):
        assert (await caller.connect()).status == 403
        message = await client.receive()
        assert isinstance(message, Close)
        assert message.error == "not you"
    assert f"closed connection {caller.connection_id}, which was refused" in caplog.text


async def test_it_is_closed_also_where_a_dependency_refused_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with client_and_app(monkeypatch, Injected) as (client, caller):
        assert (await caller.connect()).status == 403
        message = await client.receive()
        assert isinstance(message, Close)
        assert message.error == "nobody"


@pytest.mark.requirement("completion.connected.closes")
@pytest.mark.parametrize(("user", "status"), [("welcome", 200), ("mistake", 500)])
async def test_nobody_else_is_closed(user: str, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async with client_and_app(monkeypatch) as (client, caller):
        assert (await caller.connect(X_ASRS_User_Id=user)).status == status
        assert (await caller.invoke("refuse")).error() == "not now"
        assert (await caller.disconnect()).status == 200
        assert client.result_of(await client.invoke("my_id")) == caller.connection_id


async def test_what_cannot_be_closed_is_logged_and_the_answer_is_the_same(
    monkeypatch: pytest.MonkeyPatch, log_watch: LogWatch
) -> None:
    with closed() as down:
        async with app_at(down, monkeypatch) as url:
            answer = await Caller(url, key=KEY).connect()
            assert (answer.status, answer.body) == (403, b'{"error":"not you"}')
            await log_watch.until("connection c1 was refused and stays open: ")
            assert (await Caller(url, key=KEY).connect()).status == 403


@asynccontextmanager
async def deaf() -> AsyncGenerator[tuple[str, asyncio.Semaphore]]:
    """Yield the URL of a service that takes requests and never answers, and what counts them."""
    app, asked = FastAPI(), asyncio.Semaphore(0)

    @app.delete("/{path:path}")
    async def never(request: Request, path: str) -> None:
        asked.release()
        while (await request.receive())["type"] != "http.disconnect":
            pass

    async with serving(app) as url:
        yield url, asked


async def test_a_service_that_does_not_answer_does_not_hold_the_answer_back(
    monkeypatch: pytest.MonkeyPatch, log_watch: LogWatch
) -> None:
    clock = ManualClock(time.time())
    async with deaf() as (there, asked), app_at(there, monkeypatch, clock) as url:
        assert (await Caller(url, key=KEY).connect()).status == 403
        await asked.acquire()
        await clock.advance(30)
        await log_watch.until("connection c1 was refused and stays open")


async def test_too_many_at_once_are_not_closed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(refusals, "_MOST", 1)
    clock = ManualClock(time.time())
    async with deaf() as (there, asked), app_at(there, monkeypatch, clock) as url:
        assert (await Caller(url, key=KEY).connect()).status == 403
        await asked.acquire()
        assert (await Caller(url, connection_id="c2", key=KEY).connect()).status == 403
        assert "connection c2 was refused and stays open: too many at once" in caplog.text
        await clock.advance(30)


async def test_an_app_that_stops_waits_for_what_is_being_closed_but_not_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refusals, "_STOP_SECONDS", 0.05)
    async with deaf() as (there, asked), asyncio.timeout(4), app_at(there, monkeypatch) as url:
        assert (await Caller(url, key=KEY).connect()).status == 403
        await asked.acquire()
