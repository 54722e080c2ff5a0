"""Steps that a real network does not show one by one: the protocol class on a transport in memory."""

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from serverless_hub.server.websocket import WebSocketProtocol
from serverless_hub.service.asgi import App, Receive, Scope, Send
from serverless_hub.service.direct import socket_of
from tests.support.clock import settle
from tests.support.frames import CLOSE, PING, PONG, TEXT, client_frame, read_by_client
from tests.support.raw_websocket import request_of
from tests.support.websocket_app import WebSocketApp, echo


class Wire(asyncio.Transport):
    """Remembers what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.ended: list[str] = []
        self.reads = True
        self.closing = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        del name
        return default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def close(self) -> None:
        self.closing = True
        self.ended.append("close")

    def abort(self) -> None:
        self.ended.append("abort")

    @property
    def frames(self) -> list[tuple[int, bytes]]:
        """What was written behind the answer to the request."""
        return read_by_client(self.written.partition(b"\r\n\r\n")[2])


class Kept:
    """Remembers what comes over a socket."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.codes: list[int | None] = []
        self.writes = 0

    def received(self, data: bytes) -> None:
        self.messages.append(data)

    def writable(self) -> None:
        self.writes += 1

    def lost(self, code: int | None) -> None:
        self.codes.append(code)


def begin(app: Any) -> tuple[WebSocketProtocol, Wire, ServerState]:
    config = uvicorn.Config(app, log_config=None, proxy_headers=False)
    config.load()
    state, wire = ServerState(), Wire()
    protocol = WebSocketProtocol(config, state, {})
    protocol.connection_made(wire)
    return protocol, wire, state


async def test_a_request_may_come_byte_by_byte_and_frames_behind_it_wait_for_the_answer() -> None:
    protocol, wire, _ = begin(WebSocketApp())
    for byte in request_of() + client_frame(TEXT, b"a"):
        protocol.data_received(bytes((byte,)))
    assert not wire.reads
    await settle()
    assert wire.reads
    assert wire.frames == [(TEXT, b"a")]


@pytest.mark.parametrize("cut", range(1, 8))
async def test_the_end_of_a_request_is_found_wherever_it_is_cut(cut: int) -> None:
    protocol, wire, _ = begin(WebSocketApp())
    data = request_of() + client_frame(TEXT, b"a")
    protocol.data_received(data[: len(request_of()) - 4 + cut])
    protocol.data_received(data[len(request_of()) - 4 + cut :])
    await settle()
    assert wire.frames == [(TEXT, b"a")]


async def test_a_request_for_something_else_is_refused_once_and_what_follows_is_dropped() -> None:
    protocol, wire, state = begin(WebSocketApp())
    protocol.data_received(request_of().replace(b"Upgrade: websocket", b"Upgrade: telnet"))
    assert wire.written.startswith(b"HTTP/1.1 426 ")
    answer = wire.written
    protocol.data_received(client_frame(TEXT, b"a"))
    protocol.shutdown()
    assert wire.written == answer
    protocol.connection_lost(None)
    assert state.connections == set()


async def test_a_server_that_stops_before_there_is_a_request_just_ends_the_line() -> None:
    protocol, wire, _ = begin(WebSocketApp())
    protocol.pause_writing()
    protocol.resume_writing()
    protocol.data_received(b"GET / HTTP/1.1\r\n")
    protocol.shutdown()
    assert (wire.written, wire.ended) == (b"", ["close"])
    protocol.connection_lost(None)


@pytest.mark.requirement("server.last-pong")
async def test_only_the_last_ping_is_answered_to_a_client_that_has_not_read() -> None:
    protocol, wire, _ = begin(WebSocketApp())
    protocol.data_received(request_of())
    await settle()
    protocol.pause_writing()
    protocol.data_received(client_frame(PING, b"1") + client_frame(PING, b"2"))
    assert wire.frames == []
    protocol.resume_writing()
    assert wire.frames == [(PONG, b"2")]
    protocol.pause_writing()
    protocol.data_received(client_frame(PING, b"3"))
    protocol.connection_lost(None)
    assert wire.frames == [(PONG, b"2")]


def attaching(kept: Kept, when: asyncio.Event) -> App:
    """Return an app that attaches to its WebSocket, once it is told to."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await when.wait()
        direct = socket_of(scope)
        assert direct is not None
        direct.attach(kept)

    return app


async def test_what_has_waited_for_the_app_is_for_whoever_attaches_and_so_is_the_end() -> None:
    kept, attach = Kept(), asyncio.Event()
    app = attaching(kept, attach)
    protocol, wire, state = begin(app)
    protocol.data_received(request_of())
    await settle()
    protocol.data_received(client_frame(TEXT, "ä".encode()) + client_frame(2, b"\xff"))
    assert not wire.reads
    attach.set()
    await settle()
    assert state.tasks == set()
    assert kept.messages == ["ä".encode(), b"\xff"]
    protocol.attach(Kept())
    protocol.attach(kept)  # Who attaches last gets what comes.
    protocol.resume()
    protocol.data_received(client_frame(TEXT, b"c"))
    protocol.resume_writing()
    protocol.data_received(client_frame(CLOSE, b"\x0f\xa0why") + client_frame(TEXT, b"late"))
    assert (kept.messages[2:], kept.writes, kept.codes) == ([b"c"], 1, [4000])
    assert wire.frames == [(CLOSE, b"\x0f\xa0")]
    protocol.connection_lost(None)
    assert kept.codes == [4000]


@pytest.mark.parametrize("code", [None, 4000, 1012])
async def test_whoever_attaches_after_the_end_hears_of_it_at_once(code: int | None) -> None:
    kept, attach = Kept(), asyncio.Event()
    app = attaching(kept, attach)
    protocol, _, _ = begin(app)
    protocol.data_received(request_of())
    await settle()
    if code == 1012:
        protocol.shutdown()
    elif code is not None:
        protocol.data_received(client_frame(CLOSE, code.to_bytes(2, "big")))
    protocol.connection_lost(None)
    attach.set()
    await settle()
    assert kept.codes == [code]


async def test_what_comes_when_nobody_is_there_any_more_is_dropped() -> None:
    kept = Kept()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        wire.closing = True  # The line is about to end.
        await send({"type": "websocket.close", "code": 4000})
        direct = socket_of(scope)
        assert direct is not None
        direct.attach(kept)

    protocol, wire, _ = begin(app)
    protocol.data_received(request_of())
    await settle()
    protocol.data_received(client_frame(TEXT, b"late"))
    protocol.pause()
    protocol.resume()
    assert (kept.messages, kept.codes, wire.frames, wire.reads) == ([], [4000], [], True)


async def test_a_call_that_is_cancelled_ends_its_websocket(caplog: pytest.LogCaptureFixture) -> None:
    for opened in (True, False):
        entered = asyncio.Event()

        async def script(
            receive: Receive, send: Send, *, opened: bool = opened, entered: asyncio.Event = entered
        ) -> None:
            if opened:
                await receive()
                await send({"type": "websocket.accept"})
            entered.set()
            await asyncio.Event().wait()

        protocol, wire, state = begin(WebSocketApp(script))
        protocol.data_received(request_of())
        await entered.wait()
        for task in state.tasks:
            task.cancel()
        await settle()
        if opened:
            assert wire.frames == [(CLOSE, (1011).to_bytes(2, "big"))]
        else:
            assert wire.written.startswith(b"HTTP/1.1 500 ")
        protocol.connection_lost(None)
    assert [record for record in caplog.records if record.exc_info] == []


async def test_messages_wait_in_the_socket_until_the_app_has_taken_those_before() -> None:
    go_on = asyncio.Event()

    async def script(receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await go_on.wait()
        await receive()
        go_on.clear()
        await go_on.wait()
        await echo(receive, send)

    protocol, wire, _ = begin(WebSocketApp(script))
    protocol.data_received(request_of())
    await settle()
    protocol.data_received(client_frame(TEXT, b"a") + client_frame(TEXT, b"b"))
    go_on.set()
    await settle()
    assert not wire.reads
    protocol.connection_lost(None)
    go_on.set()
    await settle()
