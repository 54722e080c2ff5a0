"""A page of an example in a browser, as its tests drive it."""

from collections.abc import Sequence
from typing import ClassVar, Self

from playwright.async_api import Browser, Locator, Page, expect

__all__ = ["DESKTOP", "PHONE", "ExamplePage"]

PHONE = (390, 844)
DESKTOP = (1280, 800)


class ExamplePage:
    """One person in front of one tab; what the browser complains about is kept in `problems`."""

    permissions: ClassVar[Sequence[str]] = ()
    """What the page may do without asking."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda line: self.problems.append(line.text) if line.type == "error" else None)

    @classmethod
    async def open(cls, browser: Browser, url: str, size: tuple[int, int] = DESKTOP, *, dark: bool = False) -> Self:
        """Open the page in a browser profile of its own."""
        context = await browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
        )
        if cls.permissions:
            await context.grant_permissions(cls.permissions, origin=url)
        tab = cls(await context.new_page())
        await tab.page.goto(url)
        return tab

    async def is_connected(self) -> Self:
        """Wait until the page says that it is connected."""
        await expect(self.by("banner")).to_have_attribute("data-state", "connected")
        return self

    async def fits(self) -> bool:
        """Whether nothing scrolls sideways."""
        fits: bool = await self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        return fits

    def by(self, name: str) -> Locator:
        """Find by test id."""
        return self.page.get_by_test_id(name)
