"""The pages of the tutorial in Chromium: what a reader sees after each step."""

from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, Page, Route, expect

from examples.tutorial.step_1 import poll as step_1
from examples.tutorial.step_2 import poll as step_2
from examples.tutorial.step_4 import poll as step_4
from tests.support.server import serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="session")]

_CLIENT = Path(__file__).parents[1] / "clients/node_modules/@microsoft/signalr/dist/browser/signalr.min.js"


async def opened(browser: Browser, url: str) -> Page:
    """Open a page in a profile of its own; the client comes from the disk, and has to have the page's hash."""

    async def from_disk(route: Route) -> None:
        await route.fulfill(path=_CLIENT, headers={"Access-Control-Allow-Origin": "*"}, content_type="text/javascript")

    context = await browser.new_context(viewport={"width": 390, "height": 844})
    await context.route("https://cdn.jsdelivr.net/**", from_disk)
    page = await context.new_page()
    await page.goto(url)
    return page


async def counts(page: Page, drink: str, votes: int) -> None:
    """Wait until a bar shows so many votes."""
    await expect(page.locator(f"#{drink}")).to_have_attribute("title", f"{votes} votes")


async def vote(page: Page, drink: str) -> None:
    await page.get_by_role("button", name=drink).click()


async def says(page: Page, text: str) -> None:
    await expect(page.get_by_role("status")).to_contain_text(text)


async def test_the_bars_move_in_every_window_and_a_second_vote_is_refused_with_its_reason(browser: Browser) -> None:
    async with serving(step_1.app) as url:
        one, other = await opened(browser, url), await opened(browser, url)
        await counts(other, "tea", 0)
        await vote(one, "Tea")
        await counts(other, "tea", 1)
    async with serving(step_2.app) as url:
        one = await opened(browser, url)
        await counts(one, "tea", 0)
        await vote(one, "Tea")
        await says(one, "You are number 1 for tea")
        await vote(one, "Water")
        await says(one, "you have voted already")


async def test_who_has_signed_in_and_voted_sees_the_votes_until_the_host_closes_the_poll(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST_KEY", "sesame")
    monkeypatch.setattr(step_4, "state", step_4.State())
    async with serving(step_4.app) as url:
        ann, ben = await opened(browser, url), await opened(browser, url)
        for page, name in ((ann, "ann"), (ben, "ben")):
            await says(page, "Who are you?")
            await page.get_by_placeholder("Your name").fill(name)
            await page.get_by_role("button", name="Sign in").click()
            await says(page, "Vote, and you see")
        await vote(ann, "Tea")
        await counts(ann, "tea", 1)
        await expect(ben.locator("#tea")).not_to_have_attribute("title", "1 votes")
        await vote(ben, "Tea")
        await counts(ann, "tea", 2)
        async with aiohttp.ClientSession() as session, session.post(f"{url}/close", headers={"Host-Key": "sesame"}):
            pass
        for page in (ann, ben):
            await says(page, "The poll is closed. We drink tea.")
        await vote(ann, "Water")
        await says(ann, "the poll is closed")
        wide = await ann.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390
