"""What lines do that uvicorn's own class does not, and the parts that they are made of."""

import asyncio
from typing import Any

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE

from serverless_hub.server.addresses import server_of
from serverless_hub.server.http import HttpProtocol
from serverless_hub.server.http_response import lines_of
from serverless_hub.service.deadline import Deadline
from tests.support.clock import ManualClock, settle
from tests.support.http_server import LIMIT, answer, body_of, connect, http_server

_GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"


async def test_a_client_that_is_gone_ends_all_its_requests() -> None:
    """With more than one on a line, uvicorn's own class tells only the last, which has not begun."""
    begun, told = asyncio.Event(), asyncio.Event()
    paths: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        paths.append(scope["path"])
        await receive()
        begun.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        told.set()

    async with http_server(app, HttpProtocol) as server:
        async with connect(server) as client:
            await client.send(_GET + _GET.replace(b"/ ", b"/2 "))
            await asyncio.wait_for(begun.wait(), LIMIT)
        await asyncio.wait_for(told.wait(), LIMIT)
        await settle()
    assert paths == ["/"]


async def test_a_request_that_comes_while_the_server_stops_is_the_last() -> None:
    """Under uvicorn's own class, the line is kept, and so is the server."""
    gate, begun = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        await gate.wait()
        await answer(send, scope["path"].encode())

    async with http_server(app, HttpProtocol, timeout_keep_alive=3600) as server, connect(server) as client:
        await client.send(_GET)
        await asyncio.wait_for(begun.wait(), LIMIT)
        stopping = asyncio.create_task(server.stop())
        while server.server.servers[0].is_serving():
            await settle()
        await client.send(_GET)
        await settle()
        gate.set()
        assert b"connection: close\r\n\r\n/" in await client.read_all()
        await stopping


def test_lines_do_the_same_on_uvloop() -> None:
    sent: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = await body_of(receive)
        if body != b"endless":
            await answer(send, body)
            return
        await send({"type": "http.response.start", "status": 200})
        while len(sent) < 400:
            await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
            sent.append(1)
        await send({"type": "http.response.body"})

    async def main() -> None:
        async with http_server(app, HttpProtocol) as server, connect(server) as client:
            for size in (3, 300_000, 3):
                await client.send(b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % size + b"y" * size)
                head = await client.read_until(b"\r\n\r\n")
                assert head == b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size
                assert await client.reader.readexactly(size) == b"y" * size
            await client.send(b"POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: 7\r\n\r\nendless")
            for _ in range(100):
                await settle()
            assert 0 < len(sent) < 400
            assert (await client.read_all()).count(b"x") == 400 * 65_536

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


async def test_an_idle_line_costs_one_timer_however_often_it_is_used() -> None:
    clock, calls = ManualClock(), list[float]()
    timer = Deadline(clock, 5.0, lambda: calls.append(clock.now))
    begin = clock.now
    for _ in range(8):
        timer.restart()
        await clock.advance(1)
        timer.rest()
    timer.restart()
    assert len(clock.timers) == 1
    await clock.advance(4)
    assert calls == []
    await clock.advance(100)
    assert calls == [begin + 13]


async def test_a_line_that_is_used_for_long_has_no_timer() -> None:
    clock, calls = ManualClock(), list[float]()
    timer = Deadline(clock, 5.0, lambda: calls.append(clock.now))
    timer.restart()
    timer.rest()
    await clock.advance(100)
    assert (calls, clock.timers) == ([], [])
    timer.restart()
    timer.stop()
    timer.stop()
    await clock.advance(100)
    assert calls == []


async def test_a_last_response_that_is_read_slowly_comes_whole_though_the_line_was_idle_before() -> None:
    size = 16 * 2**20

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answer(send, b"x" * (size if scope["path"] == "/last" else 1))

    async with http_server(app, HttpProtocol, timeout_keep_alive=0.05) as server, connect(server) as client:
        await client.send(_GET)
        await client.read_until(b"\r\n\r\nx")
        await client.send(b"GET /last HTTP/1.1\r\nconnection: close\r\n\r\n")
        assert (await client.read_all()).count(b"x") == size


def check(name: bytes, value: bytes) -> None:
    allowed = name and not HEADER_RE.search(name) and not HEADER_VALUE_RE.search(value)
    if allowed:
        assert lines_of([(name, value)]).lines == name.lower() + b": " + value + b"\r\n"
    else:
        with pytest.raises(RuntimeError, match="Invalid HTTP header"):
            lines_of([(name, value)])


@given(name=st.binary(max_size=3), value=st.binary(max_size=3))
def test_headers_are_refused_as_by_uvicorn(name: bytes, value: bytes) -> None:
    check(name, value)


def test_every_byte_of_a_header_is_checked_as_by_uvicorn() -> None:
    for number in range(256):
        check(bytes([number]), b"a")
        check(b"a", bytes([number]))


def test_names_that_an_app_makes_up_are_not_all_remembered() -> None:
    for number in range(1000):
        name = b"X-%d" % number
        assert lines_of([(name, b"1")]).lines == b"x-%d: 1\r\n" % number


@pytest.mark.parametrize(
    ("headers", "length", "chunked", "closes"),
    [
        ([(b"Content-Length", b"5"), (b"content-length", b"6")], 5, False, False),
        ([(b"content-length", b"5"), (b"transfer-encoding", b"CHUNKED")], 5, True, False),
        ([(b"transfer-encoding", b"chunked"), (b"content-length", b"5")], None, True, False),
        ([(b"transfer-encoding", b"gzip")], None, False, False),
        ([(b"connection", b"keep-alive"), (b"Connection", b"x , CLOSE")], None, False, True),
    ],
)
def test_headers_are_understood_as_by_uvicorn(headers: Any, length: int | None, chunked: bool, closes: bool) -> None:
    head = lines_of(headers)
    assert (head.length, head.chunked, head.closes) == (length, chunked, closes)


def test_a_transport_may_know_no_address() -> None:
    assert server_of(asyncio.BaseTransport({"sockname": ""})) is None
    assert server_of(asyncio.BaseTransport()) is None
