"""The page of the bidirectional example in Chromium: what it shows of its hub."""

from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.support.example_page import PHONE, ExamplePage
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="session")]

_ROOT = Path(__file__).parents[2]


class Tab(ExamplePage):
    """One person in front of one tab."""

    permissions = ("clipboard-read", "clipboard-write")

    async def connect(self, name: str, *, admin: bool = False) -> "Tab":
        """Say who it is and wait until the tab is connected."""
        await self.by("name").fill(name)
        await self.by("admin").set_checked(admin)
        await self.by("connect").click()
        await expect(self.by("banner")).to_have_attribute("data-state", "connected")
        return self

    async def call(self, form: str, button: str, **values: str) -> None:
        """Fill a form in and press one of its buttons."""
        for name, value in values.items():
            await self.field(form, name).fill(value)
        await self.by(form).get_by_role("button", name=button).click()

    async def id(self) -> str:
        """Return the connection id as the page shows it."""
        return await self.by("id").inner_text()

    async def heard(self, text: str) -> None:
        """Wait until a message has arrived."""
        await expect(self.by("message").filter(has_text=text)).to_have_count(1)

    async def noted(self, text: str) -> None:
        """Wait until the log says that a call has been answered, or who has come."""
        await expect(self.by("system").filter(has_text=text)).to_have_count(1)

    def field(self, form: str, name: str) -> Locator:
        """Find a field of a form."""
        return self.by(form).locator(f'input[name="{name}"]')


@pytest.fixture
def bench() -> Generator[ServerProcess]:
    """Yield the running example."""
    server = ServerProcess("examples.bidirectional_chat.app:app", _ROOT)
    server.start()
    yield server
    server.stop()


async def test_an_administrator_broadcasts_to_all_tabs_and_nobody_else_may(
    browser: Browser, bench: ServerProcess
) -> None:
    ann = await (await Tab.open(browser, bench.url)).connect("Ann", admin=True)
    ben = await (await Tab.open(browser, bench.url)).connect("Ben")
    await ann.noted("Ben connected as")

    await ann.call("broadcast", "Broadcast", message="good morning")
    await ann.heard("good morning")
    await ben.heard("good morning")
    await expect(ann.field("broadcast", "message")).to_have_value("")

    await ben.call("broadcast", "Broadcast", message="me too")
    for place in (ben.by("broadcast"), ben.by("log")):
        await expect(place).to_contain_text("Only administrators may broadcast, so this was not sent.")
    await expect(ben.field("broadcast", "message")).to_have_value("me too")
    await expect(ann.by("message")).to_have_count(1)
    assert ann.problems == ben.problems == []


async def test_a_copied_connection_id_is_sent_to_and_joins_and_leaves_a_group(
    browser: Browser, bench: ServerProcess
) -> None:
    ann = await (await Tab.open(browser, bench.url)).connect("Ann")
    ben = await (await Tab.open(browser, bench.url)).connect("李 & Ben")
    copied = await ben.id()
    await ben.by("copy").click()
    await ben.page.wait_for_function("id => navigator.clipboard.readText().then((text) => text === id)", arg=copied)

    await ann.call("sendToConnection", "Send", connection=copied, message="to your tab")
    await ben.heard("to your tab")
    await ann.call("connectionGroup", "Join", connection=copied, group="readers")
    await ann.noted("is in the group readers")
    await ann.call("sendToGroup", "Send", group="readers", message="to readers")
    await ben.heard("to readers")
    await ann.call("connectionGroup", "Leave")
    await ann.noted("is not in the group readers any more")
    await ann.call("sendToGroup", "Send", message="without you")
    await ann.call("sendToUser", "Send", user="李 & Ben", message="only you")

    await ben.heard("only you")
    await expect(ben.by("message")).to_have_count(3)
    await expect(ann.by("message")).to_have_count(0)
    assert ann.problems == ben.problems == []


async def test_a_user_in_a_group_hears_it_in_a_tab_opened_later(browser: Browser, bench: ServerProcess) -> None:
    ann = await (await Tab.open(browser, bench.url)).connect("Ann")
    ben = await (await Tab.open(browser, bench.url)).connect("Ben")

    await ann.call("userGroup", "Join", user="Ben", group="readers")
    await ann.noted("The user Ben is in the group readers")
    later = await (await Tab.open(browser, bench.url)).connect("Ben")
    await ann.call("sendToGroup", "Send", group="readers", message="for all your tabs")
    await ben.heard("for all your tabs")
    await later.heard("for all your tabs")

    await ann.call("userGroup", "Leave")
    await ann.noted("The user Ben is not in the group readers any more")
    await ann.call("sendToGroup", "Send", message="without you")
    await ann.call("sendToUser", "Send", user="Ben", message="only you")
    await later.heard("only you")
    await expect(later.by("message")).to_have_count(2)


async def test_a_crash_of_the_server_is_shown_and_survived_with_a_new_connection(
    browser: Browser, bench: ServerProcess
) -> None:
    ann = await (await Tab.open(browser, bench.url)).connect("Ann")
    before = await ann.id()
    await ann.field("sendToUser", "message").fill("half a thought")

    bench.kill()
    await expect(ann.by("banner")).to_have_attribute("data-state", "reconnecting")
    await expect(ann.by("banner")).to_contain_text("The connection broke. Reconnecting")
    await expect(ann.by("sendToUser").get_by_role("button")).to_be_disabled()
    bench.start()

    await expect(ann.by("banner")).to_have_attribute("data-state", "connected", timeout=40_000)
    await ann.noted("Back as a new connection")
    assert await ann.id() not in {"", before}
    await ann.call("sendToUser", "Send", user="Ann")
    await ann.heard("half a thought")


async def test_who_disconnects_is_at_the_door_again_and_told_when_nobody_opens(
    browser: Browser, bench: ServerProcess
) -> None:
    ann = await (await Tab.open(browser, bench.url)).connect("Ann")
    await ann.by("leave").click()
    await expect(ann.by("connect")).to_be_visible()

    bench.kill()
    await ann.by("connect").click()

    await expect(ann.by("sign-in-error")).to_have_text("The server cannot be reached. Please try again.")
    bench.start()
    await ann.connect("Ann")


async def test_a_phone_keeps_the_log_in_sight_and_never_scrolls_sideways(
    browser: Browser, bench: ServerProcess
) -> None:
    ann = await (await Tab.open(browser, bench.url, PHONE)).connect("Ann " + "A" * 36, admin=True)

    await ann.call("broadcast", "Broadcast", message="https://example.org/" + "long/" * 60)

    await expect(ann.by("message")).to_be_in_viewport()
    await ann.by("userGroup").scroll_into_view_if_needed()
    await expect(ann.by("message")).to_be_in_viewport()
    assert await ann.fits()
