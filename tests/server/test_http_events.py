"""An event that comes whole is answered without the messages of ASGI, as any other request would be."""

import asyncio
import contextvars
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from serverless_hub.protocol.upstream_answer import UpstreamAnswer
from serverless_hub.server.http import HttpProtocol
from serverless_hub.service.asgi import Scope
from serverless_hub.service.direct_events import Answering
from tests.support.clock import settle
from tests.support.http_server import LIMIT, answer, body_of, connect, http_server


class Events:
    """An app that answers events with their bodies, directly or, where it is asked to, when it is called."""

    def __init__(self, run: Callable[[bytes], Any] | None = None) -> None:
        self._run = run
        self.direct_bodies: list[bytes] = []
        self.called_bodies: list[bytes] = []

    def direct(self, scope: Scope) -> Answering | None:
        """Take what is posted to `/event`."""
        assert scope["method"] == "POST"
        return self._answer if scope["path"] == "/event" else None

    async def _answer(self, body: bytes) -> UpstreamAnswer:
        self.direct_bodies.append(body)
        found = body if self._run is None else await self._run(body)
        return found if isinstance(found, UpstreamAnswer) else UpstreamAnswer(HTTPStatus.OK, found)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer the slow way; the whole scope is there."""
        assert scope.keys() >= {"asgi", "server", "client", "scheme", "state", "raw_path", "http_version"}
        body = await body_of(receive)
        self.called_bodies.append(body)
        await answer(send, body, content_type="application/json")


def event(body: bytes = b"{}", *headers: bytes, last: bool = False, path: bytes = b"/event") -> bytes:
    length = b"content-length: %d" % len(body)
    lines = [b"POST %b HTTP/1.1" % path, b"host: a", length, *headers, *([b"connection: close"] if last else [])]
    return b"\r\n".join([*lines, b"", body])


def answered(body: bytes, *, last: bool = False) -> bytes:
    close = b"connection: close\r\n" if last else b""
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\ncontent-type: application/json\r\n%b\r\n" % (len(body), close)
    return head + body


@pytest.mark.requirement("process.run.http")
@pytest.mark.parametrize("body", [b"", b"{}", b"x" * 70_000], ids=["empty", "short", "long"])
async def test_an_event_is_answered_byte_by_byte_as_when_the_app_is_called(body: bytes) -> None:
    app = Events()
    async with http_server(app, HttpProtocol) as server, connect(server) as client:
        for path in (b"/event", b"/other"):
            await client.send(event(body, path=path))
            assert await client.read_until(answered(body)) == answered(body)
        await client.send(event(body, last=True))
        assert await client.read_all() == answered(body, last=True)
        assert server.server.server_state.total_requests == 3
    assert app.called_bodies[0] == body
    assert app.direct_bodies + app.called_bodies[1:] == [body, body]


async def test_an_event_in_pieces_is_for_the_app() -> None:
    app = Events()
    async with http_server(app, HttpProtocol) as server:
        whole = event(b"hello", last=True)
        pieces = [whole[at : at + 1] for at in range(len(whole))]
        assert (await server.ask(*pieces)).endswith(b"\r\n\r\nhello")
    assert (app.direct_bodies, app.called_bodies) == ([], [b"hello"])


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (b"transfer-encoding: chunked", b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
        (b"expect: 100-continue\r\ncontent-length: 5", b"hello"),
    ],
    ids=["chunks", "expect"],
)
async def test_an_event_in_an_unusual_form_is_for_the_app(lines: bytes, body: bytes) -> None:
    app = Events()
    async with http_server(app, HttpProtocol) as server:
        got = await server.ask(b"POST /event HTTP/1.1\r\nconnection: close\r\n%b\r\n\r\n%b" % (lines, body))
    assert got.endswith(b"\r\n\r\nhello")
    assert (app.direct_bodies, app.called_bodies) == ([], [b"hello"])


async def test_events_and_other_requests_of_a_line_are_answered_in_their_order() -> None:
    app = Events()
    parts = [(b"/event", b"1"), (b"/other", b"2"), (b"/event", b"3"), (b"/event", b"4")]
    segment = b"".join(event(body, path=path, last=body == b"4") for path, body in parts)
    async with http_server(app, HttpProtocol) as server:
        got = await server.ask(segment)
    assert got == b"".join(answered(body, last=body == b"4") for _, body in parts)
    assert app.direct_bodies == [b"1"]  # Whoever waits for another is called.


async def test_a_line_that_breaks_behind_an_event_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async with http_server(Events(), HttpProtocol) as server:
        got = await server.ask(event(b"hello") + b"nonsense\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert got.count(b"HTTP/1.1") == 1
    assert "Invalid HTTP request received." in caplog.text


async def test_an_answer_that_says_more_says_it_in_its_headers() -> None:
    async def run(body: bytes) -> UpstreamAnswer:
        return UpstreamAnswer(HTTPStatus.UNAUTHORIZED if body else HTTPStatus.OK, b"no", error_code="why")

    async with http_server(Events(run), HttpProtocol) as server:
        fields = b"content-length: 2\r\ncontent-type: application/json\r\nx-serverless-hub-error: why\r\n"
        for body, status in ((b"1", b"401 Unauthorized"), (b"", b"200 OK")):
            got = await server.ask(event(body, last=True))
            assert got == b"HTTP/1.1 %b\r\n%bconnection: close\r\n\r\nno" % (status, fields)


async def test_the_servers_own_headers_stand_in_every_answer() -> None:
    options = {"headers": [("x-own", "1")], "server_header": True}
    async with http_server(Events(), HttpProtocol, **options) as server:
        assert b"server: uvicorn\r\nx-own: 1\r\ncontent-length: 2\r\n" in await server.ask(event(last=True))
    closing = {"headers": [("connection", "close")]}
    async with http_server(Events(), HttpProtocol, **closing) as server:
        assert (await server.ask(event())).startswith(b"HTTP/1.1 200 OK\r\nconnection: close\r\n")


async def test_an_event_that_fails_is_answered_500_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def run(body: bytes) -> bytes:
        raise asyncio.CancelledError if body else ValueError("secret")

    async with http_server(Events(run), HttpProtocol) as server:
        for body in (b"", b"1"):
            got = await server.ask(event(body))
            assert got.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
            assert b"secret" not in got
    assert caplog.text.count("Exception in ASGI application") == 2


async def test_an_event_runs_on_when_its_client_has_gone() -> None:
    started, may_end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def run(body: bytes) -> bytes:
        started.set()
        await may_end.wait()
        ended.set()
        return body

    async with http_server(Events(run), HttpProtocol) as server:
        async with connect(server) as client:
            await client.send(event())
            await asyncio.wait_for(started.wait(), LIMIT)
        while server.server.server_state.connections:
            await settle()
        may_end.set()
        await asyncio.wait_for(ended.wait(), LIMIT)


async def test_a_server_that_stops_answers_what_runs_and_ends_the_line() -> None:
    started, may_end = asyncio.Event(), asyncio.Event()

    async def run(body: bytes) -> bytes:
        started.set()
        await may_end.wait()
        return body

    async with http_server(Events(run), HttpProtocol) as server, connect(server) as client:
        await client.send(event())
        await asyncio.wait_for(started.wait(), LIMIT)
        server.server.should_exit = True
        while server.server.servers and server.server.servers[0].is_serving():
            await settle()
        may_end.set()
        assert await client.read_all() == answered(b"{}", last=True)


async def test_an_answer_waits_for_a_client_that_does_not_read() -> None:
    lines: list[HttpProtocol] = []

    class Line(HttpProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            lines.append(self)

    async with http_server(Events(), Line) as server, connect(server) as client:
        await client.send(b"")
        while not lines:
            await settle()
        lines[0].pause_writing()
        await client.send(event(last=True))
        reading = asyncio.create_task(client.read_all())
        await settle()
        assert not reading.done()
        lines[0].resume_writing()
        assert await reading == answered(b"{}", last=True)


async def test_a_server_that_is_full_refuses_events_too(caplog: pytest.LogCaptureFixture) -> None:
    app = Events()
    async with http_server(app, HttpProtocol, limit_concurrency=1) as server:
        assert (await server.ask(event())).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert app.direct_bodies == []
    assert "Exceeded concurrency limit." in caplog.text


async def test_each_event_may_have_a_context_of_its_own() -> None:
    seen = contextvars.ContextVar("seen", default=b"nothing")

    async def run(body: bytes) -> bytes:
        before = seen.get()
        seen.set(body)
        return before

    async with http_server(Events(run), HttpProtocol, reset_contextvars=True) as server, connect(server) as client:
        for body in (b"1", b"2"):
            await client.send(event(body))
            assert await client.read_until(b"nothing") == answered(b"nothing")


@pytest.mark.parametrize("name", ["uvicorn.access", "uvicorn.error"])
async def test_who_logs_each_request_calls_the_app(name: str, caplog: pytest.LogCaptureFixture) -> None:
    app = Events()
    with caplog.at_level(logging.INFO if name == "uvicorn.access" else 5, name):
        async with http_server(app, HttpProtocol) as server:
            assert (await server.ask(event(last=True))).endswith(b"\r\n\r\n{}")
    assert (app.direct_bodies, app.called_bodies) == ([], [b"{}"])
