"""Claims of `how-to/groups.md`."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import connect

from examples.snippets import presence
from serverless_hub.protocol.messages import Invocation
from tests.support.client import Client, websocket_url
from tests.support.server import serving


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    presence.rooms.clear()


async def ask(url: str, method: str = "GET") -> Any:
    async with aiohttp.ClientSession() as session, session.request(method, url) as answer:
        return await answer.json()


@asynccontextmanager
async def tab(url: str, name: str) -> AsyncGenerator[Client]:
    """Yield a tab of somebody, who says their name in the query."""
    answer = await ask(f"{url}/rooms/negotiate?negotiateVersion=1&name={name}", "POST")
    headers = {"Authorization": f"Bearer {answer['accessToken']}"}
    async with connect(websocket_url(answer), additional_headers=headers) as socket:
        client = Client(socket)
        await client.handshake()
        yield client


async def test_a_room_knows_its_people_also_with_two_tabs_and_after_they_have_left() -> None:
    async with serving(presence.app) as url, tab(url, "ann") as ann:
        await ann.send(Invocation("enter", ("lobby",)))
        assert await ann.call_of("present") == ["lobby", ["ann"]]
        async with tab(url, "ben") as ben:
            await ben.send(Invocation("enter", ("lobby",)))
            assert await ann.call_of("present") == ["lobby", ["ann", "ben"]]
            async with tab(url, "ben") as second:
                await second.invoke("enter", "lobby")
                assert await ann.call_of("present") == ["lobby", ["ann", "ben"]]
            assert await ann.call_of("present") == ["lobby", ["ann", "ben"]]  # with the first tab still open
            await ben.invoke("leave", "lobby")
            assert await ann.call_of("present") == ["lobby", ["ann"]]
        await ann.invoke("leave", "lobby")
    assert presence.rooms == {}


async def test_the_service_knows_who_is_connected_and_which_connections_are_in_a_room() -> None:
    async with serving(presence.app) as url, tab(url, "ann") as ann:
        await ann.invoke("enter", "lobby")
        assert await ask(f"{url}/rooms/lobby") == list(presence.rooms["lobby"])
        assert (await ask(f"{url}/users/ann/online"), await ask(f"{url}/users/ben/online")) == (True, False)
