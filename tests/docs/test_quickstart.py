"""Claims of `index.md`."""

import inspect
import re

import aiohttp
import pytest

from examples.page import CDN, CDN_HASH
from examples.quickstart import chat
from examples.quickstart.chat import app
from examples.snippets import page as with_page
from serverless_hub.protocol.messages import NO_RESULT, Completion, Invocation
from serverless_hub.testing import HubTestClient
from tests.docs.pages import ROOT, page
from tests.support.client import connected
from tests.support.server import serving


async def test_the_caller_receives_its_message_and_then_its_result() -> None:
    async with serving(chat.app) as url, connected(url) as client:
        await client.send(Invocation("sendMessage", ("lobby", "Hello"), "7"))
        assert await client.call_of("receiveMessage") == ["Hello"]
        completion = await client.receive()
        assert isinstance(completion, Completion)
        assert client.result_of(completion) == 5
    assert "received: Hello result: 5" in page("index.md")


async def test_who_connects_is_in_the_lobby() -> None:
    async with serving(chat.app) as url, connected(url) as client, connected(url) as other:
        await other.invoke("sendMessage", "elsewhere", "this comes after on_connected")
        await client.invoke("sendMessage", "lobby", "Hello")
        assert await other.call_of("receiveMessage") == ["Hello"]


# --8<-- [start:client]
async def test_a_message_reaches_the_lobby() -> None:
    async with HubTestClient(app) as hub:
        ann = await hub.connect(user_id="ann")
        assert await ann.invoke("sendMessage", "lobby", "Hello") == 5
        assert await ann.receive("receiveMessage") == ["Hello"]


# --8<-- [end:client]
def test_the_readme_shows_the_same_test() -> None:
    shown = inspect.getsource(test_a_message_reaches_the_lobby)
    assert shown in (ROOT / "README.md").read_text("utf-8")


@pytest.fixture
async def html() -> str:
    """Return the page as the app serves it."""
    async with serving(with_page.app) as url, aiohttp.ClientSession() as session, session.get(url) as response:
        assert (response.status, response.content_type) == (200, "text/html")
        return await response.text()


async def test_the_hub_has_what_the_page_names(html: str) -> None:
    (hub,) = re.findall(r'withUrl\("/([^"]+)"\)', html)
    ((target, room),) = re.findall(r'invoke\("([^"]+)", "([^"]+)"', html)
    (heard,) = re.findall(r'connection\.on\("([^"]+)"', html)
    async with serving(with_page.app) as url, connected(url, hub) as client:
        await client.send(Invocation(target, (room, "Hello"), "7"))
        assert await client.call_of(heard) == ["Hello"]
        assert await client.receive() == Completion("7", NO_RESULT)


async def test_the_page_loads_the_client_that_its_hash_is_of(html: str) -> None:
    assert re.findall(r'src="([^"]+)"\s+integrity="([^"]+)"\s+crossorigin="anonymous"', html) == [(CDN, CDN_HASH)]
