"""Sessions directly over the sockets of a real server."""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest
from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub, ServiceSettings
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import Close, Invocation
from serverless_hub.server.websocket import WebSocketProtocol
from tests.support.client import connected
from tests.support.client_tokens import client_token
from tests.support.clock import settle
from tests.support.frames import TEXT, client_frame
from tests.support.raw_websocket import raw_websocket, request_of
from tests.support.server import serving

pytestmark = pytest.mark.timeout(30)
KEY = "an-access-key-of-some-length"


class Chat(ServerlessHub, hub="chat"):
    happened: list[str]

    async def on_connected(self) -> None:
        self.happened.append("connected")

    async def on_disconnected(self, error: str | None) -> None:
        self.happened.append(f"disconnected: {error}")

    async def echo(self, text: str) -> str:
        return text

    async def burst(self, count: int, size: int = 0) -> None:
        await asyncio.gather(*(self.clients.all.send("news", number, "x" * size) for number in range(count)))


class Happenings(list[str]):
    """What has happened at the hub, and a way to wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self._more = asyncio.Event()

    def append(self, one: str) -> None:
        super().append(one)
        self._more.set()

    async def reach(self, count: int) -> None:
        while len(self) < count:
            self._more.clear()
            await self._more.wait()


@pytest.fixture
async def happened(monkeypatch: pytest.MonkeyPatch) -> Happenings:
    happened = Happenings()
    monkeypatch.setattr(Chat, "happened", happened, raising=False)
    return happened


def app_of(settings: ServiceSettings | None = None) -> FastAPI:
    app = FastAPI()
    HubRouter(Chat, default_service=EmbeddedService(access_key=KEY, settings=settings)).install(app)
    return app


async def test_connections_that_are_idle_have_no_tasks_at_the_server(happened: Happenings) -> None:
    app = app_of()
    async with serving(app, ws=WebSocketProtocol) as url, AsyncExitStack() as stack:
        token = client_token(KEY, now=time.time())
        bearer = b"Authorization: Bearer " + token.encode()

        async def join() -> None:
            raw = await stack.enter_async_context(raw_websocket(url, opened=False))
            raw.send(request_of("/_signalr/client/?hub=chat", bearer))
            await raw.head()
            raw.send(client_frame(TEXT, b'{"protocol":"json","version":1}\x1e'))
            assert await raw.exactly(5) == b"\x81\x03{}\x1e"

        await join()
        await settle()
        before = len(asyncio.all_tasks())
        for _ in range(20):
            await join()
        await happened.reach(21)
        await settle()
        assert len(asyncio.all_tasks()) == before


@pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=["json", "messagepack"])
async def test_calls_and_bursts_arrive_whole_and_in_order(protocol: HubProtocol, happened: Happenings) -> None:
    app = app_of()
    async with serving(app, ws=WebSocketProtocol) as url, connected(url, protocol=protocol) as client:
        for size in (0, 1, 125, 126, 200_000):
            assert client.result_of(await client.invoke("echo", "é" * size)) == "é" * size
        await client.send(Invocation("burst", [500]))
        seen = [(await client.call_of("news"))[0] for _ in range(500)]
        assert seen == list(range(500))


async def test_a_message_that_came_with_the_handshake_in_one_packet_is_first(happened: Happenings) -> None:
    app = app_of()
    async with serving(app, ws=WebSocketProtocol) as url, raw_websocket(url, opened=False) as raw:
        token = client_token(KEY, now=time.time())
        raw.send(request_of("/_signalr/client/?hub=chat", b"Authorization: Bearer " + token.encode()))
        await raw.head()
        calls = [JSON.encode(Invocation("echo", [str(number)], str(number))) for number in range(4)]
        raw.send(
            client_frame(TEXT, b'{"protocol":"json","version":1}\x1e' + calls[0])
            + client_frame(TEXT, calls[1])
            + client_frame(TEXT, calls[2])
            + client_frame(TEXT, calls[3])
        )
        heard = b""
        while heard.count(b"result") < 4:
            heard += await raw.some()
        places = [heard.index(b'"result":"%d"' % number) for number in range(4)]
        assert places == sorted(places)


async def test_a_server_that_stops_tells_the_app_why_its_clients_have_left(happened: Happenings) -> None:
    app = app_of()
    async with AsyncExitStack() as stack:
        async with serving(app, ws=WebSocketProtocol) as url:
            clients = [await stack.enter_async_context(connected(url)) for _ in range(5)]
        for client in clients:
            await client.socket.wait_closed()
            assert client.socket.close_code == 1012
    assert happened == ["connected"] * 5 + ["disconnected: The service stopped."] * 5


async def test_a_client_that_is_too_slow_is_cut_off_and_others_get_everything(happened: Happenings) -> None:
    class Hasty(WebSocketProtocol):
        __slots__ = ()
        close_seconds = 0.05

    app = app_of(ServiceSettings(max_outbound_bytes=1_000_000))
    async with (
        serving(app, ws=Hasty) as url,
        connected(url) as fast,
        raw_websocket(url, opened=False, limit=1024) as slow,
    ):
        token = client_token(KEY, now=time.time())
        slow.send(request_of("/_signalr/client/?hub=chat", b"Authorization: Bearer " + token.encode()))
        await slow.head()
        slow.send(client_frame(TEXT, b'{"protocol":"json","version":1}\x1e'))
        await slow.exactly(5)
        while len(happened) < 3:
            await fast.send(Invocation("burst", [5, 100_000]))
            assert [(await fast.call_of("news"))[0] for _ in range(5)] == list(range(5))
        assert happened[2] == "disconnected: The client does not read what it is sent."


async def test_a_hub_that_closes_its_client_is_heard_before_the_line_ends(happened: Happenings) -> None:
    app = app_of()
    async with serving(app, ws=WebSocketProtocol) as url, connected(url) as client:
        await client.send(Close("bye"))
        await client.socket.wait_closed()
        assert client.socket.close_code == 1000
        await happened.reach(2)
    assert happened == ["connected", "disconnected: bye"]
