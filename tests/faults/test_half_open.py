"""A client that vanishes without a word to the network: nothing comes of it, and nothing is refused."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.messages import Ping
from tests.faults.bench import Bench, fault_bench, repeated
from tests.faults.crowd import http_client, websocket
from tests.faults.raw import RawClient, text_frame
from tests.support.event_app import EventApp
from tests.support.http_transports import HANDSHAKE
from tests.support.proxy import CuttableProxy, proxied

_PING = JSON.encode(Ping())
_CLIENT_TIMEOUT = 30
_SILENT = "The client has been silent for too long."


@asynccontextmanager
async def frozen(
    bench: Bench, start: Callable[[CuttableProxy, AsyncExitStack], Awaitable[None]]
) -> AsyncGenerator[None]:
    """Connect through a proxy, and let that stop to pass things on."""
    async with AsyncExitStack() as stack, proxied(bench.url) as proxy:
        await start(proxy, stack)
        await bench.connected()
        proxy.freeze()
        yield
        proxy.cut()


async def pinging_websocket(bench: Bench) -> None:
    async def start(proxy: CuttableProxy, stack: AsyncExitStack) -> None:
        client = await stack.enter_async_context(RawClient(proxy.url))
        await client.shake(bench.token())
        await client.hear(b"{}\x1e")
        await client.say(text_frame(_PING))
        await client.say(text_frame(b'{"type":1,"target":"echo","arguments":[],"invocationId":"1"}\x1e'))
        await client.hear(b'"app"')

    async with frozen(bench, start):
        await bench.clock.advance(_CLIENT_TIMEOUT - 1)
        await bench.crowd.beat()
        assert bench.count() == 1
        await bench.clock.advance(2)
        await bench.gone()


async def pinging_stream(bench: Bench) -> None:
    async def start(proxy: CuttableProxy, stack: AsyncExitStack) -> None:
        client = await stack.enter_async_context(http_client(proxy.url, bench.token()))
        await stack.enter_async_context(client.stream())
        assert (await client.post(HANDSHAKE + _PING)).status == 200

    async with frozen(bench, start):
        await bench.clock.advance(_CLIENT_TIMEOUT + 1)
        await bench.gone()


async def poller(bench: Bench) -> None:
    async def start(proxy: CuttableProxy, stack: AsyncExitStack) -> None:
        client = await stack.enter_async_context(http_client(proxy.url, bench.token()))
        assert (await client.poll()).status == 200
        assert (await client.post(HANDSHAKE + _PING)).status == 200

    async with frozen(bench, start):
        await bench.clock.advance(_CLIENT_TIMEOUT + 1)
        await bench.gone()


@pytest.mark.parametrize("fault", [pinging_websocket, pinging_stream, poller])
@pytest.mark.requirement("service.faults.half-open")
async def test_a_client_that_vanishes_is_given_up_when_it_has_been_silent_and_leaves_nothing(
    fault: Callable[[Bench], Awaitable[None]],
) -> None:
    app = EventApp()
    async with app.serving() as url, fault_bench(url) as bench:
        await repeated(bench, lambda: fault(bench))
    assert app.connections("connected") == app.connections("disconnected")


async def test_a_client_that_vanishes_within_its_handshake_is_given_up_in_time() -> None:
    async with EventApp().serving() as url, fault_bench(url) as bench:

        async def fault() -> None:
            async with proxied(bench.url) as proxy, RawClient(proxy.url) as client:
                await client.open(bench.token())
                proxy.freeze()
                await client.say(text_frame(HANDSHAKE))
                await bench.clock.advance(16)
                await bench.crowd.beat()
                proxy.cut()

        await repeated(bench, fault)


async def test_a_websocket_that_vanishes_in_the_middle_of_a_broadcast_costs_nobody_else_anything() -> None:
    async with EventApp().serving() as url, fault_bench(url, max_outbound_bytes=64 * 1024) as bench:

        async def start(proxy: CuttableProxy, stack: AsyncExitStack) -> None:
            await stack.enter_async_context(websocket(proxy.url, bench.token()))

        async with frozen(bench, start):
            for _ in range(20):
                bench.broadcast(16 * 1024)
                await bench.crowd.beat()
        await bench.gone()
