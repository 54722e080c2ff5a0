"""Requests that are meant to do harm are answered as by uvicorn's own class, or refused where that is not strict."""

import asyncio
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from serverless_hub.server.http import HttpProtocol
from tests.support.clock import settle
from tests.support.http_server import answer, body_of, connect, http_server

_BOTH = pytest.mark.parametrize("http", [HttpToolsProtocol, HttpProtocol], ids=["uvicorn", "ours"])
_REFUSED = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 30\r\n"
    b"connection: close\r\n\r\nInvalid HTTP request received."
)
_LAST = b"GET /last HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"


async def tell(scope: Any, receive: Any, send: Any) -> None:
    """Answer with all that was understood."""
    body = await body_of(receive)
    said = [scope["method"], scope["path"], scope["raw_path"], scope["query_string"], scope["headers"], body]
    await answer(send, repr(said).encode())


class _Memory(asyncio.Transport):
    """A line to nobody."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        if not self.closed:
            self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def _answers(http: Any, segments: Iterable[bytes], **options: Any) -> bytes:
    transport = _Memory()
    protocol = http(Config(tell, log_config=None, **options), ServerState(), {}, asyncio.get_running_loop())
    protocol.connection_made(transport)
    for segment in segments:
        if not transport.closed:
            protocol.data_received(segment)
            await asyncio.sleep(0)
    await settle()
    protocol.connection_lost(None)
    await settle()
    return transport.written


_HOSTILE = {
    "length and chunks": b"POST / HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n12345",
    "a list of lengths": b"POST / HTTP/1.1\r\ncontent-length: 5, 5\r\n\r\n12345",
    "a negative length": b"POST / HTTP/1.1\r\ncontent-length: -5\r\n\r\n12345",
    "a length with a sign": b"POST / HTTP/1.1\r\ncontent-length: +5\r\n\r\n12345",
    "a length in hex": b"POST / HTTP/1.1\r\ncontent-length: 0x5\r\n\r\n12345",
    "a length beyond 64 bits": b"POST / HTTP/1.1\r\ncontent-length: 99999999999999999999\r\n\r\n",
    "chunks that are not last": b"POST / HTTP/1.1\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunks twice": b"POST / HTTP/1.1\r\ntransfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": b"POST / HTTP/1.1\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding with a control": b"POST / HTTP/1.1\r\ntransfer-encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": b"POST / HTTP/1.1\r\ncontent-length : 5\r\n\r\n12345",
    "a tab before the colon": b"POST / HTTP/1.1\r\ntransfer-encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\na: b\r\n c: d\r\n\r\n",
    "a folded first header": b"GET / HTTP/1.1\r\n a: b\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\na: b\n\n",
    "a bare line feed in a header": b"GET / HTTP/1.1\r\na: b\nc: d\r\n\r\n",
    "a bare carriage return in a header": b"GET / HTTP/1.1\r\na: b\rc: d\r\n\r\n",
    "a zero byte in a header": b"GET / HTTP/1.1\r\na: b\x00c\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n: b\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nab\r\n\r\n",
    "a name that is not a token": b"GET / HTTP/1.1\r\na(b: c\r\n\r\n",
    "a name beyond ASCII": b"GET / HTTP/1.1\r\n\xc3\xa4: c\r\n\r\n",
    "a value beyond ASCII": b"GET / HTTP/1.1\r\na: \xc3\xa4\r\nconnection: close\r\n\r\n",
    "a chunk with a sign": b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n",
    "a chunk in hex": b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
    "a chunk beyond 64 bits": b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\na\r\n",
    "a chunk that is too long": b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
    "chunks with line feeds": b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\na\n0\n\n",
    "a space before a chunk ends": b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n",
    "a line feed in an extension": b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1;a\nb\r\na\r\n0\r\n\r\n",
    "an unknown method": b"HACK / HTTP/1.1\r\n\r\n",
    "a method in lower case": b"get / HTTP/1.1\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "an unknown version": b"GET / HTTP/1.7\r\n\r\n",
    "two digits of a version": b"GET / HTTP/1.10\r\n\r\n",
    "HTTP/0.9": b"GET / HTTP/0.9\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a target with a space": b"GET /a b HTTP/1.1\r\n\r\n",
    "a target with a control": b"GET /a\x01b HTTP/1.1\r\n\r\n",
    "a target beyond ASCII": b"GET /\xc3\xa4 HTTP/1.1\r\n\r\n",
    "a target without a slash": b"GET a HTTP/1.1\r\n\r\n",
    "a target that is a star": b"OPTIONS * HTTP/1.1\r\nconnection: close\r\n\r\n",
    "a tunnel": b"CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n",
    "empty lines before": b"\r\n\r\nGET / HTTP/1.1\r\nconnection: close\r\n\r\n",
    "something behind the last": b"GET / HTTP/1.1\r\nconnection: close\r\n\r\nGET /more HTTP/1.1\r\n\r\n",
    "a body that nobody has announced": b"GET / HTTP/1.1\r\n\r\nGARBAGE\r\n\r\n",
}


@pytest.mark.parametrize("hostile", _HOSTILE.values(), ids=_HOSTILE)
async def test_hostile_requests_are_understood_as_by_uvicorn(hostile: bytes) -> None:
    """Each is sent at once and byte by byte, with a request behind it that must not be taken for a part of it."""
    whole = hostile + _LAST
    single = [whole[i : i + 1] for i in range(len(whole))]
    found = [
        [await _answers(http, [whole]), await _answers(http, single)] for http in (HttpToolsProtocol, HttpProtocol)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["length and chunks", "chunks and length", "two lengths", "a space before the colon"])
@_BOTH
async def test_what_two_servers_may_read_in_two_ways_is_refused(http: Any, name: str) -> None:
    async with http_server(tell, http) as server:
        got = await server.ask(_HOSTILE[name] + _LAST)
    assert got.startswith(b"HTTP/1.1 400 ")
    assert b"/last" not in got


async def test_what_comes_behind_a_request_for_a_tunnel_is_not_read() -> None:
    """Uvicorn's own class reads it as requests, unless it has come together with the first."""
    tunnel = b"CONNECT / HTTP/1.1\r\nhost: a:1\r\n\r\n"
    for segments in ([tunnel + _LAST], [tunnel, _LAST]):
        got = await _answers(HttpProtocol, segments)
        assert got.startswith(b"HTTP/1.1 200 OK\r\ncontent-length: 53\r\nconnection: close\r\n\r\n['CONNECT'")
        assert b"/last" not in got


async def test_a_request_behind_one_for_another_protocol_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    """Uvicorn's own class does not read what has come together with the first."""
    first = b"GET /1 HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"
    for segments in ([first + _LAST], [first, _LAST], [first * 2 + _LAST]):
        assert b"/last" in await _answers(HttpProtocol, segments)
    assert {record.getMessage() for record in caplog.records} == {"Unsupported upgrade request."}


@pytest.mark.requirement("process.run.upgrade")
@pytest.mark.parametrize("ws", ["none", "auto"])
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"content-length: %d" % len(_LAST), _LAST),
        (b"transfer-encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(_LAST), _LAST)),
    ],
    ids=["length", "chunks"],
)
async def test_the_body_of_a_request_for_another_protocol_is_no_request(coding: bytes, body: bytes, ws: Any) -> None:
    """Uvicorn's own class takes it for one, where it comes in a segment of its own: a proxy in front would not."""
    head = b"POST /1 HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" + coding + b"\r\n\r\n"
    stream = head + body + _LAST.replace(b"last", b"end")
    for segments in ([stream], [head, body, stream[len(head + body) :]], [bytes([byte]) for byte in stream]):
        got = await _answers(HttpProtocol, segments, ws=ws)
        assert got.count(b"HTTP/1.1 200 OK") == 2
        assert repr(_LAST).encode() in got
        assert b"(b'upgrade', b'h2c')" in got
        assert b"'/last'" not in got
        assert b"'/end'" in got


@_BOTH
async def test_a_refusal_has_the_headers_of_the_server(http: Any) -> None:
    async with http_server(tell, http, headers=[("a", "b")]) as server:
        assert await server.ask(b"no\r\n\r\n") == _REFUSED.replace(b"Request\r\n", b"Request\r\na: b\r\n", 1)


@_BOTH
async def test_a_body_that_breaks_is_refused_while_the_app_waits(http: Any) -> None:
    told: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "http.request":
            pass
        told.append(message["type"])

    async with http_server(app, http) as server, connect(server) as client:
        await client.send(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n")
        await client.send(b"no")
        assert await client.read_all() == _REFUSED
    assert told == ["http.disconnect"]


async def test_no_refusal_is_written_into_a_response() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        while (await receive())["type"] == "http.request":
            pass

    async with http_server(app, HttpProtocol) as server, connect(server) as client:
        await client.send(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
        await client.read_until(b"one\r\n")
        await client.send(b"no\r\n")
        assert await client.read_all() == b""


async def test_trailers_are_for_nobody() -> None:
    """Under uvicorn they are among the headers, even if these have been read and trusted."""
    body = b"1\r\na\r\n0\r\nx-user: admin\r\nexpect: 100-continue\r\n\r\n"
    async with http_server(tell, HttpProtocol) as server:
        request = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        got = await server.ask(request.replace(b"connection: close\r\n", b"") + body, request, body)
    assert got.count(b"b'a']") == 2
    assert b"admin" not in got


_ENDLESS = {
    "target": b"GET /",
    "name": b"GET / HTTP/1.1\r\n",
    "value": b"GET / HTTP/1.1\r\na: ",
    "headers": b"GET / HTTP/1.1\r\n",
    "trailer": b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\na: ",
    "extension": b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1;a=",
    "empty lines": b"",
}


@pytest.mark.parametrize("what", _ENDLESS)
async def test_what_has_no_end_is_refused(what: str) -> None:
    """Uvicorn's own class reads on, and keeps it all."""
    more = {"headers": b"a: b\r\n", "empty lines": b"\r\n"}.get(what, b"abcd") * 1_000
    sent = 0
    async with http_server(tell, HttpProtocol) as server, connect(server) as client:
        await client.send(_ENDLESS[what])
        got = asyncio.create_task(client.read_all())
        while not got.done() and sent < 2**24:
            try:
                await client.send(more)
            except ConnectionError:
                break
            sent += len(more)
        answered = await got  # Nothing where the client has gone on for too long.
        assert not answered or answered.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert sent < 2**20


async def test_a_head_may_be_as_large_as_uvicorn_has_been_told() -> None:
    head = b"GET / HTTP/1.1\r\nconnection: close\r\na: "
    segments = [head, *[b"a" * 10_000] * 9, b"\r\n\r\n"]
    assert (await _answers(HttpProtocol, segments, h11_max_incomplete_event_size=200_000)).startswith(b"HTTP/1.1 200 ")
    assert (await _answers(HttpProtocol, segments, h11_max_incomplete_event_size=10_000)).startswith(b"HTTP/1.1 431 ")


_requests = st.lists(
    st.sampled_from(
        [
            b"GET /a?b HTTP/1.1\r\nhost: a\r\n\r\n",
            b"HEAD / HTTP/1.1\r\n\r\n",
            b"POST /b HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello",
            b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            b"POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\nx",
            b"GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
        ]
    ),
    max_size=6,
)


@given(requests=_requests, data=st.data())
def test_how_a_stream_is_cut_makes_no_difference(requests: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(requests) + _LAST
    cuts = sorted({0, len(stream), *data.draw(st.lists(st.integers(1, len(stream) - 1), max_size=20))})
    segments = [stream[start:end] for start, end in pairwise(cuts)]
    whole = asyncio.run(_answers(HttpProtocol, [*requests, _LAST])).replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
    assert asyncio.run(_answers(HttpProtocol, segments)).replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"") == whole
    assert whole.count(b"HTTP/1.1 200 OK") == len(requests) + 1
    assert (
        asyncio.run(_answers(HttpToolsProtocol, [*requests, _LAST])).replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
        == whole
    )
