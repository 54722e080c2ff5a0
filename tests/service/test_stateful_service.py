"""Stateful reconnect as clients meet it at the service: negotiate, connect, come back, be refused."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub, ServiceSettings
from serverless_hub.hub.ports import HubSender, Receivers
from serverless_hub.protocol.messages import Ack, Completion, Invocation, Ping, Sequence
from tests.support.client import Client
from tests.support.client_tokens import client_token
from tests.support.proxy import CuttableProxy, proxied
from tests.support.server import serving, with_each_websocket

__all__ = ["with_each_websocket"]  # pytest uses it by its name

KEY = "an-access-key-of-some-length"


@dataclass
class Server:
    """A service behind a proxy, and what its hub was told."""

    proxy: CuttableProxy
    sender: HubSender
    happened: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])

    def headers(self, user_id: str | None = "ann") -> dict[str, str]:
        return {"Authorization": f"Bearer {client_token(KEY, now=time.time(), user_id=user_id)}"}

    async def negotiate(self, query: str = "negotiateVersion=1&useStatefulReconnect=true") -> tuple[int, Any]:
        url = f"{self.proxy.url}/_signalr/client/negotiate?hub=chat&{query}"
        async with aiohttp.ClientSession() as session, session.post(url, headers=self.headers()) as answer:
            return answer.status, await answer.json() if answer.status == 200 else None

    @asynccontextmanager
    async def socket(self, token: str, user_id: str | None = "ann", hub: str = "chat") -> AsyncGenerator[Client]:
        url = f"{self.proxy.url.replace('http', 'ws', 1)}/_signalr/client/?hub={hub}&id={token}"
        headers = self.headers(user_id)
        if hub != "chat":
            headers = {"Authorization": f"Bearer {client_token(KEY, now=time.time(), user_id=user_id, hub=hub)}"}
        async with connect(url, additional_headers=headers) as socket:
            yield Client(socket)

    @asynccontextmanager
    async def started(self, version: int = 2) -> AsyncGenerator[tuple[Client, str]]:
        """Yield a client that has negotiated and shaken hands, and its connection token."""
        _, answer = await self.negotiate()
        async with self.socket(answer["connectionToken"]) as client:
            await client.socket.send(f'{{"protocol":"json","version":{version}}}\x1e')
            assert await client.frame() == b"{}\x1e"
            await client.send(Ping())
            assert await self.next() == "connected"
            yield client, answer["connectionToken"]

    async def next(self) -> str:
        async with asyncio.timeout(10):
            return await self.happened.get()

    async def refusal(self, token: str, **options: Any) -> int:
        with pytest.raises(InvalidStatus) as refused:
            async with self.socket(token, **options):
                pass
        return refused.value.response.status_code


@asynccontextmanager
async def server(**settings: Any) -> AsyncGenerator[Server]:
    happened: asyncio.Queue[str] = asyncio.Queue()

    class Chat(ServerlessHub):
        async def on_connected(self) -> None:
            happened.put_nowait("connected")

        async def on_disconnected(self, error: str | None) -> None:
            happened.put_nowait(f"disconnected: {error}")

        async def echo(self, value: Any) -> Any:
            happened.put_nowait(f"echo {value}")
            return value

        async def me(self) -> str:
            return self.context.connection_id

    app = FastAPI()
    settings.setdefault("stateful_reconnect", True)
    service = EmbeddedService(access_key=KEY, settings=ServiceSettings(**settings))
    HubRouter(Chat, default_service=service).install(app)
    async with serving(app) as url, proxied(url) as proxy:
        yield Server(proxy, service.sender("chat"), happened)


@pytest.mark.requirement("stateful.negotiate")
@pytest.mark.parametrize(
    ("query", "on", "offered"),
    [
        ("negotiateVersion=1&useStatefulReconnect=true", True, True),
        ("negotiateVersion=1&useStatefulReconnect=True", True, True),
        ("negotiateVersion=1&useStatefulReconnect=false", True, False),
        ("negotiateVersion=1&useStatefulReconnect=1", True, False),
        ("negotiateVersion=1", True, False),
        ("useStatefulReconnect=true", True, False),
        ("negotiateVersion=0&useStatefulReconnect=true", True, False),
        ("negotiateVersion=1&useStatefulReconnect=true", False, False),
    ],
)
async def test_it_is_offered_to_those_who_ask_where_it_is_on_and_else_not_mentioned(
    query: str, on: bool, offered: bool
) -> None:
    async with server(stateful_reconnect=on) as running:
        status, answer = await running.negotiate(query)
        assert status == 200
        assert answer.get("useStatefulReconnect") == (True if offered else None)


async def test_a_client_comes_back_with_its_token_and_keeps_its_id() -> None:
    async with server() as running, running.started() as (client, token):
        me = client.result_of(await client.invoke("me"))
        running.proxy.cut()
        async with running.socket(token) as again:
            await again.send(Sequence(1))
            await again.send(Invocation("me", [], "1"))
            await again.send(Invocation("echo", ["x"], "2"))
            assert await again.receive() == Sequence(1)
            answers = [await again.receive(), await again.receive()]
            assert [again.result_of(answer) for answer in answers if isinstance(answer, Completion)] == [me, "x"]
            assert await running.next() == "echo x"
            assert await again.receive() == Ack(2)
        assert await running.next() == "disconnected: None"


async def test_a_new_socket_replaces_one_that_is_open() -> None:
    async with server() as running, running.started() as (client, token), running.socket(token) as again:
        assert await again.receive() == Sequence(1)
        await asyncio.wait_for(client.socket.wait_closed(), 10)
        await again.send(Sequence(1))
        assert again.result_of(await again.invoke("echo", 1)) == 1
        assert running.happened.get_nowait() == "echo 1"
        assert running.happened.empty()


@pytest.mark.parametrize("options", [{"user_id": "eve"}, {"user_id": None}, {"hub": "other"}])
async def test_nobody_else_comes_back_to_a_connection(options: dict[str, Any]) -> None:
    async with server() as running, running.started() as (client, token):
        running.proxy.cut()
        await client.socket.wait_closed()
        assert await running.refusal(token, **options) in {404, 409}
        async with running.socket(token) as again:
            assert await again.receive() == Sequence(1)


@pytest.mark.requirement("stateful.negotiate")
async def test_it_is_not_offered_to_those_who_may_not_have_a_websocket() -> None:
    async with server(transports=["LongPolling"]) as running:
        status, answer = await running.negotiate()
    assert status == 200
    assert "useStatefulReconnect" not in answer


@pytest.mark.parametrize("away", [True, False])
async def test_a_connection_to_which_its_client_came_back_is_still_a_websocket(away: bool) -> None:
    async with server() as running, running.started() as (_, token), AsyncExitStack() as stack:
        running.proxy.cut()
        if not away:
            again = await stack.enter_async_context(running.socket(token))
            assert await again.receive() == Sequence(1)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        url = f"{running.proxy.url}/_signalr/client/?hub=chat&id={token}"
        for method, status in (("POST", 405), ("GET", 400), ("DELETE", 400)):
            async with session.request(method, url, headers=running.headers()) as answer:
                assert answer.status == status


async def test_without_a_websocket_nobody_comes_back() -> None:
    async with server() as running, aiohttp.ClientSession() as session:
        _, answer = await running.negotiate()
        url = f"{running.proxy.url}/_signalr/client/?hub=chat&id={answer['connectionToken']}"
        async with session.get(url, headers=running.headers()):
            pass
        async with session.post(url, data=b'{"protocol":"json","version":2}\x1e', headers=running.headers()):
            pass
        assert await running.next() == "connected"
        async with session.post(url, data=b'{"type":1,"target":"echo","arguments":[1]}\x1e', headers=running.headers()):
            assert await running.next() == "echo 1"
        assert await running.refusal(answer["connectionToken"]) == 409
        async with session.delete(url, headers=running.headers()):
            assert await running.next() == "disconnected: None"


async def test_who_shook_hands_for_version_1_cannot_come_back() -> None:
    async with server() as running, running.started(version=1) as (_, token):
        running.proxy.cut()
        assert (await running.next()).startswith("disconnected: The connection was lost")
        assert await running.refusal(token) in {404, 409}


async def test_a_connection_that_was_closed_while_it_was_cut_refuses_to_go_on() -> None:
    async with server() as running, running.started() as (client, token):
        me = client.result_of(await client.invoke("me"))
        running.proxy.cut()
        await client.socket.wait_closed()
        await running.sender.close(Receivers("connections", (str(me),)), "go away")
        assert await running.refusal(token) in {404, 409}
        assert await running.next() == "disconnected: go away"


async def test_a_client_that_stays_away_has_left_with_an_error() -> None:
    async with server(stateful_reconnect_window=0.05) as running, running.started() as (_, token):
        running.proxy.cut()
        assert (await running.next()).startswith("disconnected: The connection was lost")
        assert await running.refusal(token) == 404


async def test_a_service_that_stops_does_not_wait_for_those_who_are_away() -> None:
    async with server() as running, running.started() as (client, _):
        running.proxy.cut()
        await client.socket.wait_closed()
    assert running.happened.get_nowait() == "disconnected: The service stopped."


@pytest.mark.requirement("limits.connections")
@pytest.mark.parametrize("away", [True, False])
async def test_those_who_are_away_count_as_connections(away: bool) -> None:
    async with server(max_connections=1) as running, running.started() as (client, _):
        if away:
            running.proxy.cut()
            await client.socket.wait_closed()
        assert await running.negotiate() == (503, None)
        async with aiohttp.ClientSession() as session:
            url = f"{running.proxy.url}/_signalr/client/?hub=chat"
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(url, headers=running.headers())
            assert refused.value.status == 503


@pytest.mark.requirement("limits.connections")
async def test_those_who_shake_hands_count_as_connections_until_they_leave() -> None:
    async with server(max_connections=1) as running:
        _, answer = await running.negotiate()
        async with running.socket(answer["connectionToken"]):
            assert await running.negotiate() == (503, None)
        async with asyncio.timeout(10):
            while (await running.negotiate())[0] == 503:
                pass
