"""Clients that break the rules of WebSockets, or use them to do harm, over real TCP."""

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import ClassVar

import pytest

from serverless_hub.server.frames import CloseFrame
from serverless_hub.server.websocket import WebSocketProtocol
from serverless_hub.service.asgi import Receive, Send
from tests.support.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, client_frame
from tests.support.raw_websocket import RawWebSocket, raw_websocket, request_of
from tests.support.server import serving
from tests.support.websocket_app import WebSocketApp, echo

pytestmark = pytest.mark.timeout(30)
_MAX = 100_000


class Hasty(WebSocketProtocol):
    """Does not wait for long."""

    __slots__ = ()
    close_seconds: ClassVar[float] = 0.05


BROKEN = {
    "3.1 reserved bits": (client_frame(TEXT, b"x", reserved=1), 1002),
    "4.1 opcode 3": (client_frame(3), 1002),
    "2.5 ping of 126 bytes": (client_frame(PING, b"x" * 126), 1002),
    "5.1 ping in fragments": (client_frame(PING, b"x", final=False), 1002),
    "5.9 continuation of nothing": (client_frame(CONTINUATION, b"x"), 1002),
    "5.18 text within text": (client_frame(TEXT, b"1", final=False) + client_frame(TEXT, b"2"), 1002),
    "6.3 bad UTF-8": (client_frame(TEXT, b"\xce\xba\xed\xa0\x80"), 1007),
    "6.4 bad UTF-8 in fragments": (client_frame(TEXT, b"\xce", final=False) + client_frame(0, b"\xce"), 1007),
    "7.3.2 close of one byte": (client_frame(CLOSE, b"\x03"), 1002),
    "7.5.1 reason that is not UTF-8": (client_frame(CLOSE, b"\x03\xe8\xff"), 1007),
    "7.9 close with 1005": (client_frame(CLOSE, (1005).to_bytes(2, "big")), 1002),
    "7.13 close with 65535": (client_frame(CLOSE, b"\xff\xff"), 1002),
    "too large": (client_frame(BINARY, b"x" * (_MAX + 1))[:14], 1009),
    "too large in fragments": (client_frame(BINARY, b"x" * _MAX, final=False) + client_frame(CONTINUATION, b"x"), 1009),
    "not masked": (client_frame(TEXT, b"x", mask=None) + b"....", 1002),
    "long form of a short length": (client_frame(TEXT, b"x", length_bytes=8), 1002),
}


@pytest.mark.parametrize(("data", "code"), BROKEN.values(), ids=BROKEN)
async def test_who_breaks_the_rules_is_closed_with_the_code_for_that_and_the_app_hears_it(
    data: bytes, code: int
) -> None:
    app = WebSocketApp()
    async with serving(app, ws=WebSocketProtocol, ws_max_size=_MAX) as url, raw_websocket(url) as raw:
        raw.send(data + client_frame(PING, b"late"))
        frames, closing = await raw.closing()
        assert (frames, closing.code) == ([], code)
        await app.over()
    assert app.disconnect["code"] == code
    assert app.disconnect["reason"] == closing.reason != ""
    assert app.errors == []


@pytest.mark.requirement("server.order-before-failure")
async def test_what_came_before_a_broken_frame_still_reaches_the_app() -> None:
    app = WebSocketApp()
    async with serving(app, ws=WebSocketProtocol) as url, raw_websocket(url) as raw:
        raw.send(client_frame(TEXT, b"sound") + client_frame(3))
        await raw.closing()
        await app.over()
    assert app.seen[1:] == [{"type": "websocket.receive", "text": "sound"}]


async def test_a_message_may_come_byte_by_byte_with_pings_between_its_fragments() -> None:
    data = client_frame(TEXT, "Hä".encode()[:2], final=False) + client_frame(PING, b"?")
    data += client_frame(CONTINUATION, "Hä".encode()[2:]) + client_frame(CLOSE, b"\x03\xe8bye")
    app = WebSocketApp()
    async with serving(app, ws=WebSocketProtocol) as url, raw_websocket(url) as raw:
        for byte in data[:-10]:
            raw.send(bytes((byte,)))
            await asyncio.sleep(0)
        assert await raw.exactly(8) == b"\x8a\x01?\x81\x03" + "Hä".encode()
        raw.send(data[-10:])
        assert await raw.closing() == ([], CloseFrame(1000))
        await app.over()
    assert app.disconnect == {"type": "websocket.disconnect", "code": 1000, "reason": "bye"}


async def test_a_ping_is_answered_with_its_payload_and_a_pong_with_nothing() -> None:
    async with serving(WebSocketApp(), ws=WebSocketProtocol) as url, raw_websocket(url) as raw:
        raw.send(
            client_frame(PONG, b"unasked") + client_frame(PING, b"x" * 125) + client_frame(PING) + client_frame(CLOSE)
        )
        assert await raw.frames() == [(PONG, b"x" * 125), (PONG, b""), (CLOSE, b"")]


async def test_what_comes_behind_a_close_frame_means_nothing() -> None:  # 7.1
    app = WebSocketApp()
    async with serving(app, ws=WebSocketProtocol) as url, raw_websocket(url) as raw:
        bye = client_frame(CLOSE, b"\x03\xe8")
        raw.send(
            bye
            + client_frame(TEXT, b"late")
            + client_frame(PING)
            + bye
            + client_frame(CLOSE, b"\x03")
            + client_frame(3)
        )
        assert await raw.closing() == ([], CloseFrame(1000))
        await app.over()
    assert [message["type"] for message in app.seen] == ["websocket.connect", "websocket.disconnect"]


async def _close(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 4000, "reason": "bye"})


async def test_a_server_that_closes_waits_for_the_answer_and_takes_nothing_else_meanwhile() -> None:
    app = WebSocketApp(_close)
    async with serving(app, ws=WebSocketProtocol) as url, raw_websocket(url) as raw:
        assert await raw.exactly(7) == b"\x88\x05\x0f\xa0bye"
        raw.send(client_frame(TEXT, b"late") + client_frame(PING) + client_frame(CLOSE, b"\x0f\xa0"))
        assert await raw.rest() == b""


async def test_a_client_that_does_not_answer_a_close_frame_is_cut_off() -> None:
    async with serving(WebSocketApp(_close), ws=Hasty) as url, raw_websocket(url) as raw:
        assert (await raw.exactly(7))[:1] == b"\x88"
        assert await raw.rest() == b""


async def _flooded(raw: RawWebSocket, data: bytes) -> None:
    """Send until the line is cut."""
    with suppress(ConnectionError):
        async with asyncio.timeout(10):
            while True:
                raw.send(data)
                await raw.writer.drain()


async def _talk(receive: Receive, send: Send) -> None:
    """Send more than a client takes that does not read, and go on until its end."""
    await receive()
    await send({"type": "websocket.accept"})
    for _ in range(200):
        await send({"type": "websocket.send", "bytes": b"x" * 100_000})


@pytest.mark.parametrize(
    "end", [client_frame(3), client_frame(CLOSE), client_frame(TEXT, b"\xff")], ids=["broken", "close", "no text"]
)
@pytest.mark.requirement("server.end-has-a-limit")
async def test_a_client_that_does_not_read_the_end_is_cut_off(end: bytes) -> None:
    app = WebSocketApp(_talk)
    async with serving(app, ws=Hasty) as url, raw_websocket(url, limit=1024) as raw:
        raw.send(end)
        await app.over()
        await _flooded(raw, client_frame(PING) * 100)
    assert isinstance(app.errors[0], OSError)


async def test_a_server_that_stops_does_not_wait_for_a_client_that_does_not_read() -> None:
    app = WebSocketApp(_talk)
    async with AsyncExitStack() as stack:
        async with serving(app, ws=Hasty) as url:
            raw = await stack.enter_async_context(raw_websocket(url, limit=1024))
        await _flooded(raw, client_frame(PING) * 100)


async def test_a_flood_of_pings_by_a_client_that_does_not_read_is_answered_once_it_does() -> None:
    """RFC 6455, 5.5.3: only the last ping needs an answer; answers that nobody reads must not pile up."""
    transports: list[asyncio.Transport] = []

    class Watched(WebSocketProtocol):
        __slots__ = ()

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            transports.append(transport)
            super().connection_made(transport)

    async with serving(WebSocketApp(), ws=Watched) as url, raw_websocket(url, limit=1024) as raw:
        flood = client_frame(PING, b"x" * 125) * 1000
        largest = 0
        for _ in range(120):
            raw.send(flood)
            await asyncio.sleep(0)
            largest = max(largest, transports[0].get_write_buffer_size())
        raw.send(client_frame(PING, b"last"))
        heard = b""
        while not heard.endswith(b"\x8a\x04last"):
            heard = heard[-6:] + await raw.some()
    assert 0 < largest < 1_000_000


async def test_half_a_frame_and_then_a_reset_is_a_lost_line() -> None:
    app = WebSocketApp()
    async with serving(app, ws=WebSocketProtocol) as url, raw_websocket(url) as raw:
        raw.send(client_frame(TEXT, b"x" * 1000)[:500])
        await raw.writer.drain()
        raw.reset()
        await app.over()
    assert app.disconnect == {"type": "websocket.disconnect", "code": 1005}


async def test_an_end_of_the_client_s_side_ends_the_line() -> None:
    app = WebSocketApp()
    async with serving(app, ws=WebSocketProtocol) as url, raw_websocket(url) as raw:
        raw.writer.write_eof()
        assert await raw.rest() == b""
        await app.over()
    assert app.disconnect == {"type": "websocket.disconnect", "code": 1005}


async def test_frames_behind_a_request_that_is_refused_are_dropped() -> None:
    async def script(receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close"})

    async with serving(WebSocketApp(script), ws=WebSocketProtocol) as url, raw_websocket(url, opened=False) as raw:
        raw.send(request_of())
        raw.send(client_frame(TEXT, b"early"))
        assert (await raw.rest()).startswith(b"HTTP/1.1 403 ")


async def test_others_are_served_while_one_breaks_the_rules() -> None:
    app = WebSocketApp(echo)
    async with serving(app, ws=WebSocketProtocol) as url, raw_websocket(url) as good:
        for data, _ in BROKEN.values():
            async with raw_websocket(url) as bad:
                bad.send(data)
        good.send(client_frame(TEXT, b"still here"))
        assert await good.exactly(12) == b"\x81\x0astill here"
