"""What apps do wrong, what clients do to them, and how both end: as under uvicorn's own class."""

import asyncio
import logging
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serverless_hub.server.http import HttpProtocol
from tests.support.clock import settle
from tests.support.http_server import LIMIT, answer, body_of, connect, http_server

pytestmark = pytest.mark.parametrize("http", [HttpToolsProtocol, HttpProtocol], ids=["uvicorn", "ours"])

_GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
_START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]}
_FAILED = (
    b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 21\r\n"
    b"connection: close\r\n\r\nInternal Server Error"
)
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n"


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def script(*messages: Any) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            if message is None:
                raise ValueError("no")
            await send(message)

    return app


@pytest.mark.parametrize(
    ("messages", "answered", "logged"),
    [
        ([None], _FAILED, "Exception in ASGI application\n"),
        ([], _FAILED, "ASGI callable returned without starting response."),
        ([{"type": "http.response.body"}], _FAILED, "Exception in ASGI application\n"),
        ([_START], _HEAD, "ASGI callable returned without completing response."),
        ([_START, None], _HEAD, "Exception in ASGI application\n"),
        ([_START, _START], _HEAD, "Exception in ASGI application\n"),
        ([_START, {"type": "http.response.body", "body": b"long"}], _HEAD, "Exception in ASGI application\n"),
        (
            [_START, {"type": "http.response.body", "body": b"s"}],
            _HEAD + b"s",
            "Exception in ASGI application\n",
        ),
        ([{**_START, "status": 99}], b"", "Exception in ASGI application\n"),
        ([{**_START, "headers": [(b"a b", b"c")]}], b"", "Exception in ASGI application\n"),
        ([{**_START, "headers": [(b"a\r\nb", b"c")]}], b"", "Exception in ASGI application\n"),
        ([{**_START, "headers": [(b"a", b"b\r\nc: d")]}], b"", "Exception in ASGI application\n"),
        ([{**_START, "headers": [(b"a", b"b\x00")]}], b"", "Exception in ASGI application\n"),
        ([{**_START, "headers": [(b"content-length", b"x")]}], b"", "Exception in ASGI application\n"),
    ],
)
async def test_an_app_that_fails_ends_the_line(
    http: Any, messages: list[Any], answered: bytes, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with http_server(script(*messages), http) as server:
        assert await server.ask(_GET) == answered
    assert errors(caplog) == [logged]


async def test_an_app_that_goes_on_when_it_has_answered_is_told(http: Any) -> None:
    told: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answer(send, b"one", connection="keep-alive")
        assert (await receive())["type"] == "http.disconnect"
        try:
            await send({"type": "http.response.body", "body": b"more"})
        except RuntimeError as error:
            told.append(str(error))

    async with http_server(app, http) as server, connect(server) as client:
        for _ in range(2):
            await client.send(_GET)
            assert (await client.read_until(b"one")).endswith(b"\r\n\r\none")
        await settle()
    assert told == ["Unexpected ASGI message 'http.response.body' sent, after response already completed."] * 2


async def test_an_app_must_return_nothing(http: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> str:
        await answer(send, b"one")
        return "something"

    async with http_server(app, http) as server:
        assert await server.ask(_GET) == _HEAD + b"one"
    assert errors(caplog) == ["ASGI callable should return None, but returned 'something'."]


async def test_what_an_app_does_not_read_is_thrown_away(http: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answer(send, b"one")

    async with http_server(app, http) as server, connect(server) as client:
        await client.send(b"POST / HTTP/1.1\r\ncontent-length: 200000\r\n\r\n")
        await client.read_until(b"one")
        await client.send(b"x" * 200_000 + _GET)
        assert await client.read_until(b"one") == _HEAD + b"one"


async def test_an_app_is_told_that_its_client_is_gone(http: Any) -> None:
    begun, told = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert await body_of(receive) == b""
        begun.set()
        assert [(await receive())["type"] for _ in range(2)] == ["http.disconnect"] * 2
        await send(_START)
        told.set()

    async with http_server(app, http) as server:
        async with connect(server) as client:
            await client.send(_GET)
            await asyncio.wait_for(begun.wait(), LIMIT)
        await asyncio.wait_for(told.wait(), LIMIT)


async def test_everybody_who_waits_is_told_that_the_client_is_gone(http: Any) -> None:
    begun = asyncio.Event()
    told: asyncio.Queue[Any] = asyncio.Queue()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        begun.set()
        told.put_nowait(await asyncio.gather(receive(), receive()))

    async with http_server(app, http) as server:
        async with connect(server) as client:
            await client.send(_GET)
            await asyncio.wait_for(begun.wait(), LIMIT)
        assert await asyncio.wait_for(told.get(), LIMIT) == [{"type": "http.disconnect"}] * 2


async def test_a_body_that_the_app_does_not_read_is_not_taken(http: Any) -> None:
    gate = asyncio.Event()
    first: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await gate.wait()
        first.append(len((await receive())["body"]))
        await answer(send, b"%d" % (first[0] + len(await body_of(receive))))

    size = 16 * 2**20
    async with http_server(app, http) as server, connect(server) as client:
        client.writer.write(b"POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % size + b"x" * size)
        for _ in range(50):
            await settle()
        gate.set()
        assert (await client.read_all()).endswith(b"\r\n\r\n%d" % size)
    assert first[0] < 2**20


async def test_a_body_waits_for_the_app_in_one_piece(http: Any) -> None:
    gate = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await gate.wait()
        await answer(send, (await receive())["body"])

    async with http_server(app, http) as server, connect(server) as client:
        await client.send(b"POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: 9\r\n\r\n")
        for part in (b"one", b"two", b"six"):
            await client.send(part)
            await settle()
        gate.set()
        assert (await client.read_all()).endswith(b"\r\n\r\nonetwosix")


async def test_two_tasks_of_an_app_may_send(http: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        part = {"type": "http.response.body", "body": b"x" * 2**20, "more_body": True}
        await send({"type": "http.response.start", "status": 200})
        await asyncio.gather(*(send(part) for _ in range(40)))
        await send({"type": "http.response.body"})

    async with http_server(app, http) as server:
        got = await server.ask(_GET.replace(b"host: a", b"connection: close"))
        assert got.count(b"x") == 40 * 2**20


async def test_an_app_waits_for_a_client_that_does_not_read(http: Any) -> None:
    sent: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        for number in range(400):
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
            sent.append(number)
        await send({"type": "http.response.body"})

    async with http_server(app, http) as server, connect(server) as client:
        await client.send(_GET.replace(b"host: a", b"connection: close"))
        for _ in range(50):
            await settle()
        assert 0 < len(sent) < 400
        assert (await client.read_all()).count(b"x") == 400 * 65_536


async def test_an_app_that_waits_for_a_client_goes_on_when_it_is_gone(http: Any) -> None:
    over = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        for _ in range(400):
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
        over.set()

    async with http_server(app, http) as server:
        async with connect(server) as client:
            await client.send(_GET)
            for _ in range(50):
                await settle()
            assert not over.is_set()
            client.writer.transport.abort()
        await asyncio.wait_for(over.wait(), LIMIT)


async def test_too_many_at_once_are_refused(http: Any, caplog: pytest.LogCaptureFixture) -> None:
    gate, begun = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        await gate.wait()
        await answer(send, b"one")

    async with http_server(app, http, limit_concurrency=2) as server, connect(server) as client:
        await client.send(_GET)
        await asyncio.wait_for(begun.wait(), LIMIT)
        assert await server.ask(_GET) == (
            b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 19\r\n"
            b"connection: close\r\n\r\nService Unavailable"
        )
        gate.set()
        assert await client.read_until(b"one") == _HEAD + b"one"
    assert "Exceeded concurrency limit." in [record.getMessage() for record in caplog.records]


async def test_tasks_that_go_on_count_for_the_limit(http: Any) -> None:
    gate = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answer(send, b"one")
        await gate.wait()

    async with http_server(app, http, limit_concurrency=2) as server, connect(server) as client:
        await client.send(_GET + _GET)
        for _ in range(2):
            await client.read_until(b"one")
        await client.send(_GET)
        assert (await client.read_all()).startswith(b"HTTP/1.1 503 ")
        gate.set()


async def test_a_server_stops_when_it_has_answered_as_many_as_it_may(http: Any) -> None:
    app = script(_START, {"type": "http.response.body", "body": b"one"})
    async with http_server(app, http, limit_max_requests=2) as server, connect(server) as client:
        for _ in range(2):
            await client.send(_GET)
            await client.read_until(b"one")
        await asyncio.wait_for(asyncio.shield(server.task), LIMIT)
        assert await client.read_all() == b""


async def test_idle_lines_are_closed_when_the_server_stops(http: Any) -> None:
    app = script(_START, {"type": "http.response.body", "body": b"one"})
    async with http_server(app, http) as server, connect(server) as fresh, connect(server) as used:
        await used.send(_GET)
        await used.read_until(b"one")
        await server.stop()
        assert (await fresh.read_all(), await used.read_all()) == (b"", b"")


async def test_what_runs_is_answered_when_the_server_stops(http: Any) -> None:
    gate, begun = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        await gate.wait()
        await answer(send, b"one")

    async with http_server(app, http) as server, connect(server) as client:
        await client.send(_GET)
        await asyncio.wait_for(begun.wait(), LIMIT)
        stopping = asyncio.create_task(server.stop())
        while server.server.servers[0].is_serving():
            await settle()
        gate.set()
        assert await client.read_all() == b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\none"
        await stopping


async def test_what_has_begun_to_be_answered_ends_the_line_when_the_server_stops(http: Any) -> None:
    gate = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(_START)
        await gate.wait()
        await send({"type": "http.response.body", "body": b"one"})

    async with http_server(app, http) as server, connect(server) as client:
        await client.send(_GET)
        assert await client.read_until(b"\r\n\r\n") == _HEAD
        stopping = asyncio.create_task(server.stop())
        while server.server.servers[0].is_serving():
            await settle()
        gate.set()
        assert await client.read_all() == b"one"
        await stopping


async def test_what_takes_too_long_is_cancelled_when_the_server_stops(
    http: Any, caplog: pytest.LogCaptureFixture
) -> None:
    begun = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with http_server(app, http, timeout_graceful_shutdown=0.01) as server, connect(server) as client:
        await client.send(_GET)
        await asyncio.wait_for(begun.wait(), LIMIT)
        await server.stop()
        assert await client.read_all() == _FAILED
        assert server.server.server_state.tasks == set()
    assert "Exception in ASGI application\n" in errors(caplog)
