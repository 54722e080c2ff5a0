"""The page of the project that `serverless-hub new` writes, offline as its README says."""

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from serverless_hub.cli.creating import CLIENT_INTEGRITY, CLIENT_URL, create
from tests.support.process import ServerProcess

CLIENT = Path(__file__).parents[2] / "examples/node_modules/@microsoft/signalr/dist/browser/signalr.min.js"
PHONE, DESKTOP = (390, 844), (1280, 800)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not CLIENT.is_file() and os.environ.get("CI") != "true", reason="run `npm ci` in examples"),
]


@pytest.fixture
def project(tmp_path: Path) -> Generator[ServerProcess]:
    """Yield the running project, with the client in its own folder."""
    folder = create("live-wall", tmp_path)
    shutil.copy(CLIENT, folder / "page/signalr.min.js")
    page = folder / "page/index.html"
    page.write_text(page.read_text("utf-8").replace(CLIENT_URL, "/page/signalr.min.js"), "utf-8")
    server = ServerProcess("main:app", folder)
    server.start()
    yield server
    server.stop()


async def opened(browser: Browser, url: str, name: str, size: tuple[int, int], problems: list[str]) -> Page:
    """Return the page of a person, connected."""
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = await context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.goto(url)
    await expect(page.locator("#state")).to_have_attribute("data-state", "connected")
    await page.locator("#name").fill(name)
    return page


async def say(page: Page, text: str) -> None:
    await page.locator("#text").fill(text)
    await page.locator("#text").press("Enter")


async def test_people_talk_on_a_phone_and_on_a_desktop_outlive_a_restart_and_read_what_is_wrong(
    browser: Browser, project: ServerProcess
) -> None:
    problems: list[str] = []
    ann = await opened(browser, project.url, "Ann", PHONE, problems)
    ben = await opened(browser, project.url, "Ben", DESKTOP, problems)
    await expect(ann.locator("#state")).to_have_text("2 online")
    await say(ann, "<b>Hello</b>")
    await expect(ann.locator("li.mine p")).to_have_text("<b>Hello</b>")
    await expect(ben.locator("li:not(.mine) p")).to_have_text("<b>Hello</b>")
    await expect(ben.locator("li b")).to_have_text("Ann")
    await say(ben, " ")
    await expect(ben.locator("#error")).to_have_text("Say something.")
    for page in (ann, ben):
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    project.stop()
    await expect(ann.locator("#state")).to_have_attribute("data-state", "away")
    project.start()
    await expect(ann.locator("#state")).to_have_attribute("data-state", "connected", timeout=15_000)
    await expect(ben.locator("#state")).to_have_attribute("data-state", "connected", timeout=15_000)
    await say(ben, "Still here.")
    await expect(ann.locator("li p")).to_have_text("Still here.")

    late = await opened(browser, project.url, "Cleo", PHONE, problems)
    await expect(late.locator("li p")).to_have_text("Still here.")  # She sees what was said.
    await late.route("**/signalr.min.js", lambda route: route.abort())
    await late.reload()
    await expect(late.locator("#state")).to_have_text("no SignalR client")
    await expect(late.locator("#error")).to_contain_text("README.md")
    assert await late.locator("script[integrity]").get_attribute("integrity") == CLIENT_INTEGRITY
    assert problems == []
