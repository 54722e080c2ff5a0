"""Claims of `reference/service.md`."""

import asyncio
import signal
from contextlib import AsyncExitStack
from dataclasses import fields
from typing import Any

import aiohttp
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from examples.snippets import public, sending, upstream
from serverless_hub import EmbeddedService, HubRouter, ServerlessHub, ServiceSettings
from serverless_hub.protocol.messages import Close, Completion, HubMessage, StreamInvocation
from serverless_hub.protocol.negotiate import TRANSPORT_NAMES
from serverless_hub.service.ending import Ending
from serverless_hub.service.prometheus import PrometheusMetrics
from tests.docs.pages import cells, page
from tests.docs.process import running
from tests.support.client import connected, negotiate, websocket_url
from tests.support.server import serving

SERVICE = page("reference/service.md")
_UNITS = {"s": 1, "MiB": 1024 * 1024}
_WORDS: dict[str, Any] = {"yes": True, "no": False, "all": TRANSPORT_NAMES}


def test_the_table_of_settings_is_complete_and_true() -> None:
    shown: dict[str, Any] = {}
    for name, default, _ in list(cells("reference/service.md", "Times and limits"))[1:]:
        number, _, unit = default.partition(" ")
        shown[name.strip("`")] = _WORDS[number] if number in _WORDS else float(number) * _UNITS.get(unit, 1)
    assert shown == {field.name: field.default for field in fields(ServiceSettings)}


async def test_behind_a_proxy_clients_are_sent_to_the_public_url() -> None:
    async with serving(public.app) as url:
        assert (await negotiate(url))["url"] == "https://chat.example.com/_signalr/client/?hub=chat"


async def test_negotiate_for_a_host_that_is_not_allowed_is_answered_400() -> None:
    async with (
        serving(upstream.app) as url,
        aiohttp.ClientSession() as session,
        session.post(f"{url}/chat/negotiate", headers={"Host": "evil.example.com"}) as response,
    ):
        assert response.status == 400


def statuses() -> set[int]:
    return {int(row[0]) for row in cells("reference/service.md", "Endpoints") if row[0].isdecimal()}


async def test_the_second_negotiate_is_answered_as_in_the_table() -> None:
    requests = [
        ("POST", "", True, 400),
        ("POST", "?hub=chat&hub=chat", True, 400),
        ("POST", "?hub=chat", False, 401),
        ("POST", "?hub=other", True, 401),
        ("GET", "?hub=chat", True, 405),
        ("POST", "?hub=chat", True, 200),
        ("POST", "?hub=chat", True, 429),
    ]
    app = FastAPI()
    service = EmbeddedService(settings=ServiceSettings(max_pending=1, connect_timeout=60))
    HubRouter(upstream.Chat, default_service=service).install(app)
    async with serving(app) as url, aiohttp.ClientSession() as session:
        bearer = {"Authorization": f"Bearer {(await negotiate(url))['accessToken']}"}
        for method, query, authorised, status in requests:
            address = f"{url}/_signalr/client/negotiate{query}"
            async with session.request(method, address, headers=bearer if authorised else {}) as response:
                assert response.status == status
                assert status in statuses() | {200}


async def test_a_websocket_is_refused_as_in_the_table() -> None:
    requests = [("", True, 404), ("", False, 401), ("&hub=chat", True, 400)]
    async with serving(upstream.app) as url:
        answer = await negotiate(url)
        bearer = {"Authorization": f"Bearer {answer['accessToken']}"}
        for query, authorised, status in requests:
            with pytest.raises(InvalidStatus) as refused:
                await connect(
                    f"{websocket_url(answer)}&id=unknown{query}", additional_headers=bearer if authorised else {}
                )
            assert refused.value.response.status_code == status
            assert status in statuses()


async def test_an_id_opens_one_connection() -> None:
    async with serving(upstream.app) as url, aiohttp.ClientSession() as session:
        answer = await negotiate(url)
        headers = {"Authorization": f"Bearer {answer['accessToken']}"}
        second = f"{url}/_signalr/client/negotiate?hub=chat&negotiateVersion=1"
        async with session.post(second, headers=headers) as response:
            token = (await response.json())["connectionToken"]
        address = f"{websocket_url(answer)}&id={token}"
        async with connect(address, additional_headers=headers):
            with pytest.raises(InvalidStatus) as refused:
                async with connect(address, additional_headers=headers):
                    pass
    assert refused.value.response.status_code == 409


async def test_a_browser_shows_its_token_in_the_query() -> None:
    async with serving(upstream.app) as url:
        answer = await negotiate(url)
        async with connect(f"{websocket_url(answer)}&access_token={answer['accessToken']}") as socket:
            assert socket.response is not None
            assert socket.response.status_code == 101


async def test_what_the_service_does_not_take_is_answered_with_the_texts_of_the_page() -> None:
    no_streams = "Streaming is not supported in serverless mode."
    invalid = "The client sent an invalid message."
    async with serving(upstream.app) as url, connected(url) as client:
        await client.send(StreamInvocation("add", "1"))
        assert await client.receive() == Completion("1", error=no_streams)
        await client.socket.send('{"type":1,"target":5}\x1e')
        assert await client.receive() == Close(invalid, allow_reconnect=False)
    assert f"`{no_streams}`" in SERVICE
    assert f"`{invalid}`" in SERVICE


async def test_the_app_reads_that_the_service_stopped() -> None:
    heard: list[str | None] = []

    class Lounge(ServerlessHub):
        async def on_disconnected(self, error: str | None) -> None:
            heard.append(error)

    app = FastAPI()
    HubRouter(Lounge, default_service=EmbeddedService()).install(app)
    async with AsyncExitStack() as stack, serving(app) as url:
        await stack.enter_async_context(connected(url, "lounge"))  # still open when the server ends
    assert heard == ["The service stopped."]
    assert f"`{heard[0]}`" in SERVICE


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
async def test_a_server_that_ends_tells_its_clients_what_the_page_says(end: signal.Signals) -> None:
    option = "--timeout-graceful-shutdown"
    assert f"uvicorn chat:app {option} 5" in SERVICE
    async with running(sending, option, "5") as server, connected(server.url, "news") as client:
        server.process.send_signal(end)
        said: list[HubMessage] = []

        async def listen() -> None:
            while True:
                said.append(await client.receive())

        with pytest.raises(ConnectionClosed) as closed:
            await listen()
        await server.line("Finished server process")
        async with asyncio.timeout(10):
            await server.process.wait()
    assert closed.value.rcvd is not None
    code = closed.value.rcvd.code
    assert (said, code) in [([Close("The service stopped.", allow_reconnect=True)], 1000), ([], 1012)]
    assert "`Server returned an error on close: The service stopped.`" in SERVICE
    assert "`WebSocket closed with status code: 1012 (no reason given).`" in SERVICE


def test_the_numbers_have_their_names() -> None:
    metrics = PrometheusMetrics()
    metrics.opened("web_sockets")
    metrics.closed("web_sockets", Ending(), 1)
    metrics.event("messages", "ok", 1)
    metrics.sent(1)
    shown = {line.split()[2] for line in metrics.text().decode().splitlines() if line.startswith("# TYPE")}
    rows = {row[0].strip("`") for row in list(cells("reference/service.md", "Numbers"))[1:]}
    assert rows == {name for name in shown if not name.endswith("_created")}
