"""Clients in Python, over the transports that they have."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from pysignalr.client import SignalRClient
from pysignalr.protocol.json import JSONProtocol
from pysignalr.protocol.messagepack import MessagepackProtocol

from serverless_hub import EmbeddedService
from tests.clients.chat_hub import Chat, make_app
from tests.support.client_tokens import client_token
from tests.support.modes import Host, in_both_modes
from tests.support.server import serving

KEY = "an-access-key-of-some-length"
_LIMIT = 20.0
_SIGNALRCORE = Path(__file__).parent / "scenarios/signalrcore_client.py"


@pytest.fixture(autouse=True)
def no_events() -> None:
    Chat.events.clear()


class Caller:
    """pysignalr, with calls that return their results."""

    def __init__(self, client: SignalRClient) -> None:
        self.client = client
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        client.on("heard", self._hear)

    async def _hear(self, arguments: list[Any]) -> None:
        await self.heard.put(arguments)

    async def invoke(self, target: str, *arguments: Any) -> Any:
        answer: asyncio.Queue[Any] = asyncio.Queue()
        await self.client.send(target, [*arguments], on_invocation=answer.put)
        async with asyncio.timeout(_LIMIT):
            return (await answer.get()).result


@asynccontextmanager
async def calling(url: str, protocol: Any) -> AsyncGenerator[Caller]:
    """Yield a client that is connected."""
    client = SignalRClient(f"{url}/chat", protocol=protocol)
    opened = asyncio.Event()

    async def open_() -> None:
        opened.set()

    client.on_open(open_)
    caller = Caller(client)
    running = asyncio.create_task(client.run())
    async with asyncio.timeout(_LIMIT):
        await opened.wait()
    yield caller
    running.cancel()
    await asyncio.wait([running])


@in_both_modes
@pytest.mark.parametrize("protocol", [JSONProtocol, MessagepackProtocol])
async def test_pysignalr_calls_and_is_called_over_a_websocket(host: Host, protocol: Any) -> None:
    async with host(make_app()) as url, calling(url, protocol()) as caller:
        for value in ("Grüße, 世界 🎉", {"deep": [1, 2.5, None, True]}, "x" * 60_000):
            assert await caller.invoke("echo", value) == value
        assert await asyncio.gather(*(caller.invoke("add", n, n) for n in range(10))) == list(range(0, 20, 2))
        await caller.client.send("tellAll", [cast("Any", "hello")])
        async with asyncio.timeout(_LIMIT):
            assert await caller.heard.get() == ["hello"]


async def signalrcore(url: str, transport: str, encoding: str, token: str = "") -> list[Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(_SIGNALRCORE), url, transport, encoding, token, stdout=-1, stderr=-1
    )
    async with asyncio.timeout(_LIMIT):
        told, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return [json.loads(line) for line in told.splitlines()]


@in_both_modes
@pytest.mark.parametrize("encoding", ["Text", "Binary"])
async def test_signalrcore_follows_the_app_to_a_websocket(host: Host, encoding: str) -> None:
    async with host(make_app()) as url:
        assert await signalrcore(f"{url}/chat", "WebSockets", encoding) == [True, True, True, ["hello"]]
    assert [kind for kind, _ in Chat.events] == ["connected", "lost"]


async def test_signalrcore_takes_events_where_it_has_a_token() -> None:
    token = client_token(KEY, now=time.time())
    async with serving(make_app(EmbeddedService(access_key=KEY))) as url:
        hub = f"{url}/_signalr/client/?hub=chat"
        assert await signalrcore(hub, "ServerSentEvents", "Text", token) == [True, True, True, ["hello"]]


@pytest.mark.requirement("clients.aiosignalr")
@pytest.mark.parametrize("protocol", ["json", "messagepack"])
async def test_aiosignalr_calls_is_called_and_answers_where_it_skips_negotiate(protocol: str) -> None:
    # It cannot follow the app to the service: it puts `/negotiate` behind the query of a URL.
    aiosignalr = pytest.importorskip(
        "aiosignalr.client.hub_connection", reason="it is one of the peers that we measure"
    )
    heard: asyncio.Queue[Any] = asyncio.Queue()
    connection = aiosignalr.HubConnection(protocol=protocol)
    connection.on("heard", heard.put_nowait)
    connection.on("askedFor", "{} of ann".format)
    bearer = {"Authorization": f"Bearer {client_token(KEY, now=time.time())}"}
    async with asyncio.timeout(_LIMIT), serving(make_app(EmbeddedService(access_key=KEY))) as url:
        address = f"{url.replace('http', 'ws', 1)}/_signalr/client/?hub=chat"
        await connection.start(address, headers=bearer, skip_negotiation=True)
        for value in ("Grüße, 世界 🎉", {"deep": [1, 2.5, None, True]}):
            assert await connection.invoke("echo", value) == value
        assert await asyncio.gather(*(connection.invoke("add", n, n) for n in range(10))) == list(range(0, 20, 2))
        await connection.send("tellAll", "hello")
        assert await heard.get() == "hello"
        assert await connection.invoke("ask", "the colour") == "the colour of ann"
        with pytest.raises(Exception, match="Not today"):
            await connection.invoke("refuse")
        await connection.stop()
    assert [kind for kind, _ in Chat.events] == ["connected", "disconnected"]
