"""The service as an app of its own, behind real uvicorn, with an app that it reaches over HTTP."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import ClassVar

import aiohttp
import pytest
from fastapi import FastAPI
from websockets.exceptions import InvalidStatus

from serverless_hub import HubRouter, ServerlessHub
from serverless_hub.clock import SystemClock
from serverless_hub.http_client import HttpClient as UpstreamClient
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.service.app import ServiceApp
from serverless_hub.service.managed_identity import ManagedIdentity
from serverless_hub.service.service import SignalRService
from serverless_hub.service.settings import ServiceSettings
from tests.support.client_tokens import client_token
from tests.support.http_transports import HANDSHAKE, HttpClient
from tests.support.server import serving
from tests.support.standalone import KEY, PAGE, standalone, visitor


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
async def hub(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[str]:
    """Yield the URL of an app with the hub, pointed at a service somewhere."""
    monkeypatch.setenv("AzureSignalRConnectionString", f"Endpoint=http://127.0.0.1;AccessKey={KEY};Version=1.0;")
    app = FastAPI()
    HubRouter(Chat).install(app)
    async with serving(app) as url:
        yield url


@pytest.mark.parametrize("path", ["/client/", "/client"])
async def test_events_of_clients_reach_the_app_over_http(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hub(monkeypatch) as app, standalone(app) as url:
        async with visitor(url, "ann", path=path) as ann:
            assert ann.result_of(await ann.invoke("echo", "hä")) == "hä"
        assert await Chat.events.get() == "connected ann"
        assert await Chat.events.get() == "disconnected None"


@pytest.mark.requirement("client-answers.unmatched")
async def test_without_an_upstream_a_call_fails_and_the_connection_stays() -> None:
    async with standalone() as url, visitor(url) as ann:
        for _ in range(2):
            assert (await ann.invoke("echo", "x")).error == "Invocation failed, status code 404"


async def test_when_the_service_ends_the_app_still_gets_the_last_events(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hub(monkeypatch) as app:
        async with standalone(app) as url:
            stack = AsyncExitStack()
            await stack.enter_async_context(visitor(url, "ann"))
            assert await Chat.events.get() == "connected ann"
        assert Chat.events.get_nowait() == "disconnected The service stopped."
        await stack.aclose()


async def test_clients_negotiate_and_pages_of_allowed_origins_too() -> None:
    bearer = {"Authorization": f"Bearer {client_token(KEY, now=time.time(), user_id='ann')}", "Origin": PAGE}
    async with standalone() as url, aiohttp.ClientSession() as session:
        async with session.post(f"{url}/client/negotiate?hub=chat&negotiateVersion=1", headers=bearer) as answer:
            assert answer.status == 200
            assert answer.headers["Access-Control-Allow-Origin"] == PAGE
            token = (await answer.json())["connectionToken"]
        async with visitor(url, "ann", query=f"hub=chat&id={token}") as ann:
            assert (await ann.invoke("x")).error is not None


@asynccontextmanager
async def http_client(url: str) -> AsyncGenerator[HttpClient]:
    """Yield a client without a WebSocket that has negotiated."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(10):
        client = HttpClient(session, f"{url}/client", client_token(KEY, now=time.time(), user_id="ann"))
        await client.negotiate()
        yield client


@pytest.mark.parametrize("slash", ["/", ""])
async def test_clients_that_poll_are_served(slash: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hub(monkeypatch) as app, standalone(app) as url, http_client(url) as client:
        client.slash = slash
        await client.poll()
        await client.post(HANDSHAKE + b'{"type":1,"invocationId":"7","target":"echo","arguments":["x"]}\x1e')
        answer = b""
        while b'"result":"x"' not in answer:
            answer = (await client.poll()).body
        assert (await client.delete()).status == 202
        assert await Chat.events.get() == "connected ann"
        assert await Chat.events.get() == "disconnected None"


async def test_clients_with_an_event_stream_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hub(monkeypatch) as app, standalone(app) as url, http_client(url) as client, client.stream() as stream:
        await client.post(HANDSHAKE + b'{"type":1,"invocationId":"7","target":"echo","arguments":["x"]}\x1e')
        while b'"result":"x"' not in await stream.content.readuntil(b"\r\n\r\n"):
            pass
        await client.post(b'{"type":7}\x1e')
        assert await stream.content.read() == b""
        assert await Chat.events.get() == "connected ann"
        assert await Chat.events.get() == "disconnected None"


async def test_pages_ask_before_they_poll() -> None:
    async with standalone() as url, http_client(url) as client:
        answer = await client.request("OPTIONS", Origin=PAGE)
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, PAGE)
        client.headers = {"Origin": PAGE}
        assert (await client.poll()).headers["access-control-allow-origin"] == PAGE


async def test_the_rest_api_is_below_api() -> None:
    async with standalone() as url, aiohttp.ClientSession() as session:
        async with session.head(f"{url}/api/health?api-version=2024-12-01") as answer:
            assert answer.status == 200
        async with session.post(f"{url}/api/hubs/chat/:send?api-version=2022-06-01") as answer:
            assert answer.status == 401


@pytest.mark.parametrize("path", ["/", "/client/x", "/client/negotiate/x", "/apis", "/metrics"])
async def test_there_is_nothing_else(path: str) -> None:
    async with standalone() as url, aiohttp.ClientSession() as session, session.get(url + path) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_metrics_are_shown_where_that_is_wanted_without_a_word_of_who(method: str) -> None:
    async with standalone(metrics=True) as url, aiohttp.ClientSession() as session:
        async with visitor(url, "annabel"), session.request(method, f"{url}/metrics") as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert int(answer.headers["Content-Length"]) > 1000
            text = await answer.text()
        async with session.post(f"{url}/metrics") as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert ('signalr_server_active_connections{signalr_transport="web_sockets"} 1.0' in text) is (method == "GET")
    assert "annabel" not in text
    assert "chat" not in text


async def test_nor_other_websockets() -> None:
    async with standalone() as url:
        with pytest.raises(InvalidStatus) as refused:
            async with visitor(url, path="/elsewhere"):
                pass
    assert refused.value.response.status_code == 404


async def test_a_host_that_is_none_does_not_become_part_of_what_is_published() -> None:
    clock, client = SystemClock(), UpstreamClient()
    service = SignalRService([KEY], ServiceSettings(), clock, CorsPolicy([PAGE]))
    app = ServiceApp(service, client, lambda: None, identity=ManagedIdentity(clock))
    async with serving(app) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/anywhere", headers={"Host": "a/b?c"}) as answer:
            assert answer.status == 400
        async with session.get(f"{url}/anywhere") as answer:
            assert answer.status == 404
