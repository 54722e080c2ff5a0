"""With a connection string in the environment, clients go to that service, and events come from there."""

import json
from collections.abc import AsyncGenerator, Callable

import pytest
import pytest_asyncio
from jose import jwt

from serverless_hub import EmbeddedService, HubRouter, Negotiation, ServerlessHub
from tests.routing.caller import KEY, Caller, both_ways, calling, headers, message, sign

pytestmark = pytest.mark.asyncio(loop_scope="module")

AZURE_KEY = "the access key of a service on Azure"
EMBEDDED_KEY = KEY
ENDPOINT = "https://name.service.signalr.net"


class Chat(ServerlessHub):
    async def echo(self, text: str) -> str:
        return text


async def ann() -> Negotiation:
    return Negotiation(user_id="ann")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def caller(request: pytest.FixtureRequest) -> AsyncGenerator[Caller]:
    router = HubRouter(Chat, negotiate=ann, default_service=EmbeddedService(access_key=EMBEDDED_KEY))
    with pytest.MonkeyPatch.context() as environment:
        setting = f"Endpoint={ENDPOINT};AccessKey={AZURE_KEY};Version=1.0;"
        environment.setenv("AzureSignalRConnectionString", setting)
        async with calling(router, installed=request.param) as caller:
            yield caller


def signed(target: str, key: str) -> list[tuple[str, str]]:
    return [*headers(target)[:-1], ("X-ASRS-Signature", sign("c1", key))]


@both_ways
@pytest.mark.parametrize("host", ["localhost", "example.com"])
async def test_negotiate_sends_clients_there_with_a_token_for_it(caller: Caller, host: str) -> None:
    answer = await caller.post([("Host", host)], path="/chat/negotiate")
    found = json.loads(answer.body)
    assert found["url"] == f"{ENDPOINT}/client/?hub=chat"
    claims = jwt.decode(found["accessToken"], AZURE_KEY, ["HS256"], audience=found["url"])
    assert claims["asrs.s.uid"] == "ann"


@both_ways
async def test_events_are_those_that_its_key_has_signed(caller: Caller) -> None:
    answer = await caller.post(signed("echo", AZURE_KEY), message("echo", "hi"))
    assert answer.completion["result"] == "hi"
    assert (await caller.post(signed("echo", EMBEDDED_KEY), message("echo", "hi"))).status == 401


@both_ways
async def test_the_embedded_service_lets_nobody_in_meanwhile(caller: Caller, problems: Callable[[], list[str]]) -> None:
    token = json.loads((await caller.post([], path="/chat/negotiate")).body)["accessToken"]
    authorization = [("Authorization", f"Bearer {token}")]
    assert (await caller.post(authorization, path="/_signalr/client/negotiate?hub=chat")).status == 404
    assert token not in " ".join(problems())


async def test_clients_may_have_an_endpoint_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = f"Endpoint={ENDPOINT};AccessKey={AZURE_KEY};ClientEndpoint=https://chat.example.com/x/;"
    monkeypatch.setenv("AzureSignalRConnectionString", setting)
    async with calling(HubRouter(Chat)) as caller:
        found = json.loads((await caller.post([], path="/chat/negotiate")).body)
        assert found["url"] == "https://chat.example.com/x/client/?hub=chat"
        assert (await caller.post([], path="/_signalr/client/negotiate?hub=chat")).status == 404
