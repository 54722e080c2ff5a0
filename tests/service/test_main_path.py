import asyncio
from typing import ClassVar

import pytest
from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from tests.support.client import connected
from tests.support.server import serving


class Chat(ServerlessHub):
    async def echo(self, text: str) -> str:
        return text


@pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
async def test_a_call_is_answered_with_the_result_of_its_method(protocol: HubProtocol) -> None:
    app = FastAPI()
    HubRouter(Chat, default_service=EmbeddedService()).install(app)
    async with serving(app) as url, connected(url, protocol=protocol) as client:
        assert client.result_of(await client.invoke("echo", "hä")) == "hä"


class Watched(ServerlessHub):
    ends: "ClassVar[asyncio.Queue[str | None]]" = asyncio.Queue()

    async def on_disconnected(self, error: str | None) -> None:
        self.ends.put_nowait(error)


async def test_an_app_can_tell_a_broken_line_from_a_client_that_left() -> None:
    app = FastAPI()
    HubRouter(Watched, default_service=EmbeddedService()).install(app)
    async with serving(app) as url, asyncio.timeout(10):
        async with connected(url, hub="watched"):
            pass
        assert await Watched.ends.get() is None
        async with connected(url, hub="watched") as client:
            client.socket.transport.abort()
            error = await Watched.ends.get()
            assert error is not None
            assert error.startswith("The connection was lost")
