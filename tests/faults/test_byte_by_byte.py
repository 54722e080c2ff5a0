"""Clients that send everything byte by byte: they are served, only slower, and cannot take forever."""

import pytest

from tests.faults.bench import fault_bench, repeated
from tests.faults.crowd import http_client
from tests.faults.raw import RawClient, post_request, text_frame, upgrade_request
from tests.support.event_app import EventApp
from tests.support.http_transports import HANDSHAKE

_CALL = b'{"type":1,"target":"echo","arguments":["a"],"invocationId":"1"}\x1e'
_RESULT = b'"app"'


@pytest.mark.requirement("service.faults.byte-by-byte")
async def test_a_websocket_that_sends_request_handshake_and_call_byte_by_byte_is_answered() -> None:
    app = EventApp()
    async with app.serving() as url, fault_bench(url) as bench:

        async def fault() -> None:
            async with RawClient(bench.url) as client:
                await client.trickle(upgrade_request(bench.token()))
                assert b" 101 " in await client.hear(b"\r\n\r\n")
                await client.trickle(text_frame(HANDSHAKE))
                await bench.connected()
                await client.trickle(text_frame(_CALL))
                assert _RESULT in await client.hear(_RESULT)

        await repeated(bench, fault)
    assert app.connections("connected") == app.connections("disconnected")


async def test_one_frame_per_byte_is_as_good_as_one_frame() -> None:
    async with EventApp().serving() as url, fault_bench(url) as bench:

        async def fault() -> None:
            async with RawClient(bench.url) as client:
                await client.open(bench.token())
                for byte in HANDSHAKE + _CALL:
                    await client.say(text_frame(bytes([byte])))
                assert _RESULT in await client.hear(_RESULT)

        await repeated(bench, fault)


async def test_a_poller_that_posts_byte_by_byte_is_answered() -> None:
    async with EventApp().serving() as url, fault_bench(url) as bench:

        async def fault() -> None:
            async with http_client(bench.url, bench.token()) as client, RawClient(bench.url) as poster:
                assert (await client.poll()).status == 200
                await poster.trickle(post_request(bench.token(), f"hub=chat&id={client.id}", HANDSHAKE + _CALL))
                assert b" 200 " in await poster.hear(b"\r\n\r\n")
                heard = b""
                while _RESULT not in heard:
                    heard += (await client.poll()).body
                assert (await client.delete()).status == 202

        await repeated(bench, fault)


@pytest.mark.requirement("service.faults.byte-by-byte")
async def test_a_handshake_that_trickles_is_closed_in_time_with_its_error() -> None:
    async with EventApp().serving() as url, fault_bench(url) as bench:

        async def fault() -> None:
            async with RawClient(bench.url) as client:
                await client.open(bench.token())
                for byte in HANDSHAKE[:-1]:
                    await client.say(text_frame(bytes([byte])))
                    await bench.clock.advance(15 / len(HANDSHAKE))
                await bench.clock.advance(2)
                assert b"Handshake was canceled." in await client.hear(b"\x1e")

        await repeated(bench, fault)


async def test_half_a_request_keeps_nobody_from_being_served() -> None:
    async with EventApp().serving() as url, fault_bench(url) as bench:

        async def fault() -> None:
            async with RawClient(bench.url) as client:
                await client.trickle(upgrade_request(bench.token())[:-2])
                await bench.crowd.beat()

        await repeated(bench, fault)
