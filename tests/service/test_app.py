"""The service as an app of its own, behind real uvicorn, with an app that it reaches over HTTP."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import ClassVar

import aiohttp
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from serverless_hub import HubRouter, ServerlessHub, ServiceSettings
from serverless_hub.clock import SystemClock
from serverless_hub.http_client import HttpClient
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.service.app import ServiceApp
from serverless_hub.service.http_upstream import HttpUpstream
from serverless_hub.service.service import SignalRService
from serverless_hub.service.upstream_template import UpstreamTemplate
from tests.support.client import Client
from tests.support.client_tokens import client_token
from tests.support.server import serving

KEY = "an-access-key-of-some-length"
PAGE = "https://chat.example.com"


class Chat(ServerlessHub):
    events: "ClassVar[asyncio.Queue[str]]" = asyncio.Queue()

    async def on_connected(self) -> None:
        self.events.put_nowait(f"connected {self.context.user_id}")

    async def on_disconnected(self, error: str | None) -> None:
        self.events.put_nowait(f"disconnected {error}")

    async def echo(self, text: str) -> str:
        return text


@pytest.fixture(autouse=True)
def events() -> None:
    Chat.events = asyncio.Queue()


@asynccontextmanager
async def running(upstream: str | None = None) -> AsyncGenerator[str]:
    """Yield the URL of a service whose events go to `upstream`."""
    client, settings = HttpClient(), ServiceSettings()
    service = SignalRService([KEY], settings, SystemClock(), CorsPolicy([PAGE]))
    if upstream is not None:
        service.default_upstream = HttpUpstream(UpstreamTemplate(upstream), client, settings.upstream_timeout)
    started = asyncio.Event()
    async with serving(ServiceApp(service, client, started.set)) as url, asyncio.timeout(20):
        await started.wait()
        yield url


@asynccontextmanager
async def hub(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[str]:
    """Yield the URL of an app with the hub, pointed at a service somewhere."""
    monkeypatch.setenv("AzureSignalRConnectionString", f"Endpoint=http://127.0.0.1;AccessKey={KEY};Version=1.0;")
    app = FastAPI()
    HubRouter(Chat).install(app)
    async with serving(app) as url:
        yield url


@asynccontextmanager
async def client(url: str, path: str = "/client/", query: str = "hub=chat") -> AsyncGenerator[Client]:
    bearer = {"Authorization": f"Bearer {client_token(KEY, now=time.time(), user_id='ann')}"}
    async with connect(f"{url.replace('http', 'ws', 1)}{path}?{query}", additional_headers=bearer) as socket:
        member = Client(socket)
        assert await member.handshake() == {}
        yield member


@pytest.mark.parametrize("path", ["/client/", "/client"])
async def test_events_of_clients_reach_the_app_over_http(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hub(monkeypatch) as app, running(app) as url:
        async with client(url, path) as ann:
            assert ann.result_of(await ann.invoke("echo", "hä")) == "hä"
        assert await Chat.events.get() == "connected ann"
        assert await Chat.events.get() == "disconnected None"


async def test_without_an_upstream_a_call_fails_and_the_connection_stays() -> None:
    async with running() as url, client(url) as ann:
        for _ in range(2):
            assert (await ann.invoke("echo", "x")).error == "Invocation failed, status code 404"


async def test_when_the_service_ends_the_app_still_gets_the_last_events(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hub(monkeypatch) as app:
        async with running(app) as url:
            bearer = {"Authorization": f"Bearer {client_token(KEY, now=time.time(), user_id='ann')}"}
            socket = await connect(f"{url.replace('http', 'ws', 1)}/client/?hub=chat", additional_headers=bearer)
            assert await Client(socket).handshake() == {}
            assert await Chat.events.get() == "connected ann"
        assert Chat.events.get_nowait() == "disconnected The service stopped."
        await socket.close()


async def test_clients_negotiate_and_pages_of_allowed_origins_too() -> None:
    bearer = {"Authorization": f"Bearer {client_token(KEY, now=time.time(), user_id='ann')}", "Origin": PAGE}
    async with running() as url, aiohttp.ClientSession() as session:
        async with session.post(f"{url}/client/negotiate?hub=chat&negotiateVersion=1", headers=bearer) as answer:
            assert answer.status == 200
            assert answer.headers["Access-Control-Allow-Origin"] == PAGE
            token = (await answer.json())["connectionToken"]
        async with client(url, query=f"hub=chat&id={token}") as ann:
            assert (await ann.invoke("x")).error is not None


async def test_the_rest_api_is_below_api() -> None:
    async with running() as url, aiohttp.ClientSession() as session:
        async with session.head(f"{url}/api/health?api-version=2024-12-01") as answer:
            assert answer.status == 200
        async with session.post(f"{url}/api/hubs/chat/:send?api-version=2022-06-01") as answer:
            assert answer.status == 401


@pytest.mark.parametrize("path", ["/", "/client/", "/client/negotiate/x", "/apis", "/metrics"])
async def test_there_is_nothing_else(path: str) -> None:
    async with running() as url, aiohttp.ClientSession() as session, session.get(url + path) as answer:
        assert answer.status == 404


async def test_nor_other_websockets() -> None:
    async with running() as url:
        with pytest.raises(InvalidStatus) as refused:
            async with client(url, "/elsewhere"):
                pass
    assert refused.value.response.status_code == 404
