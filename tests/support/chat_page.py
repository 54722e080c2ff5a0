"""The chat example's page, as its tests drive it."""

from playwright.async_api import Browser, Locator, Page, expect

__all__ = ["ChatPage"]

_PHONE = {"width": 390, "height": 844}
_DESKTOP = {"width": 1280, "height": 800}


class ChatPage:
    """One person in front of one tab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    @classmethod
    async def open(cls, browser: Browser, url: str, *, phone: bool = False) -> "ChatPage":
        """Open the page in a browser profile of its own."""
        size = _PHONE if phone else _DESKTOP
        context = await browser.new_context(viewport={"width": size["width"], "height": size["height"]})
        chat = cls(await context.new_page())
        await chat.page.goto(url)
        return chat

    async def sign_in(self, name: str) -> "ChatPage":
        """Sign in and wait until the chat is connected."""
        await self.by("name").fill(name)
        await self.by("sign-in").click()
        await self.is_connected()
        await expect(self.by("me")).to_contain_text(name)
        return self

    async def is_connected(self) -> None:
        """Wait until the page says that it is connected."""
        await self.page.wait_for_selector('[data-testid="banner"][data-state="connected"]', state="attached")

    async def enter(self, room: str) -> None:
        """Open a room in the list."""
        await self.room(room).click()
        await expect(self.by("title")).to_contain_text(room)

    async def say(self, text: str) -> None:
        """Send a message to what is open."""
        await self.by("composer").fill(text)
        await self.by("composer").press("Enter")

    def by(self, name: str) -> Locator:
        """Find by test id."""
        return self.page.get_by_test_id(name)

    def room(self, name: str) -> Locator:
        """Find a room in the list."""
        return self.page.locator(f'[data-testid="room"][data-room="{name}"]')

    def person(self, name: str) -> Locator:
        """Find a person in the list."""
        return self.page.locator(f'[data-testid="person"][data-user="{name}"]')

    def messages(self, kind: str = "chat") -> Locator:
        """Find the messages of one kind in what is open."""
        return self.page.locator(f'[data-testid="message"][data-kind="{kind}"]')
