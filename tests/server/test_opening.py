"""How WebSockets are opened and refused: on our class, and on uvicorn's own where both are the same."""

import asyncio
import socket
from pathlib import Path
from typing import Any, cast

import pytest
from websockets.asyncio.client import connect, unix_connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from serverless_hub.server.websocket import WebSocketProtocol
from serverless_hub.service.asgi import Receive, Send
from tests.support.certificates import make_certificate
from tests.support.clock import settle
from tests.support.raw_websocket import raw_websocket, request_of
from tests.support.server import serving, serving_at
from tests.support.websocket_app import WebSocketApp, accept, echo, on_both, ws_url

pytestmark = pytest.mark.timeout(30)
_SUBPROTOCOLS = cast("list[Subprotocol]", ["one", "two"])


@on_both
async def test_the_scope_says_what_was_asked_for(ws: Any) -> None:
    app = WebSocketApp()
    async with serving(app, ws=ws, root_path="/under") as url:
        headers = {"X-Test": "yes"}
        async with connect(
            ws_url(url, "/a%20b/%C3%A9?q=%20&r=1"),
            additional_headers=headers,
            subprotocols=_SUBPROTOCOLS,
        ) as client:
            own = client.local_address
        host, port = url.removeprefix("http://").split(":")
    (scope,) = app.scopes
    extensions = scope["extensions"]
    assert extensions["websocket.http.response"] == {}
    given = {name: scope[name] for name in scope if name not in {"headers", "extensions", "state"}}
    assert given == {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "server": (host, int(port)),
        "client": own,
        "root_path": "/under",
        "path": "/under/a b/é",
        "raw_path": b"/under/a%20b/%C3%A9",
        "query_string": b"q=%20&r=1",
        "subprotocols": ["one", "two"],
    }
    assert dict(scope["headers"])[b"x-test"] == b"yes"


@on_both
async def test_header_values_that_are_not_ascii_reach_the_app_as_they_are(ws: Any) -> None:
    app = WebSocketApp()
    async with serving(app, ws=ws) as url, raw_websocket(url, opened=False) as raw:
        raw.send(request_of("/", b"X-Name: caf\xe9"))
        assert (await raw.head()).startswith(b"HTTP/1.1 101 ")
    assert dict(app.scopes[0]["headers"])[b"x-name"] == b"caf\xe9"


async def test_header_values_of_the_app_that_are_not_ascii_reach_the_client_as_they_are() -> None:
    async def script(receive: Receive, send: Send) -> None:
        await accept(receive, send, headers=[(b"x-name", b"caf\xe9")])

    async with serving(WebSocketApp(script), ws=WebSocketProtocol) as url, raw_websocket(url, opened=False) as raw:
        raw.send(request_of())
        assert b"\r\nx-name: caf\xe9\r\n" in await raw.head()


async def test_a_path_with_bytes_that_are_not_ascii_is_served_or_refused_but_breaks_nothing() -> None:
    async with serving(WebSocketApp(), ws=WebSocketProtocol) as url, raw_websocket(url, opened=False) as raw:
        raw.send(request_of("/caf\xe9"))
        assert (await raw.head()).startswith((b"HTTP/1.1 101 ", b"HTTP/1.1 400 "))


@on_both
async def test_accepting_may_choose_a_subprotocol_and_add_headers(ws: Any) -> None:
    async def script(receive: Receive, send: Send) -> None:
        await accept(receive, send, subprotocol="two", headers=[(b"x-test", b"1"), (b"set-cookie", b"a=b")])

    async with (
        serving(WebSocketApp(script), ws=ws, headers=[("x-all", "2")]) as url,
        connect(ws_url(url), subprotocols=_SUBPROTOCOLS) as client,
    ):
        assert client.subprotocol == "two"
        assert client.response is not None
        answered = client.response.headers
        assert (answered["X-Test"], answered["Set-Cookie"], answered["X-All"]) == ("1", "a=b", "2")
        assert answered.get_all("Server") == ["uvicorn"]
        assert len(answered.get_all("Date")) == 1


@on_both
async def test_a_close_before_it_is_accepted_is_a_403(ws: Any) -> None:
    async def script(receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close", "code": 4000})

    app = WebSocketApp(script)
    async with serving(app, ws=ws) as url:
        with pytest.raises(InvalidStatus) as refused:
            await connect(ws_url(url))
        assert refused.value.response.status_code == 403
        await app.over()
    assert app.errors == []


@on_both
async def test_the_app_may_refuse_with_an_answer_of_its_own_in_parts(ws: Any) -> None:
    async def script(receive: Receive, send: Send) -> None:
        await receive()
        start = {"status": 418, "headers": [(b"x-why", b"tea"), (b"content-type", b"text/plain")]}
        await send({"type": "websocket.http.response.start", **start})
        await send({"type": "websocket.http.response.body", "body": b"short ", "more_body": True})
        await send({"type": "websocket.http.response.body", "body": b"and stout"})

    async with serving(WebSocketApp(script), ws=ws) as url:
        with pytest.raises(InvalidStatus) as refused:
            await connect(ws_url(url))
    response = refused.value.response
    assert (response.status_code, response.body) == (418, b"short and stout")
    assert (response.headers["X-Why"], response.headers["Content-Type"]) == ("tea", "text/plain")
    assert response.headers.get_all("Content-Length") == ["15"]


@pytest.mark.parametrize(("status", "line"), [(499, b"HTTP/1.1 499 \r\n"), (404, b"HTTP/1.1 404 Not Found\r\n")])
async def test_a_refusal_may_have_any_status_and_its_own_length(status: int, line: bytes) -> None:
    async def script(receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.http.response.start", "status": status, "headers": [(b"content-length", b"2")]})
        await send({"type": "websocket.http.response.body", "body": b"no"})

    async with serving(WebSocketApp(script), ws=WebSocketProtocol) as url, raw_websocket(url, opened=False) as raw:
        raw.send(request_of())
        answer = await raw.rest()
    assert answer.startswith(line)
    assert answer.endswith(b"\r\n\r\nno")
    assert answer.lower().count(b"content-length") == 1
    assert answer.lower().count(b"\r\ndate:") == 1


@on_both
@pytest.mark.parametrize("raises", [True, False])
async def test_an_app_that_fails_or_returns_before_it_answers_is_a_500(
    ws: Any, raises: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def script(receive: Receive, send: Send) -> None:
        await receive()
        if raises:
            raise ZeroDivisionError("a bug")

    async with serving(WebSocketApp(script), ws=ws) as url:
        with pytest.raises(InvalidStatus) as refused:
            await connect(ws_url(url))
    assert refused.value.response.status_code == 500
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1


async def test_an_app_that_begins_a_refusal_and_returns_is_a_500() -> None:
    async def script(receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.http.response.start", "status": 404, "headers": []})

    async with serving(WebSocketApp(script), ws=WebSocketProtocol) as url:
        with pytest.raises(InvalidStatus) as refused:
            await connect(ws_url(url))
    assert refused.value.response.status_code == 500


async def test_an_app_that_is_told_of_the_end_before_it_answers_needs_no_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def script(receive: Receive, send: Send) -> None:
        await receive()
        await receive()

    app = WebSocketApp(script)
    async with serving(app, ws=WebSocketProtocol) as url, raw_websocket(url, opened=False) as raw:
        raw.send(request_of())
        await app.begun()
        raw.reset()
        await app.over()
    assert app.disconnect == {"type": "websocket.disconnect", "code": 1006}
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_an_app_that_fails_after_its_client_has_gone_before_the_answer_is_only_logged() -> None:
    async def script(receive: Receive, send: Send) -> None:
        await receive()
        await receive()
        raise ZeroDivisionError("a bug")

    app = WebSocketApp(script)
    async with serving(app, ws=WebSocketProtocol) as url, raw_websocket(url, opened=False) as raw:
        raw.send(request_of())
        await app.begun()
        raw.reset()
        await app.over()
    assert len(app.errors) == 1


async def test_a_request_that_is_none_for_a_websocket_is_answered_so() -> None:
    app = WebSocketApp()
    bad = [
        (request_of().replace(b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Version: 12"), b"HTTP/1.1 400 "),
        (request_of(key=b"short"), b"HTTP/1.1 400 "),
        (request_of().replace(b"Sec-WebSocket-Key", b"X-Key"), b"HTTP/1.1 400 "),
        (request_of("/", b"X-Long: " + b"x" * 9000), b"HTTP/1.1 400 "),
        (request_of(method=b"POST"), b"HTTP/1.1 400 "),
    ]
    async with serving(app, ws=WebSocketProtocol) as url:
        for request, answer in bad:
            async with raw_websocket(url, opened=False) as raw:
                raw.send(request)
                assert (await raw.rest()).startswith(answer), request
        async with raw_websocket(url, opened=False) as raw:
            raw.send(bad[0][0])
            assert b"\r\nSec-WebSocket-Version: 13\r\n" in await raw.rest()
    assert app.scopes == []


async def test_frames_that_come_before_the_answer_wait_for_it_and_begin_nothing_new() -> None:
    accepts = asyncio.Event()

    async def script(receive: Receive, send: Send) -> None:
        await accepts.wait()
        for _ in range(10):  # Whatever has been sent comes meanwhile.
            await settle()
        await echo(receive, send)

    app = WebSocketApp(script)
    async with serving(app, ws=WebSocketProtocol) as url, raw_websocket(url, opened=False) as raw:
        raw.send(request_of())
        await app.begun()
        raw.send(b"\x81\x81\0\0\0\0a\x81\x81\0\0")
        accepts.set()
        await settle()
        raw.send(b"\0\0b")
        await raw.head()
        assert await raw.exactly(6) == b"\x81\x01a\x81\x01b"
    assert len(app.scopes) == 1


async def test_a_server_that_stops_refuses_who_has_not_been_answered() -> None:
    async def script(receive: Receive, send: Send) -> None:
        await receive()
        await receive()
        await send({"type": "websocket.accept"})

    app = WebSocketApp(script)
    async with serving(app, ws=WebSocketProtocol) as url:
        reader, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
        writer.write(request_of())
        await app.begun()
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert app.disconnect["code"] == 1012
    assert isinstance(app.errors[0], OSError)


@on_both
async def test_over_a_unix_domain_socket_there_is_no_client_s_address(ws: Any, tmp_path: Path) -> None:
    app = WebSocketApp()
    path = str(tmp_path / "s")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    async with serving_at(listener, app, ws=ws), unix_connect(path) as client:
        await client.send("hi")
        assert await client.recv() == "hi"
    assert app.scopes[0]["client"] is None


@on_both
async def test_over_tls_the_scheme_is_wss(ws: Any, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    files: dict[str, Any] = {"ssl_certfile": str(certificate.certificate), "ssl_keyfile": str(certificate.key)}
    app = WebSocketApp()
    async with serving(app, ws=ws, **files) as url:
        async with connect(ws_url(url).replace("ws:", "wss:"), ssl=certificate.context) as client:
            await client.send("x" * 300_000)
            assert await client.recv() == "x" * 300_000
        await app.over()
    assert app.scopes[0]["scheme"] == "wss"
