"""What an ASGI app and its clients see of a WebSocket: on our class, and on uvicorn's own where both are the same."""

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from serverless_hub.server.websocket import WebSocketProtocol
from serverless_hub.service.asgi import Receive, Send
from tests.support.raw_websocket import raw_websocket, request_of
from tests.support.server import serving
from tests.support.websocket_app import WebSocketApp, accept, on_both, ws_url

pytestmark = pytest.mark.timeout(30)


@on_both
@pytest.mark.parametrize("message", ["", "Hellö", b"", b"\x00\xff", "x" * 300_000, b"\xff" * 300_000], ids=range(6))
async def test_text_and_bytes_come_back_as_they_were(ws: Any, message: str | bytes) -> None:
    async with serving(WebSocketApp(), ws=ws) as url, connect(ws_url(url), max_size=None) as client:
        for _ in range(3):
            await client.send(message)
            assert await client.recv() == message


@on_both
async def test_many_messages_at_once_keep_their_order(ws: Any) -> None:
    async with serving(WebSocketApp(), ws=ws) as url, connect(ws_url(url)) as client:
        for number in range(500):
            await client.send(str(number))
        assert [await client.recv() for _ in range(500)] == [str(number) for number in range(500)]


@on_both
async def test_the_app_hears_the_code_and_the_reason_of_its_client(ws: Any) -> None:
    app = WebSocketApp()
    async with serving(app, ws=ws) as url:
        async with connect(ws_url(url)) as client:
            await client.close(4001, "enough of it")
            assert (client.close_code, client.close_reason) == (4001, "" if ws is WebSocketProtocol else "enough of it")
        await app.over()
    assert app.disconnect == {"type": "websocket.disconnect", "code": 4001, "reason": "enough of it"}


@on_both
async def test_a_close_frame_without_a_code_is_1005_with_a_reason_and_a_broken_line_has_none(ws: Any) -> None:
    app = WebSocketApp()
    async with serving(app, ws=ws) as url:
        async with raw_websocket(url) as raw:
            raw.send(b"\x88\x80mask")
            assert await raw.rest() == b"\x88\x00"
            await app.over()
        assert app.disconnect == {"type": "websocket.disconnect", "code": 1005, "reason": ""}
        app.seen.clear()
        async with raw_websocket(url) as raw:
            raw.reset()
            await app.over()
        assert app.disconnect == {"type": "websocket.disconnect", "code": 1005}


@on_both
async def test_the_client_hears_the_code_and_the_reason_of_the_app_and_the_app_that_it_has_ended(ws: Any) -> None:
    async def script(receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await send({"type": "websocket.close", "code": 4002, "reason": "so long"})
        await receive()

    app = WebSocketApp(script)
    async with serving(app, ws=ws) as url, connect(ws_url(url)) as client:
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (4002, "so long")
        await app.over()
    assert app.disconnect == {"type": "websocket.disconnect", "code": 4002, "reason": "so long"}


@on_both
async def test_an_app_that_sends_after_its_client_has_gone_gets_an_os_error_and_may_ignore_it(
    ws: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def script(receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await receive()
        while True:
            await send({"type": "websocket.send", "text": "late"})
            await asyncio.sleep(0)

    app = WebSocketApp(script)
    async with serving(app, ws=ws) as url, raw_websocket(url) as raw:
        raw.reset()
        await app.over()
    (error,) = app.errors
    assert isinstance(error, OSError)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_an_app_that_sends_or_receives_after_the_end_gets_an_os_error() -> None:
    caught: list[OSError] = []

    async def script(receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await send({"type": "websocket.close"})
        assert await receive() == {"type": "websocket.disconnect", "code": 1000, "reason": ""}
        for attempt in (receive, lambda: send({"type": "websocket.send", "text": "late"}), receive):
            try:
                await attempt()
            except OSError as error:
                caught.append(error)

    app = WebSocketApp(script)
    async with serving(app, ws=WebSocketProtocol) as url, connect(ws_url(url)) as client:
        await client.wait_closed()
        await app.over()
    assert len(caught) == 3


async def test_an_app_that_raises_ends_an_open_websocket_with_1011_and_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def script(receive: Receive, send: Send) -> None:
        await accept(receive, send)
        raise ZeroDivisionError("a bug")

    async with serving(WebSocketApp(script), ws=WebSocketProtocol) as url, connect(ws_url(url)) as client:
        await client.wait_closed()
        assert client.close_code == 1011
    assert [r.getMessage().strip() for r in caplog.records if r.exc_info] == ["Exception in ASGI application"]


async def test_an_app_that_returns_has_closed_the_websocket() -> None:
    async with serving(WebSocketApp(accept), ws=WebSocketProtocol) as url, connect(ws_url(url)) as client:
        await client.wait_closed()
        assert client.close_code == 1000


REFUSAL: dict[str, Any] = {"type": "websocket.http.response.start", "status": 404, "headers": []}
OUT_OF_ORDER: list[tuple[list[dict[str, Any]], str]] = [
    ([{"type": "websocket.send", "text": "x"}], "Expected ASGI message 'websocket.accept'"),
    ([{"type": "websocket.accept"}, {"type": "websocket.accept"}], "Expected ASGI message 'websocket.send'"),
    ([REFUSAL, REFUSAL], "Expected ASGI message 'websocket.http.response.body'"),
    ([{"type": "websocket.accept", "headers": [(b"x", b"1\r\nset-cookie: a=b")]}], "line break"),
    ([REFUSAL | {"headers": [(b"x", b"1\nset-cookie: a=b")]}, {"type": "websocket.http.response.body"}], "line break"),
]


@pytest.mark.parametrize(("messages", "error"), OUT_OF_ORDER, ids=range(len(OUT_OF_ORDER)))
async def test_a_message_of_the_app_that_cannot_be_sent_is_its_error_and_ends_the_websocket(
    messages: list[dict[str, Any]], error: str
) -> None:
    async def script(receive: Receive, send: Send) -> None:
        await receive()
        for message in messages:
            await send(message)

    app = WebSocketApp(script)
    async with serving(app, ws=WebSocketProtocol) as url, raw_websocket(url, opened=False) as raw:
        raw.send(request_of())
        raw.send(b"")
        answer = await raw.some()
        assert answer.startswith((b"HTTP/1.1 500 ", b"HTTP/1.1 101 "))
        assert b"set-cookie" not in answer
    (raised,) = app.errors
    assert error in str(raised)


@on_both
async def test_a_send_waits_for_a_client_that_does_not_read(ws: Any) -> None:
    sent = 0

    async def script(receive: Receive, send: Send) -> None:
        nonlocal sent
        await accept(receive, send)
        for _ in range(200):
            await send({"type": "websocket.send", "bytes": b"x" * 100_000})
            sent += 1

    app = WebSocketApp(script)
    async with serving(app, ws=ws) as url, raw_websocket(url) as raw:
        await _still(lambda: sent)
        assert sent < 200
        size = 0
        while size < 200 * 100_010:
            size += len(await raw.some(1 << 20))
        await app.over()
    assert (sent, app.errors) == (200, [])


@on_both
async def test_a_send_that_waits_ends_with_the_client(ws: Any) -> None:
    async def script(receive: Receive, send: Send) -> None:
        await accept(receive, send)
        while True:
            await send({"type": "websocket.send", "bytes": b"x" * 100_000})

    app = WebSocketApp(script)
    async with serving(app, ws=ws) as url, raw_websocket(url) as raw:
        await raw.some()
        raw.reset()
        await app.over()
    assert isinstance(app.errors[0], OSError)


@on_both
async def test_a_client_can_send_no_more_than_fits_in_between_to_an_app_that_does_not_read(ws: Any) -> None:
    reads = asyncio.Event()

    async def script(receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await reads.wait()
        while (await receive())["type"] == "websocket.receive":
            pass

    app = WebSocketApp(script)
    async with serving(app, ws=ws) as url, raw_websocket(url) as raw:
        frame = b"\x82\xfe\xff\xff\0\0\0\0" + b"x" * 65535
        raw.send(frame * 300)
        transport = raw.writer.transport
        await _still(transport.get_write_buffer_size)
        assert transport.get_write_buffer_size() > 1_000_000
        reads.set()
        raw.send(b"\x88\x80mask")
        assert await raw.rest() == b"\x88\x00"
        await app.over()
    assert len(app.seen) == 302


async def _still(value: Any) -> None:
    """Wait until `value` no longer changes."""
    same, last = 0, None
    while same < 10:
        now = value()
        same, last = (same + 1 if now == last else 0), now
        await asyncio.sleep(0.01)


@on_both
async def test_a_server_that_stops_closes_open_websockets_with_1012(ws: Any) -> None:
    app = WebSocketApp()
    client = None
    async with serving(app, ws=ws) as url:
        client = await connect(ws_url(url))
    await client.wait_closed()
    assert client.close_code == 1012
    assert app.disconnect["code"] == 1012
