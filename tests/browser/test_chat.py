"""The chat example in Chromium: what two friends would see."""

import pytest
from playwright.async_api import Browser, expect

from tests.support.chat_page import ChatPage
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="session")]


async def test_two_tabs_in_one_room_see_each_other_and_a_third_elsewhere_does_not(
    browser: Browser, chat: ServerProcess
) -> None:
    ann = await (await ChatPage.open(browser, chat.url)).sign_in("Ann")
    ben = await (await ChatPage.open(browser, chat.url)).sign_in("Ben")
    cleo = await (await ChatPage.open(browser, chat.url)).sign_in("Cleo")
    for friend in (ann, ben):
        await friend.enter("random")
    await cleo.enter("help")

    await ann.say("only here")
    await expect(ben.messages()).to_contain_text(["only here"])
    await cleo.say("somewhere else")
    await expect(cleo.messages()).to_contain_text(["somewhere else"])
    await expect(cleo.messages()).to_have_count(1)
    await expect(ben.messages()).to_have_count(1)
    assert ann.problems == ben.problems == cleo.problems == []


async def test_a_direct_message_reaches_its_person_and_nobody_else(browser: Browser, chat: ServerProcess) -> None:
    ann = await (await ChatPage.open(browser, chat.url)).sign_in("Ann")
    ben = await (await ChatPage.open(browser, chat.url)).sign_in("Ben")
    cleo = await (await ChatPage.open(browser, chat.url)).sign_in("Cleo")

    await ann.person("Ben").click()
    await ann.say("psst")

    direct = ben.page.locator('[data-testid="direct"][data-user="Ann"]')
    await expect(direct).to_contain_text("1")
    await direct.click()
    await expect(ben.messages("direct")).to_contain_text(["psst"])
    await expect(cleo.by("direct")).to_have_count(0)


async def test_who_joins_and_who_leaves_is_shown(browser: Browser, chat: ServerProcess) -> None:
    ann = await (await ChatPage.open(browser, chat.url)).sign_in("Ann")
    ben = await (await ChatPage.open(browser, chat.url)).sign_in("Ben")
    await expect(ann.person("Ben")).to_be_visible()

    await ben.page.context.close()

    await expect(ann.person("Ben")).to_have_count(0)
    await expect(ann.messages("system")).to_contain_text(["joined", "left"])


async def test_an_error_is_shown_as_a_person_would_want_it(browser: Browser, chat: ServerProcess) -> None:
    ann = await (await ChatPage.open(browser, chat.url)).sign_in("Ann")

    await ann.say("/oops")
    await expect(ann.by("composer-error")).to_contain_text("Something went wrong on our side")
    await expect(ann.by("composer-error")).not_to_contain_text("swordfish")
    await ann.say("x" * 1001)
    await expect(ann.by("composer-error")).to_contain_text("a message can have 1,000")
    await expect(ann.messages()).to_have_count(0)


async def test_a_name_that_is_taken_is_refused_kindly(browser: Browser, chat: ServerProcess) -> None:
    await (await ChatPage.open(browser, chat.url)).sign_in("Ann")
    other = await ChatPage.open(browser, chat.url)

    await other.by("name").fill("ann")
    await other.by("sign-in").click()

    await expect(other.by("sign-in-error")).to_contain_text("Someone called ann is already here")


async def test_a_crash_of_the_server_is_survived_with_the_draft_kept(browser: Browser, chat: ServerProcess) -> None:
    ann = await (await ChatPage.open(browser, chat.url)).sign_in("Ann")
    await ann.by("composer").fill("half a thought")

    chat.kill()
    await ann.page.wait_for_selector('[data-testid="banner"][data-state="reconnecting"]')
    await expect(ann.by("send")).to_be_disabled()
    chat.start()

    await expect(ann.by("send")).to_be_enabled(timeout=40_000)
    await expect(ann.by("composer")).to_have_value("half a thought")
    await ann.by("composer").press("Enter")
    await expect(ann.messages()).to_contain_text(["half a thought"])


async def test_a_phone_shows_rooms_in_a_drawer_and_never_scrolls_sideways(
    browser: Browser, chat: ServerProcess
) -> None:
    ann = await (await ChatPage.open(browser, chat.url, phone=True)).sign_in("Ann")

    await expect(ann.room("random")).not_to_be_in_viewport()
    await ann.by("drawer-toggle").click()
    await expect(ann.room("random")).to_be_in_viewport()
    await ann.enter("random")
    await ann.say("https://example.org/" + "long/" * 60)

    await expect(ann.messages()).to_have_count(1)
    assert await ann.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
