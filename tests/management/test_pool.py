"""Many sends at once over one pool: bounded, cancellable, and nothing is left open."""

import asyncio

import pytest

from serverless_hub.hub.ports import Receivers
from serverless_hub.management.rest_sender import RestSender
from tests.management.wire import NEVER, answer, client_of, endpoint_at, listening, wired
from tests.support.clock import ManualClock, settle

EVERYONE = Receivers("all")


@pytest.mark.requirement("rest-client.pool")
async def test_two_hundred_sends_are_in_flight_at_once_and_share_connections() -> None:
    async with wired() as (wire, sender):
        wire.hold = asyncio.Event()
        sends = [asyncio.create_task(sender.send(EVERYONE, "say", [number])) for number in range(200)]
        await wire.wait_for(200)
        wire.hold.set()
        await asyncio.gather(*sends)
        for _ in range(3):
            await asyncio.gather(*(sender.send(EVERYONE, "say", []) for _ in range(200)))
        assert wire.most_connections == 200
        assert len(wire.requests) == 800


@pytest.mark.requirement("rest-client.pool")
async def test_closing_leaves_no_connection_open() -> None:
    async with listening() as wire:
        endpoint = endpoint_at(wire.url)
        async with client_of(endpoint) as client:
            sender = RestSender(endpoint, "chat", client)
            await asyncio.gather(*(sender.send(EVERYONE, "say", []) for _ in range(50)))
            assert wire.open_connections > 0
        await wire.wait_until_alone()


@pytest.mark.requirement("rest-client.pool")
async def test_sends_that_are_cancelled_on_the_way_leave_the_pool_usable() -> None:
    async with wired(*[NEVER] * 50) as (wire, sender):
        sends = [asyncio.create_task(sender.send(EVERYONE, "say", [])) for _ in range(50)]
        await wire.wait_for(50)
        for send in sends:
            send.cancel()
        assert all(
            isinstance(one, asyncio.CancelledError) for one in await asyncio.gather(*sends, return_exceptions=True)
        )
        await wire.wait_until_alone()
        await asyncio.gather(*(sender.send(EVERYONE, "say", []) for _ in range(50)))
        assert wire.open_connections <= 50


async def test_a_send_to_many_that_is_cancelled_stops() -> None:
    async with wired(*[NEVER] * 32) as (wire, sender):
        names = tuple(map(str, range(100)))
        send = asyncio.create_task(sender.send(Receivers("users", names), "say", []))
        await wire.wait_for(32)
        send.cancel()
        with pytest.raises(asyncio.CancelledError):
            await send
        await wire.wait_until_alone()
    assert len(wire.requests) == 32


async def test_a_wait_for_a_retry_can_be_cancelled() -> None:
    clock = ManualClock()
    async with wired(answer(503), clock=clock) as (wire, sender):
        send = asyncio.create_task(sender.send(EVERYONE, "say", []))
        await wire.wait_for(1)
        async with asyncio.timeout(10):
            while not clock.timers:
                await settle()
        send.cancel()
        with pytest.raises(asyncio.CancelledError):
            await send
        assert all(timer.cancelled for timer in clock.timers)
