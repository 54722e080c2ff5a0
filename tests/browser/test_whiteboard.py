"""The whiteboard in Chromium: what one hand draws, all eyes see."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.support.example import load_example
from tests.support.example_page import PHONE, ExamplePage
from tests.support.server import serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="session")]

_INK = """() => {
  const { width, height } = board;
  const pixels = board.getContext("2d").getImageData(0, 0, width, height).data;
  return pixels.some((value) => value > 0);
}"""


async def _draw(tab: ExamplePage) -> None:
    box = await tab.by("board").bounding_box()
    assert box is not None
    mouse = tab.page.mouse
    await mouse.move(box["x"] + 40, box["y"] + 40)
    await mouse.down()
    for step in range(1, 20):
        await mouse.move(box["x"] + 40 + 10 * step, box["y"] + 40 + 5 * (step % 5))
    await mouse.up()


async def test_a_stroke_appears_with_everybody_and_for_whoever_comes_late(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHITEBOARD_DATABASE", f"sqlite:///{tmp_path / 'board.db'}")
    async with serving(load_example("whiteboard.app").app) as url:
        ann = await (await ExamplePage.open(browser, f"{url}?name=Ann")).is_connected()
        ben = await (await ExamplePage.open(browser, f"{url}?name=Ben", PHONE)).is_connected()
        await expect(ann.by("people")).to_contain_text("Ben")
        assert not await ben.page.evaluate(_INK)

        await ann.page.get_by_role("radio", name="Red").click()
        await _draw(ann)
        await ben.page.wait_for_function(_INK)
        await expect(ben.by("hint")).to_be_hidden()
        cleo = await (await ExamplePage.open(browser, f"{url}?name=Cleo", dark=True)).is_connected()
        await cleo.page.wait_for_function(_INK)

        await ben.by("undo").click()
        await expect(ben.by("error")).to_contain_text("nothing of yours")
        await ann.by("undo").click()
        await expect(cleo.by("hint")).to_be_visible()
        assert not await cleo.page.evaluate(_INK)
        assert await ben.fits()
        assert ann.problems == ben.problems == cleo.problems == []
        for tab in (ann, ben, cleo):
            await tab.page.close()
