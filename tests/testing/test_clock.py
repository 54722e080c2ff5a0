"""The clock of a test: pings, timeouts, lifetimes and tokens."""

from datetime import timedelta

import pytest

from serverless_hub import EmbeddedService, HubException, Negotiation, RateLimit, ServiceSettings
from serverless_hub.clock import SystemClock
from serverless_hub.testing import HubTestClient, VirtualClock
from serverless_hub.testing.lines import Transport
from tests.testing.apps import chat_app


@pytest.mark.parametrize("transport", ["websockets", "sse", "long-polling"])
async def test_a_client_pings_and_stays(transport: Transport) -> None:
    async with HubTestClient(chat_app()) as hub:
        ann = await hub.connect(transport=transport)
        await hub.clock.advance(200)
        assert await ann.invoke("echo", 1) == 1
        assert "-> Ping" in str(hub.transcript)
        assert "<- Ping" in str(hub.transcript)


@pytest.mark.requirement("testing.clock")
async def test_a_client_that_falls_silent_is_closed() -> None:
    async with HubTestClient(chat_app()) as hub:
        ann = await hub.connect()
        await hub.clock.advance(20)
        ann.pings = False
        await hub.clock.advance(24)
        assert ann.closed is None
        await hub.clock.advance(10)
        assert (await ann.until_closed()).by == "service"
        await hub.clock.advance(20)


@pytest.mark.requirement("testing.clock")
async def test_a_membership_ends_with_its_time() -> None:
    async with HubTestClient(chat_app()) as hub:
        ann = await hub.connect(user_id="ann")
        await ann.invoke("join", "club", 60)
        await ann.invoke("tell", "club", "one")
        assert await ann.receive("told") == ["one"]
        await hub.clock.advance(61)
        await ann.invoke("tell", "club", "two")
        await ann.expect_nothing()


@pytest.mark.requirement("testing.clock")
async def test_a_connection_closes_when_the_token_has_expired() -> None:
    async with HubTestClient(chat_app()) as hub:
        until = Negotiation(lifetime=timedelta(minutes=5), close_on_authentication_expiration=True)
        ann = await hub.connect(negotiation=until)
        await hub.clock.advance(299)
        assert ann.closed is None
        await hub.clock.advance(2)
        assert (await ann.until_closed()).by == "service"


async def test_polls_end_with_their_token() -> None:
    async with HubTestClient(chat_app()) as hub:
        ann = await hub.connect(negotiation=Negotiation(lifetime=timedelta(minutes=5)), transport="long-polling")
        await hub.clock.advance(600)
        closed = await ann.until_closed()
        assert (closed.by, closed.error) == ("service", "the service refused a poll with 401")


async def test_an_app_that_takes_too_long_is_given_up() -> None:
    service = EmbeddedService(settings=ServiceSettings(upstream_timeout=30))
    async with HubTestClient(chat_app(default_service=service)) as hub:
        ann = await hub.connect()
        await ann.send("hang")
        await ann.expect_nothing(timeout=0.01)
        await hub.clock.advance(31)
        assert await ann.invoke("echo", 1) == 1
        assert "event hang failed in the app" in str(hub.transcript)


async def test_rates_are_counted_by_the_clock_and_anew_for_each_test() -> None:
    app = chat_app(user_rate_limit=RateLimit(per_second=1, burst=1), rate_limit=RateLimit(per_second=1, burst=1))
    for _ in range(2):
        async with HubTestClient(app) as hub:
            ann = await hub.connect(user_id="ann")
            assert await ann.invoke("echo", 1) == 1
            with pytest.raises(HubException, match="429"):
                await ann.invoke("echo", 1)
            await hub.clock.advance(1)
            assert await ann.invoke("echo", 1) == 1


async def test_the_clock_may_be_given() -> None:
    clock = VirtualClock(now=1_000_000_000.0)
    async with HubTestClient(chat_app(), clock=clock) as hub:
        ann = await hub.connect()
        assert await ann.invoke("echo", 1) == 1
        assert hub.clock is clock
    assert abs(VirtualClock().time() - SystemClock().time()) < 60
