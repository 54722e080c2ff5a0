"""Health checks of several endpoints: every two minutes, with two more tries, and back again."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from serverless_hub.errors import UnreachableError
from serverless_hub.management.health import HealthMonitor
from serverless_hub.protocol.endpoint import Endpoint
from tests.support.clock import ManualClock, settle


def endpoint(name: str) -> Endpoint:
    url = f"https://{name}.example"
    return Endpoint(url, "key", client_url=url, server_url=url, name=name)


EAST, WEST = endpoint("east"), endpoint("west")


class Bench:
    """A monitor of `EAST` and `WEST` whose checks answer what a test wants."""

    def __init__(self, *endpoints: Endpoint) -> None:
        self.clock = ManualClock()
        self.sick: set[Endpoint] = set()
        self.asked: list[Endpoint] = []
        self.monitor = HealthMonitor(self._is_healthy, self.clock)
        self.monitor.follow(endpoints)

    async def _is_healthy(self, endpoint: Endpoint) -> bool:
        self.asked.append(endpoint)
        return endpoint not in self.sick

    def online(self, *endpoints: Endpoint) -> list[bool]:
        return [self.monitor.is_online(endpoint) for endpoint in endpoints or (EAST, WEST)]

    def asked_now(self) -> list[Endpoint]:
        asked, self.asked = self.asked, []
        return asked


@asynccontextmanager
async def running(*endpoints: Endpoint, sick: Endpoint | None = None) -> AsyncGenerator[Bench]:
    bench = Bench(*endpoints or (EAST, WEST))
    bench.sick = set() if sick is None else {sick}
    await bench.monitor.start()
    try:
        await settle()
        yield bench
    finally:
        await bench.monitor.stop()


@pytest.mark.requirement("endpoints.health")
async def test_every_endpoint_is_checked_at_once_and_then_every_two_minutes() -> None:
    async with running() as bench:
        assert bench.asked_now() == [EAST, WEST]
        await bench.clock.advance(119)
        assert bench.asked_now() == []
        await bench.clock.advance(1)
        assert bench.asked_now() == [EAST, WEST]


@pytest.mark.requirement("endpoints.health.only")
async def test_the_only_endpoint_is_not_checked() -> None:
    async with running(EAST, sick=EAST) as bench:
        await bench.clock.advance(600)
        assert bench.asked == []
        assert bench.online(EAST) == [True]


@pytest.mark.requirement("endpoints.health")
async def test_an_endpoint_is_offline_after_two_more_tries_three_seconds_apart(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(sick=WEST) as bench:
        await bench.clock.advance(5.9)
        assert bench.asked_now() == [EAST, WEST, WEST]
        assert bench.online() == [True, True]
        await bench.clock.advance(0.1)
        assert bench.asked_now() == [WEST]
        assert bench.online() == [True, False]
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == (
        "the SignalR endpoint https://west.example is offline, clients are sent elsewhere: it says that it "
        "does not work"
    )


async def test_one_good_try_is_enough(caplog: pytest.LogCaptureFixture) -> None:
    async with running(sick=WEST) as bench:
        await bench.clock.advance(3)
        bench.sick.clear()
        await bench.clock.advance(3)
        assert bench.asked_now() == [EAST, WEST, WEST, WEST]
        assert bench.online() == [True, True]
        await bench.clock.advance(3)
        assert bench.asked_now() == []
    assert caplog.records == []


async def test_an_endpoint_that_comes_back_is_online_again(caplog: pytest.LogCaptureFixture) -> None:
    async with running(sick=WEST) as bench:
        await bench.clock.advance(6)
        await bench.clock.advance(126)
        assert bench.online() == [True, False]
        bench.sick.clear()
        await bench.clock.advance(126)
        assert bench.online() == [True, True]
    # What stays as it is, is not said twice.
    assert [record.getMessage().partition(",")[0] for record in caplog.records] == [
        "the SignalR endpoint https://west.example is offline",
        "the SignalR endpoint https://west.example is online again",
    ]


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (UnreachableError("no route"), "elsewhere: no route"),
        (ValueError("x"), "elsewhere: its check failed unexpectedly"),
    ],
)
async def test_a_check_that_raises_is_as_bad_as_a_no_and_checks_go_on(
    error: Exception, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock, broken = ManualClock(), True

    async def check(endpoint: Endpoint) -> bool:
        if broken and endpoint is WEST:
            raise error
        return True

    monitor = HealthMonitor(check, clock)
    monitor.follow([EAST, WEST])
    await monitor.start()
    await settle()
    await clock.advance(6)
    assert not monitor.is_online(WEST)
    assert logged in caplog.text
    broken = False
    await clock.advance(120)
    assert monitor.is_online(WEST)
    await monitor.stop()


async def test_the_endpoints_may_change_while_checks_go_on() -> None:
    north = endpoint("north")
    async with running(sick=WEST) as bench:
        await bench.clock.advance(6)
        bench.monitor.follow([WEST, north])
        assert bench.online(WEST, north) == [False, True]
        bench.asked_now()
        await bench.clock.advance(120)
        assert bench.asked_now() == [WEST, north]


async def test_what_is_left_alone_counts_as_online() -> None:
    async with running(sick=WEST) as bench:
        await bench.clock.advance(6)
        bench.monitor.follow([WEST])
        assert bench.online(WEST) == [True]


@pytest.mark.parametrize("left", [[EAST], [EAST, endpoint("north")]])
async def test_a_late_result_of_an_endpoint_that_has_gone_does_not_count(left: list[Endpoint]) -> None:
    async with running(sick=WEST) as bench:
        bench.monitor.follow(left)
        await bench.clock.advance(6)
        bench.monitor.follow([EAST, WEST])
        assert bench.online() == [True, True]


async def test_an_endpoint_with_a_new_key_is_still_the_same_endpoint() -> None:
    async with running(sick=WEST) as bench:
        renewed = Endpoint(WEST.url, "new", client_url=WEST.url, server_url=WEST.url, name="west")
        bench.monitor.follow([EAST, renewed])
        await bench.clock.advance(6)
        assert bench.online(EAST, renewed) == [True, False]


async def test_a_monitor_starts_once_and_stops_with_all_its_timers() -> None:
    bench = Bench(EAST, WEST)
    await bench.monitor.stop()
    await bench.monitor.start()
    await bench.monitor.start()
    await settle()
    assert bench.asked_now() == [EAST, WEST]
    await bench.monitor.stop()
    assert all(timer.cancelled for timer in bench.clock.timers)
    await bench.clock.advance(1000)
    assert bench.asked_now() == []
    assert len(asyncio.all_tasks()) == 1
