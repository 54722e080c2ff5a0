"""Chromium, from wherever the machine has it, and the chat example behind real uvicorn in a process of its own."""

import os
import shutil
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.support.process import ServerProcess

ROOT = Path(__file__).parents[2]
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the browser's path; without one, skip, except where everything has to be tested."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is not None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail("there is no Chromium: apt install chromium")
    pytest.skip("there is no Chromium: apt install chromium")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running(chromium: str) -> AsyncGenerator[Browser]:
    """Yield the one browser of all tests."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(running: Browser) -> AsyncGenerator[Browser]:
    """Yield the browser; its windows are closed after the test."""
    yield running
    for context in list(running.contexts):
        await context.close()


@pytest.fixture
def chat() -> Generator[ServerProcess]:
    """Yield the running chat example."""
    server = ServerProcess("examples.chat.chat:app", ROOT)
    server.start()
    yield server
    server.stop()
