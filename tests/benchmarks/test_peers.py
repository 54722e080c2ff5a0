"""A peer that does less than its part would win: each really answers, and reaches everybody."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.apps import hub_app
from benchmarks.apps.serving import APP, OwnCommand
from benchmarks.harness.servers import Absent, Server
from benchmarks.load.dialects import DIALECTS, Dialect, text_of
from benchmarks.load.events import ANSWER, HEADERS, MSGPACK_ANSWER, MSGPACK_BODY, MSGPACK_HEADERS, token
from benchmarks.load.websockets import Load, websockets
from benchmarks.micro.asgi import Asgi, post
from benchmarks.peers import bare_asgi, fastapi_upstream, hand_tuned, serving

SERVERS: dict[str, tuple[Callable[[], Server], str]] = {
    "raw": (serving.raw, "raw"),
    "picows": (serving.picows, "raw"),
    "websockets": (serving.websockets, "raw"),
    "fastapi": (serving.fastapi_websockets, "raw"),
    "aiosignalr": (serving.aiosignalr, "aiosignalr"),
    "socketio": (serving.socketio, "socketio"),
    "hub": (lambda: Server.uvicorn(APP), "hub"),
    "hub-run": (OwnCommand, "hub"),
}
EVERYWHERE = [*SERVERS, pytest.param("node-ws", marks=pytest.mark.node)]
APPS: dict[str, Any] = {
    "hand-tuned": hand_tuned.app,
    "hub": hub_app.app,
    "hub-depends": hub_app.injecting,
    "fastapi-async": fastapi_upstream.with_async,
    "fastapi-sync": fastapi_upstream.with_sync,
}


@asynccontextmanager
async def client(server: Server, path: str, dialect: Dialect) -> AsyncGenerator[ClientConnection]:
    headers = {"Authorization": f"Bearer {token()}"}
    url = f"ws://127.0.0.1:{server.port}{path}"
    async with connect(url, additional_headers=headers, compression=None) as socket:
        for say, expected in dialect.hello:
            if say:
                await socket.send(say)
            assert expected in _bytes(await socket.recv())
        yield socket


async def next_text(socket: ClientConnection) -> str:
    """Return what comes, pings of the protocol left out."""
    while True:
        frame = _bytes(await socket.recv())
        if frame != b'{"type":6}\x1e':
            return frame.decode()


def _bytes(frame: str | bytes) -> bytes:
    """Return a frame of either kind: one server sends JSON in binary ones."""
    return frame.encode() if isinstance(frame, str) else frame


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Any:
    make, dialect = {**SERVERS, "node-ws": (serving.node_ws, "raw")}[request.param]
    running = make()
    try:
        running.start()
    except Absent as reason:
        pytest.skip(str(reason))
    yield running, DIALECTS[dialect], dialect
    running.stop()


@pytest.mark.parametrize("server", EVERYWHERE, indirect=True)
async def test_a_text_reaches_everybody_or_comes_back(server: tuple[Server, Dialect, str]) -> None:
    running, dialect, _ = server
    text = text_of(3, 7)
    async with client(running, dialect.echo_path, dialect) as one:
        await one.send(dialect.echo(text))
        assert text in await next_text(one)
    async with (
        client(running, dialect.publish_path, dialect) as one,
        client(running, dialect.publish_path, dialect) as two,
    ):
        await two.send(dialect.echo(text) if dialect.echo_path == dialect.publish_path else "")
        await next_text(two)  # Now it is a member.
        if dialect.echo_path != dialect.publish_path:
            await next_text(one)
        await one.send(dialect.publish(text))
        assert [text in await next_text(socket) for socket in (one, two)] == [True, True]


@pytest.mark.parametrize("server", ["raw", "hub"], indirect=True)
def test_the_loader_counts_what_a_server_delivers_and_answers(server: tuple[Server, Dialect, str]) -> None:
    running, _, name = server
    told = websockets(Load(name, "publish", clients=60, seconds=0.05, senders=4))(running)
    assert told["done"] % 240 == 0
    assert told["rate"] > 0
    assert told["disorder"] == 0
    assert 0 < told["loader"] <= 1.5
    assert websockets(Load(name, "echo", clients=5, seconds=0.05))(running)["done"] > 0


@pytest.mark.parametrize("server", ["fastapi"], indirect=True)
def test_a_load_that_cannot_connect_is_a_reason(server: tuple[Server, Dialect, str]) -> None:
    with pytest.raises(Absent, match="the load failed"):
        websockets(Load("hub", "publish", clients=1, seconds=0.05))(server[0])


@asynccontextmanager
async def running(app: Asgi) -> AsyncGenerator[None]:
    if isinstance(app, FastAPI):
        async with app.router.lifespan_context(app):
            yield
    else:
        yield


@pytest.mark.parametrize("name", APPS)
async def test_everybody_answers_a_signed_event_and_refuses_another(name: str) -> None:
    async with running(APPS[name]):
        assert await post(APPS[name]) == ANSWER
        assert ANSWER not in await post(APPS[name], {**HEADERS, "x-asrs-signature": "sha256=" + "0" * 64})


async def test_the_limit_gives_the_same_bytes_to_all() -> None:
    assert await post(bare_asgi.app) == ANSWER


async def test_the_hub_answers_message_pack_too() -> None:
    async with running(hub_app.app):
        assert await post(hub_app.app, MSGPACK_HEADERS, MSGPACK_BODY) == MSGPACK_ANSWER
