"""A client that never reads: it is closed by name, its socket is let go, and nobody waits for it."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from tests.faults.bench import ROUNDS, Bench, fault_bench, repeated
from tests.faults.crowd import http_client
from tests.faults.raw import RawClient, get_request
from tests.support.event_app import EventApp
from tests.support.http_transports import HANDSHAKE

_WINDOW = 4096
_NOISE = 48 * 1024


async def flooded(bench: Bench) -> None:
    """Broadcast until the one that does not read is closed."""
    await bench.connected()

    async def more() -> bool:
        bench.broadcast(_NOISE)
        await bench.crowd.beat()
        return bench.count() > 0

    while await more():
        pass


async def websocket(bench: Bench) -> None:
    async with RawClient(bench.url, _WINDOW) as client:
        await client.shake(bench.token())
        await flooded(bench)


async def event_stream(bench: Bench) -> None:
    async with http_client(bench.url, bench.token()) as other, RawClient(bench.url, _WINDOW) as client:
        await client.say(get_request(bench.token(), f"hub=chat&id={other.id}", "Accept: text/event-stream"))
        assert (await other.post(HANDSHAKE)).status == 200
        await flooded(bench)


async def poller(bench: Bench) -> None:
    async with http_client(bench.url, bench.token()) as client:
        assert (await client.poll()).status == 200
        assert (await client.post(HANDSHAKE)).status == 200
        await flooded(bench)


@pytest.mark.parametrize("fault", [websocket, event_stream, poller])
@pytest.mark.requirement("service.faults.slow-reader")
async def test_a_client_that_never_reads_is_closed_by_name_and_leaves_nothing(
    fault: Callable[[Bench], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    app = EventApp()
    async with app.serving() as url, fault_bench(url, max_outbound_bytes=64 * 1024) as bench:
        await repeated(bench, lambda: fault(bench))
    said = [record.getMessage() for record in caplog.records if record.name.startswith("serverless_hub.")]
    assert len(said) == ROUNDS, said
    assert all("it does not read what it is sent" in each for each in said)
    assert app.connections("connected") == app.connections("disconnected")


@pytest.mark.requirement("service.faults.slow-reader")
async def test_its_socket_is_let_go_though_it_never_hangs_up() -> None:
    async with (
        EventApp().serving() as url,
        AsyncExitStack() as stack,
        fault_bench(url, let_go=2, max_outbound_bytes=64 * 1024) as bench,
    ):
        client = await stack.enter_async_context(RawClient(bench.url, _WINDOW))
        await client.shake(bench.token())
        await flooded(bench)
