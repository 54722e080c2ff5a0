"""Every ASGI app is served as under uvicorn's own class on httptools: each test runs on that, and on ours."""

import asyncio
import contextvars
import logging
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serverless_hub.server.http import HttpProtocol
from tests.support.certificates import make_certificate
from tests.support.clock import settle
from tests.support.http_server import LIMIT, answer, body_of, connect, http_server

pytestmark = pytest.mark.parametrize("http", [HttpToolsProtocol, HttpProtocol], ids=["uvicorn", "ours"])

_GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
_LAST = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await answer(send, scope["path"].encode())


async def echo(scope: Any, receive: Any, send: Any) -> None:
    await answer(send, await body_of(receive))


def post(body: bytes, *headers: bytes, last: bool = True) -> bytes:
    lines = [b"POST / HTTP/1.1", b"host: a", *headers, *([b"connection: close"] if last else [])]
    return b"\r\n".join([*lines, b"", body])


async def test_a_response_is_written_byte_by_byte_alike(http: Any) -> None:
    async with http_server(hello, http) as server:
        assert await server.ask(_LAST) == b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\n/"


async def test_a_line_is_kept_for_the_next_request(http: Any) -> None:
    async with http_server(hello, http) as server, connect(server) as client:
        for _ in range(3):
            await client.send(_GET)
            assert await client.read_until(b"\r\n\r\n/") == b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n/"
        assert server.server.server_state.total_requests == 3
        await client.send(_LAST)
        assert (await client.read_all()).endswith(b"connection: close\r\n\r\n/")


async def test_a_line_is_not_kept_for_a_client_of_http_1_0(http: Any) -> None:
    async with http_server(hello, http) as server:
        got = await server.ask(b"GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
        assert got == b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\n/"


@pytest.mark.requirement("process.run.http")
async def test_a_line_is_closed_when_it_has_been_idle_too_long(http: Any) -> None:
    async with http_server(hello, http, timeout_keep_alive=0.05) as server:
        assert (await server.ask(_GET)).endswith(b"\r\n\r\n/")


async def test_a_line_is_not_closed_while_a_request_is_answered(http: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            past = asyncio.Event()
            asyncio.get_running_loop().call_later(0.15, past.set)
            await past.wait()
        await answer(send, scope["path"].encode())

    async with http_server(app, http, timeout_keep_alive=0.05) as server, connect(server) as client:
        await client.send(_GET)
        await client.read_until(b"\r\n\r\n/")
        await client.send(_GET.replace(b"/ ", b"/slow "))
        assert (await client.read_all()).endswith(b"\r\n\r\n/slow")


async def test_an_app_may_close_the_line(http: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answer(send, b"bye", connection="Upgrade, Close")

    async with http_server(app, http) as server:
        assert await server.ask(_GET) == (
            b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: Upgrade, Close\r\n\r\nbye"
        )


@pytest.mark.requirement("process.run.http")
async def test_requests_are_answered_in_their_order(http: Any) -> None:
    gate = asyncio.Event()
    begun: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.append(scope["path"])
        if scope["path"] == "/1":
            await gate.wait()
        await answer(send, await body_of(receive))

    def request(number: int, body: bytes) -> bytes:
        return post(body, b"content-length: %d" % len(body), last=number == 3).replace(b"/ ", b"/%d " % number)

    async with http_server(app, http) as server, connect(server) as client:
        await client.send(request(1, b"one") + request(2, b"two") + request(3, b"three"))
        while not begun:
            await settle()
        assert begun == ["/1"]
        gate.set()
        got = await client.read_all()
    assert re.findall(rb"\r\n\r\n([a-z]+?)(?=HTTP|$)", got) == [b"one", b"two", b"three"]
    assert begun == ["/1", "/2", "/3"]


async def test_a_client_that_waits_is_told_to_continue_when_the_app_reads(http: Any) -> None:
    async with http_server(echo, http) as server, connect(server) as client:
        await client.send(post(b"", b"content-length: 2", b"expect: 100-Continue"))
        assert await client.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(b"ok")
        assert (await client.read_all()).endswith(b"\r\n\r\nok")


async def test_a_client_that_waits_is_told_nothing_when_the_app_does_not_read(http: Any) -> None:
    async with http_server(hello, http) as server:
        got = await server.ask(post(b"", b"content-length: 2", b"expect: 100-continue"))
        assert got.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_body_may_come_in_chunks(http: Any) -> None:
    async with http_server(echo, http) as server:
        body = b"3\r\nabc\r\n4;extension=1\r\ndefg\r\n0\r\n\r\n"
        got = await server.ask(post(body, b"transfer-encoding: chunked"))
        assert got.endswith(b"\r\n\r\nabcdefg")


async def test_a_body_may_come_in_many_segments(http: Any) -> None:
    async with http_server(echo, http) as server:
        parts = [b"a" * 10_000, b"b" * 100_000, b"c" * 100_000]
        got = await server.ask(post(b"", b"content-length: 210000"), *parts)
        assert got.endswith(b"\r\n\r\n" + b"".join(parts))


async def test_an_app_may_read_a_body_as_it_comes(http: Any) -> None:
    read: asyncio.Queue[Any] = asyncio.Queue()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            read.put_nowait(message)
            if not message["more_body"]:
                break
        await answer(send)

    async with http_server(app, http) as server, connect(server) as client:
        await client.send(post(b"one", b"content-length: 6"))
        assert await read.get() == {"type": "http.request", "body": b"one", "more_body": True}
        await client.send(b"two")
        assert (await read.get())["body"] == b"two"
        await client.read_all()


@pytest.mark.parametrize(
    ("status", "method", "headers", "rest"),
    [
        (200, b"GET", [], b"transfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"),
        (
            200,
            b"GET",
            [(b"Transfer-Encoding", b"Chunked")],
            b"transfer-encoding: Chunked\r\nconnection: close\r\n\r\n3",
        ),
        (200, b"GET", [(b"content-length", b"6")], b"content-length: 6\r\nconnection: close\r\n\r\nonetwo"),
        (200, b"HEAD", [], b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"),
        (200, b"HEAD", [(b"content-length", b"6")], b"content-length: 6\r\nconnection: close\r\n\r\n"),
        (299, b"GET", [(b"content-length", b"6")], b"HTTP/1.1 299 \r\n"),
    ],
)
async def test_a_body_is_framed_as_its_headers_say(
    http: Any, status: int, method: bytes, headers: list[tuple[bytes, bytes]], rest: bytes
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await send({"type": "http.response.body", "more_body": True})
        await send({"type": "http.response.body", "body": b"two"})

    async with http_server(app, http) as server:
        got = await server.ask(_LAST.replace(b"GET", method))
    assert rest in got
    assert (b"onetwo" in got or b"one\r\n3\r\ntwo\r\n0\r\n\r\n" in got) is (method == b"GET")


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_has_none(http: Any, status: int) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status})
        await send({"type": "http.response.body"})

    async with http_server(app, http) as server:
        got = await server.ask(_LAST)
    assert got.endswith(b"\r\nconnection: close\r\n\r\n")
    assert b"chunked" not in got


async def test_a_head_is_sent_before_there_is_a_body(http: Any) -> None:
    gate = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await gate.wait()
        await send({"type": "http.response.body", "body": b"late"})

    async with http_server(app, http) as server, connect(server) as client:
        await client.send(_LAST)
        await client.read_until(b"\r\n\r\n")
        gate.set()
        assert await client.read_all() == b"4\r\nlate\r\n0\r\n\r\n"


async def test_a_large_body_follows_its_head(http: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answer(send, b"x" * 1_000_000)

    async with http_server(app, http) as server:
        assert (await server.ask(_LAST)).endswith(b"connection: close\r\n\r\n" + b"x" * 1_000_000)


async def test_the_headers_of_the_server_come_first(http: Any) -> None:
    options: dict[str, Any] = {"date_header": True, "server_header": True, "headers": [("X-Ours", "1")]}
    async with http_server(hello, http, **options) as server, connect(server) as client:
        for _ in range(2):
            await client.send(_GET)
            head = await client.read_until(b"\r\n\r\n/")
            assert re.fullmatch(
                rb"HTTP/1.1 200 OK\r\ndate: [^\r]+ GMT\r\nserver: uvicorn\r\nx-ours: 1\r\ncontent-length: 1\r\n\r\n/",
                head,
            )


async def test_headers_of_the_server_may_close_every_line(http: Any) -> None:
    async with http_server(hello, http, headers=[("Connection", "close")]) as server:
        assert await server.ask(_GET) == b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\n/"


@pytest.mark.parametrize(
    "target",
    [b"/a/b?c=d&e", b"/%61%2Fb%20", b"/?", b"/a?b?c", b"//a/b", b"http://host/path?query", b"/a#b", b"/a?b#c"],
)
async def test_a_scope_says_what_was_asked(http: Any, target: bytes) -> None:
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await answer(send)

    request = b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nX-Two: 1\r\nx-two: 2\r\nconnection: close\r\n\r\n"
    for each in (HttpToolsProtocol, http):
        async with http_server(app, each, root_path="/root") as server:
            await server.ask(request)
            scopes[-1]["client"] = (scopes[-1]["client"][0], "port")
            assert scopes[-1].pop("server") == ("127.0.0.1", server.port)
    assert scopes[0] == scopes[1]
    assert scopes[1]["path"].startswith("/root/")
    assert scopes[1]["headers"][1:3] == [(b"x-two", b"1"), (b"x-two", b"2")]


async def test_an_app_has_the_state_of_its_lifespan(http: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            scope["state"]["kept"] = "yes"
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            found = scope["state"].get("kept") + str(len(scope["state"]))
            scope["state"]["mine"] = "only"
            await answer(send, found.encode())

    async with http_server(app, http, lifespan="on") as server:
        assert (await server.ask(_GET + _LAST)).endswith(b"\r\n\r\nyes1")


async def test_a_scheme_is_that_of_the_line(http: Any, tmp_path: Path) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answer(send, scope["scheme"].encode())

    made = make_certificate(tmp_path)
    options = {"ssl_certfile": str(made.certificate), "ssl_keyfile": str(made.key)}
    async with aiohttp.ClientSession() as session:
        async with http_server(app, http, **options) as server:
            response = await session.get(f"https://127.0.0.1:{server.port}/", ssl=made.context)
            assert await response.text() == "https"
        async with http_server(app, http) as server:
            response = await session.get(f"http://127.0.0.1:{server.port}/")
            assert await response.text() == "http"


async def test_a_client_of_a_unix_socket_has_no_address(http: Any, tmp_path: Path) -> None:
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await answer(send)

    async with http_server(app, http) as server:
        loop, state, path = asyncio.get_running_loop(), server.server.server_state, str(tmp_path / "socket")
        listener = await loop.create_unix_server(lambda: http(server.server.config, state, {}, loop), path)
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(_LAST)
        await asyncio.wait_for(reader.read(), LIMIT)
        writer.close()
        listener.close()
    assert (scopes[0]["client"], scopes[0]["server"]) == (None, (path, None))


@pytest.mark.requirement("process.run.http")
async def test_the_access_log_is_that_of_uvicorn(
    http: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where an app of ours has run in this process, tokens are hidden already.
    monkeypatch.setattr(logging.getLogger("uvicorn.access"), "filters", [])
    caplog.set_level(logging.INFO, "uvicorn.access")
    async with http_server(hello, http) as server, connect(server) as client:
        await client.send(b"DELETE /a%20b?access_token=c HTTP/1.1\r\n\r\n")
        await client.read_until(b"/a b")
        await client.send(b"GET /a HTTP/1.0\r\n\r\n")
        await client.read_all()
        address = "{}:{}".format(*client.writer.get_extra_info("sockname"))
    records = [record for record in caplog.records if record.name == "uvicorn.access"]
    assert [record.args for record in records] == [
        (address, "DELETE", "/a%20b?access_token=c", "1.1", 200),
        (address, "GET", "/a", "1.0", 200),
    ]
    assert {(record.msg, record.levelno) for record in records} == {('%s - "%s %s HTTP/%s" %d', logging.INFO)}


async def test_no_access_log_is_written_where_nobody_reads_it(http: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "uvicorn.access")
    async with http_server(hello, http) as server:
        await server.ask(_LAST)
    async with http_server(hello, http, access_log=False) as server:
        await server.ask(_LAST)
    assert [record for record in caplog.records if record.name == "uvicorn.access"] == []


async def test_lines_are_traced(http: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(5, "uvicorn.error")
    async with http_server(hello, http) as server:
        await server.ask(_LAST)
    traced = [record.getMessage() for record in caplog.records if record.levelno == 5]
    assert [re.sub(r"\d+", "1", text) for text in traced if "HTTP" in text] == [
        "1.1.1.1:1 - HTTP connection made",
        "1.1.1.1:1 - HTTP connection lost",
    ]


_outer = contextvars.ContextVar("_outer", default="nothing")


@pytest.mark.parametrize(("reset", "found"), [(False, b"something"), (True, b"nothing")])
async def test_a_request_may_have_a_context_of_its_own(http: Any, reset: bool, found: bytes) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answer(send, _outer.get().encode())

    _outer.set("something")
    async with http_server(app, http, reset_contextvars=reset) as server:
        assert (await server.ask(_LAST)).endswith(b"\r\n\r\n" + found)
