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
