"""The dashboard's hub: what its task in the background measures reaches those who watch it."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from examples.live_dashboard.measuring import METRICS, Shop
from tests.support.client import connected
from tests.support.example import load_example
from tests.support.server import serving


@pytest.fixture
async def url(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[str]:
    monkeypatch.setenv("SECONDS_PER_READING", "0.02")
    async with serving(load_example("live_dashboard.app").app) as served:
        yield served


async def test_a_page_starts_with_what_there_has_been_and_hears_of_what_comes(url: str) -> None:
    async with connected(url, "dashboard") as client:
        overview: dict[str, Any] = client.result_of(await client.invoke("overview"))
        assert [metric["name"] for metric in overview["metrics"]] == ["orders", "latency", "errors", "carts"]
        for _ in METRICS:
            name, reading = await client.call_of("reading")
            assert reading["at"] > overview["history"][name][-1]["at"]


async def test_what_is_not_watched_any_more_is_not_heard_of_until_it_is_again(url: str) -> None:
    async with connected(url, "dashboard") as client:
        await client.invoke("overview")
        for name in ("latency", "errors", "carts"):
            await client.invoke("unwatch", name)
        heard = [(await client.call_of("reading"))[0] for _ in range(8)]
        assert heard == ["orders"] * 8
        missed = client.result_of(await client.invoke("watch", "carts"))
        assert len(missed) >= 8
        while (await client.call_of("reading"))[0] != "carts":
            pass


async def test_a_metric_that_does_not_exist_cannot_be_watched(url: str) -> None:
    async with connected(url, "dashboard") as client:
        for method in ("watch", "unwatch"):
            assert "Nothing of that name" in str((await client.invoke(method, "weather")).error)


def test_a_rush_makes_the_shop_slow_and_fail() -> None:
    shop = Shop(seed=1)
    taken = [shop.measure() for _ in range(2000)]
    assert set(taken[0]) == {metric.name for metric in METRICS}
    limits = {metric.name: metric.limit for metric in METRICS}
    slow = [each for each in taken if each["latency"] > limits["latency"]]
    assert 0 < len(slow) < len(taken) / 4
    assert sum(each["errors"] for each in slow) / len(slow) > 1
    assert min(min(each.values()) for each in taken) >= 0
