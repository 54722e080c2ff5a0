"""The chat with a login in Chromium: the door, the talk, and an administrator at work."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.support.cheap_passwords import use_cheap_passwords
from tests.support.example import load_example
from tests.support.example_page import PHONE, ExamplePage
from tests.support.server import serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="session")]

_PASSWORD = "keeper of order"


async def _enter(tab: ExamplePage, name: str, button: str = "sign-in") -> None:
    await tab.by("name").fill(name)
    await tab.by("password").fill(_PASSWORD)
    await tab.by(button).click()
    await tab.is_connected()


async def test_people_come_in_and_talk_and_an_administrator_keeps_order(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_DATABASE", f"sqlite:///{tmp_path / 'chat.db'}")
    monkeypatch.setenv("CHAT_ADMIN_PASSWORD", _PASSWORD)
    use_cheap_passwords(monkeypatch)
    load_example("chat_with_auth.login")
    async with serving(load_example("chat_with_auth.app").app) as url:
        admin, ann = await ExamplePage.open(browser, url), await ExamplePage.open(browser, url, PHONE)
        await _enter(admin, "admin")
        await _enter(ann, "Ann", "register")
        assert await ann.page.evaluate("document.cookie") == ""

        await ann.by("composer").fill("hello")
        await ann.by("send").click()
        await expect(admin.by("messages")).to_contain_text("hello")
        await expect(ann.by("messages").get_by_role("button")).to_have_count(0)
        await admin.by("message").get_by_role("button", name="Remove").click()
        await expect(ann.by("message")).to_have_count(0)

        person = admin.page.locator('[data-user="Ann"]')
        await person.get_by_role("combobox").select_option("moderator")
        await expect(ann.by("role")).to_have_text("moderator")
        await ann.is_connected()
        async with ann.page.expect_websocket():  # the page comes back by itself
            await person.get_by_role("button", name="Close tabs").click()
        await ann.is_connected()
        await expect(person).to_have_count(1)

        assert await ann.fits()
        await person.get_by_role("button", name="Kick").click()
        await expect(ann.by("login-error")).to_have_text("admin signed you out.")
        await expect(person).to_have_count(0)
        await ann.page.reload()
        await expect(ann.by("sign-in")).to_be_visible()
        for tab in (admin, ann):
            await tab.page.close()
