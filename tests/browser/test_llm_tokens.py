"""Answers in Chromium: words that come, several at once, and a button that stops them."""

import re

import pytest
from playwright.async_api import Browser, expect

from examples.llm_tokens.babble import babble
from tests.support.example import load_example
from tests.support.example_page import PHONE, ExamplePage
from tests.support.server import serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="session")]


async def _ask(tab: ExamplePage, question: str) -> None:
    await tab.by("question").fill(question)
    await tab.by("send").click()


async def test_answers_grow_side_by_side_and_one_is_stopped(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECONDS_PER_WORD", "0.02")
    async with serving(load_example("llm_tokens.app").app) as url:
        tab = await (await ExamplePage.open(browser, url, PHONE)).is_connected()
        await _ask(tab, "first")
        await expect(tab.by("answer").nth(0)).to_contain_text(re.compile(r"[2-9] words"))
        await _ask(tab, "second")
        await expect(tab.by("busy")).to_have_text("2 answers at once")
        await tab.by("stop").nth(1).click()

        await expect(tab.by("answer").nth(1)).to_contain_text("Stopped")
        await expect(tab.by("answer").nth(0)).to_contain_text("Done")
        await expect(tab.by("answer").nth(0)).to_contain_text(" ".join(babble("first")))
        await expect(tab.by("stop").nth(0)).to_be_hidden()
        assert await tab.fits()
        assert tab.problems == []
        await tab.page.close()


async def test_too_many_at_once_are_refused_and_the_question_is_kept(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECONDS_PER_WORD", "3600")
    async with serving(load_example("llm_tokens.app").app) as url:
        tab = await (await ExamplePage.open(browser, url)).is_connected()
        for number in range(5):
            await _ask(tab, f"question {number}")
        await expect(tab.by("error")).to_contain_text("Stop one first")
        await expect(tab.by("question")).to_have_value("question 4")
        await expect(tab.by("answer")).to_have_count(4)
        await tab.page.close()
