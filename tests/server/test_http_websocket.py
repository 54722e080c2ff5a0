"""A request for a WebSocket goes over to the class for those, with the line."""

import asyncio
import logging
from typing import Any

import aiohttp
import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serverless_hub.server.http import HttpProtocol
from serverless_hub.server.websocket import WebSocketProtocol
from tests.support.http_server import LIMIT, answer, connect, http_server

_BOTH = pytest.mark.parametrize("http", [HttpToolsProtocol, HttpProtocol], ids=["uvicorn", "ours"])
_UPGRADE = (
    b"GET /%61?b=c HTTP/1.1\r\nHost:  a \r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


async def echo(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await answer(send, b"http")
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"] + scope["path"]})


class Recorder(asyncio.Protocol):
    """A class for WebSockets that answers with what it is given."""

    def __init__(self, config: Any, server_state: Any, app_state: Any) -> None:
        self.given = (config, server_state, app_state)
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)
        assert self not in self.given[1].connections
        assert len(self.given[1].connections) == 0
        if b"last" in data:
            self.transport.close()


@pytest.mark.parametrize("ws", [WebSocketProtocol, "websockets-sansio", "wsproto"])
@_BOTH
async def test_a_websocket_is_opened(http: Any, ws: Any) -> None:
    try:
        server_context = http_server(echo, http, ws=ws)
    except ImportError:
        pytest.skip("not installed")
    async with server_context as server, aiohttp.ClientSession() as session:
        for _ in range(2):
            async with session.get(f"http://127.0.0.1:{server.port}/a") as response:
                assert await response.text() == "http"
        async with session.ws_connect(f"http://127.0.0.1:{server.port}/a") as socket:
            for number in range(3):
                await socket.send_str(str(number))
                assert await socket.receive_str() == f"{number}/a"


@_BOTH
async def test_the_class_for_websockets_is_given_the_request(http: Any) -> None:
    async with http_server(echo, http, ws=Recorder) as server, connect(server) as client:
        await client.send(_UPGRADE[:30])
        await client.send(_UPGRADE[30:])
        assert await client.read_until(b"\r\n\r\n") == (
            b"GET /%61?b=c HTTP/1.1\r\nhost: a \r\nconnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n"
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"
        )
        await client.send(b"last")
        assert await client.read_all() == b"last"


@_BOTH
async def test_a_line_that_was_kept_may_become_a_websocket(http: Any) -> None:
    async with http_server(echo, http, ws=Recorder, timeout_keep_alive=0.05) as server, connect(server) as client:
        await client.send(b"GET / HTTP/1.1\r\n\r\n")
        await client.read_until(b"http")
        await client.send(_UPGRADE)
        await client.read_until(b"\r\n\r\n")
        past = asyncio.Event()
        asyncio.get_running_loop().call_later(0.15, past.set)
        await asyncio.wait_for(past.wait(), LIMIT)  # The line is not closed as an idle one.
        await client.send(b"last")
        assert await client.read_all() == b"last"


@pytest.mark.parametrize(
    "request_head",
    [
        _UPGRADE.replace(b"WebSocket\r", b"h2c\r"),
        _UPGRADE.replace(b"keep-alive, Upgrade", b"close, upgrades"),
        b"GET / HTTP/1.1\r\nconnection: upgrade\r\n\r\n",
        b"GET / HTTP/1.1\r\nupgrade: websocket\r\n\r\n",
    ],
)
@_BOTH
async def test_what_asks_for_something_else_is_answered(http: Any, request_head: bytes) -> None:
    async with http_server(echo, http, ws=Recorder) as server, connect(server) as client:
        await client.send(request_head)
        assert (await client.read_until(b"http")).startswith(b"HTTP/1.1 200 OK\r\n")


@_BOTH
async def test_a_server_without_websockets_answers(http: Any, caplog: pytest.LogCaptureFixture) -> None:
    async with http_server(echo, http, ws="none") as server, connect(server) as client:
        await client.send(_UPGRADE)
        assert (await client.read_until(b"http")).startswith(b"HTTP/1.1 200 OK\r\n")
    assert "Unsupported upgrade request." in [record.getMessage() for record in caplog.records]


async def test_a_line_with_an_unanswered_request_becomes_no_websocket() -> None:
    """Under uvicorn's own class, its response is written among the frames."""
    async with http_server(echo, HttpProtocol, ws=Recorder) as server:
        got = await server.ask(b"GET / HTTP/1.1\r\n\r\n" + _UPGRADE)
        assert got.startswith(b"HTTP/1.1 400 Bad Request\r\n")


async def test_a_line_that_becomes_a_websocket_is_traced(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(5, "uvicorn.error")
    async with http_server(echo, HttpProtocol, ws=Recorder) as server, connect(server) as client:
        await client.send(_UPGRADE)
        await client.read_until(b"\r\n\r\n")
    assert [record for record in caplog.records if record.getMessage().endswith(" - Upgrading to WebSocket")]
    assert {record.levelno for record in caplog.records if "Upgrading" in record.getMessage()} == {5}
    assert logging.getLogger("uvicorn.error").level == 5
