"""Makes the screenshots of the documentation: python -m tests.docs.screenshots.

It needs Chromium, npm (for /docs, whose page loads its parts from elsewhere), and Pillow.
"""

import asyncio
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from tests.docs.pages import DOCS, ROOT
from tests.support.chat_page import ChatPage
from tests.support.process import ServerProcess

__all__ = ["main"]

_SCALE = 1.5
_COLOURS = 96
_SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css")
_CLIENT = ROOT / "tests/clients/node_modules/@microsoft/signalr/dist/browser/signalr.min.js"


def save(name: str, *shots: bytes, colours: int = _COLOURS) -> None:
    """Write shots, one beside the other, as a picture with few colours."""
    images = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]
    gap = 24 * (len(images) - 1)
    size = (sum(image.width for image in images) + gap, max(image.height for image in images))
    joined = Image.new("RGB", size, "#c5cae9")
    left = 0
    for image in images:
        joined.paste(image, (left, 0))
        left += image.width + 24
    path = DOCS / "images" / f"{name}.png"
    joined.quantize(colours, Image.Quantize.MAXCOVERAGE if colours < _COLOURS else None).save(path, optimize=True)
    sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KiB\n")


async def context_of(browser: Browser, width: int, height: int, scheme: str, files: dict[str, Path]) -> BrowserContext:
    """Return a profile in which what pages load from elsewhere comes from the disk, by the end of its name."""

    async def from_disk(route: Route) -> None:
        path = next(path for name, path in files.items() if route.request.url.endswith(name))
        await route.fulfill(path=path, headers={"Access-Control-Allow-Origin": "*"})

    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=_SCALE,
        locale="en-GB",
    )
    for name in files:
        await context.route(f"https://**/*{name}", from_disk)
    return context


async def chat(browser: Browser) -> None:
    """Two people in a room, by day and by night."""
    server = ServerProcess("chat:app", ROOT / "examples/chat")
    server.start()
    try:
        pages: dict[str, ChatPage] = {}
        for name, scheme in (("Ann", "light"), ("Ben", "dark")):
            context = await context_of(browser, 920, 560, scheme, {})
            pages[name] = ChatPage(await context.new_page())
            await pages[name].page.goto(server.url)
            await pages[name].sign_in(name)
        for name, text in (("Ann", "Is the release out?"), ("Ben", "Since an hour ago. Nobody has noticed."),
                           ("Ann", "Then it is a good one"), ("Ben", "Lunch?")):  # fmt: skip
            await pages[name].say(text)
            for page in pages.values():
                await page.messages().filter(has_text=text).wait_for()
        save("chat-light", await pages["Ann"].page.screenshot())
        save("chat-dark", await pages["Ben"].page.screenshot())
    finally:
        server.stop()


async def poll(browser: Browser) -> None:
    """Two windows of the poll of the tutorial."""
    server = ServerProcess("poll:app", ROOT / "examples/tutorial/step_1")
    server.start()
    try:
        context = await context_of(browser, 430, 400, "light", {"signalr.min.js": _CLIENT})
        windows: list[Page] = [await context.new_page() for _ in range(2)]
        for window in windows:
            await window.goto(server.url)
        for name in ("Tea", "Tea", "Tea", "Coffee", "Tea", "Coffee", "Water"):
            await windows[0].get_by_role("button", name=name).click()
        for window in windows:
            await window.locator("#water[title='1 votes']").wait_for()
        await windows[0].locator("h1").click()
        save("poll", *[await window.screenshot() for window in windows])
    finally:
        server.stop()


async def docs(browser: Browser) -> None:
    """What /docs shows of a hub."""
    npm = shutil.which("npm")
    assert npm is not None
    server = ServerProcess("chat:app", ROOT / "examples/quickstart")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([npm, "install", "--silent", "--prefix", folder, "swagger-ui-dist@5"], check=True)  # noqa: ASYNC221, S603 - nothing else runs
        files = {name: Path(folder, "node_modules/swagger-ui-dist", name) for name in _SWAGGER}
        server.start()
        try:
            page = await (await context_of(browser, 920, 560, "light", files)).new_page()
            await page.goto(f"{server.url}/docs")
            await page.locator(".opblock-summary", has_text="sendMessage").first.wait_for()
            save("docs", await page.screenshot())
        finally:
            server.stop()


def told(command: Sequence[str], lines: int | None = None) -> str:
    """Return what a command prints, or so many lines of it if it does not end by itself."""
    with tempfile.TemporaryDirectory() as state:  # The key in the picture is nobody's.
        said = {"FORCE_COLOR": "1", "COLUMNS": "108", "PYTHONUNBUFFERED": "1", "XDG_STATE_HOME": state}
        process = subprocess.Popen(  # noqa: S603 - ours
            [Path(sys.executable).with_name("serverless-hub"), *command],
            env=os.environ | said,
            text=True,
            stdout=subprocess.PIPE,
            cwd=ROOT / "examples/quickstart",
        )
        assert process.stdout is not None
        if lines is None:
            return process.communicate()[0]
        text = "".join(process.stdout.readline() for _ in range(lines))
        process.terminate()
        process.communicate()
        return text


async def cli(browser: Browser) -> None:
    """The start of an app, and the help."""
    console = Console(record=True, width=118, file=io.StringIO(), force_terminal=True)
    for command, lines in ((("dev", "chat:app"), 8), (("--help",), None)):
        console.print(Text(f"$ serverless-hub {' '.join(command)}", style="bold"))
        console.print(Text.from_ansi(told(command, lines)))
    code = console.export_html(
        theme=MONOKAI,
        inline_styles=True,
        code_format="<pre style='margin:0;padding:18px 22px;background:#1b1d26;color:#e7e9f2;"
        "font:13px/1.35 DejaVu Sans Mono,monospace'>{code}</pre>",
    )
    page = await (await context_of(browser, 920, 200, "dark", {})).new_page()
    await page.set_content(code)
    save("cli", await page.locator("pre").screenshot(), colours=24)


async def main() -> None:
    """Make all of them."""
    async with async_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for make in (chat, poll, docs, cli):
            await make(browser)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
