"""The dashboard in Chromium: numbers change and lines move without a click."""

import pytest
from playwright.async_api import Browser, expect

from tests.support.example import load_example
from tests.support.example_page import PHONE, ExamplePage
from tests.support.server import serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="session")]

_TILES = ("orders", "latency", "errors", "carts")
_PICTURE = "chart.toDataURL()"


async def test_numbers_change_and_the_chart_moves_until_it_is_paused(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECONDS_PER_READING", "0.05")
    async with serving(load_example("live_dashboard.app").app) as url:
        tab = await (await ExamplePage.open(browser, url, PHONE)).is_connected()
        await expect(tab.by("title")).to_have_text("Orders (per minute)")
        before = {name: await tab.by(name).inner_text() for name in _TILES}
        picture = await tab.page.evaluate(_PICTURE)
        for name, text in before.items():
            await expect(tab.by(name)).not_to_have_text(text)
        await tab.page.wait_for_function(f"before => {_PICTURE} !== before", arg=picture)

        await tab.by("carts").click()
        await expect(tab.by("title")).to_have_text("Open carts")
        await tab.by("watch").click()
        await expect(tab.by("watch")).to_have_text("Go on")
        paused = await tab.by("carts").inner_text()
        moving = await tab.by("orders").inner_text()
        await expect(tab.by("orders")).not_to_have_text(moving)
        assert await tab.by("carts").inner_text() == paused
        await tab.by("watch").click()
        await expect(tab.by("carts")).not_to_have_text(paused)
        assert await tab.fits()
        assert tab.problems == []
        await tab.page.close()
