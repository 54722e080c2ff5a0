"""Azure's bindings for several endpoints: which there are, connection infos for each, and outputs to some of them."""

import json
from typing import Annotated, Any

import aiohttp
import pytest
from fastapi import Depends, FastAPI, Request

from serverless_hub import ConfigurationError, EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.bindings import (
    SignalREndpoint,
    SignalRGroupAction,
    SignalRMessage,
    SignalRNegotiation,
    SignalROutput,
)
from serverless_hub.errors import InvalidArgumentError
from serverless_hub.protocol.tokens import unverified_claims
from tests.support.client import Client
from tests.support.recording import RecordingSender
from tests.support.server import serving
from tests.support.services import KEY, client_of, service

SETTING = "AzureSignalRConnectionString"
EAST = "Azure__SignalR__Endpoints__east"
WEST = "Azure__SignalR__Endpoints__west__secondary"


class Chat(ServerlessHub):
    async def my_id(self) -> str:
        return self.context.connection_id


def text_of(url: str) -> str:
    return f"Endpoint={url};AccessKey={KEY};Version=1.0;"


def app_of(**options: Any) -> FastAPI:
    """Return an app that shows what the bindings provide, and sends what it is asked to."""
    router, app = HubRouter(Chat, **options), FastAPI()

    @app.post("/negotiation")
    async def negotiation(
        found: Annotated[SignalRNegotiation, Depends(router.negotiation("chat", user_id="{headers.name}"))],
    ) -> SignalRNegotiation:
        return found

    @app.post("/anonymous")
    async def anonymous(
        found: Annotated[SignalRNegotiation, Depends(router.negotiation("chat"))],
    ) -> SignalRNegotiation:
        return found

    @app.post("/endpoints")
    async def endpoints(
        found: Annotated[list[SignalREndpoint], Depends(router.endpoints("{query.hub}"))],
    ) -> list[SignalREndpoint]:
        return found

    @app.post("/output")
    async def output(request: Request, out: Annotated[SignalROutput, Depends(router.output("chat"))]) -> str | None:
        try:
            await out.add(await request.json())
        except InvalidArgumentError as error:
            return str(error)
        return None

    router.install(app)
    return app


async def post(url: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.post(url, data=json.dumps(body), headers=headers) as answer:
        return answer.status, await answer.json()


def two(
    monkeypatch: pytest.MonkeyPatch, east: str = "https://east.example", west: str = "https://west.example"
) -> None:
    monkeypatch.setenv(EAST, text_of(east))
    monkeypatch.setenv(WEST, text_of(west))


@pytest.mark.requirement("endpoint-bindings.endpoints")
async def test_endpoints_have_the_keys_that_azures_json_has(monkeypatch: pytest.MonkeyPatch) -> None:
    two(monkeypatch)
    async with serving(app_of()) as url:
        assert await post(f"{url}/endpoints?hub=chat") == (
            200,
            [
                {"endpointType": "Primary", "name": "east", "endpoint": "https://east.example", "online": True},
                {"endpointType": "Secondary", "name": "west", "endpoint": "https://west.example", "online": True},
            ],
        )


@pytest.mark.requirement("endpoint-bindings.negotiation")
async def test_a_negotiation_has_all_endpoints_with_a_connection_info_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two(monkeypatch)
    async with serving(app_of()) as url:
        _, found = await post(f"{url}/negotiation", name="ann")
        infos = [endpoint.pop("connectionInfo") for endpoint in found["endpoints"]]
        assert found == {"endpoints": (await post(f"{url}/endpoints?hub=chat"))[1]}
        assert [info["url"] for info in infos] == [
            "https://east.example/client/?hub=chat",
            "https://west.example/client/?hub=chat",
        ]
        for info in infos:
            claims = unverified_claims(info["accessToken"])
            assert (claims["aud"], claims["asrs.s.uid"]) == (info["url"], "ann")
        _, found = await post(f"{url}/anonymous")
        assert "asrs.s.uid" not in unverified_claims(found["endpoints"][0]["connectionInfo"]["accessToken"])


@pytest.mark.requirement("endpoint-bindings.embedded")
async def test_a_service_in_this_process_is_one_endpoint() -> None:
    async with serving(app_of(default_service=EmbeddedService(access_key=KEY))) as url:
        expected = {"endpointType": "Primary", "name": "", "endpoint": f"{url}/_signalr", "online": True}
        assert await post(f"{url}/endpoints?hub=chat") == (200, [expected])
        _, found = await post(f"{url}/negotiation", name="ann")
        (endpoint,) = SignalRNegotiation.model_validate(found).endpoints
        async with client_of(endpoint.connection_info) as client:
            item = {"target": "heard", "arguments": ["hi"], "endpoints": found["endpoints"]}
            assert await post(f"{url}/output", item) == (200, None)
            assert await client.call_of("heard") == ["hi"]


@pytest.mark.parametrize("name", ["", "a\tb"])
async def test_a_user_id_that_cannot_be_one_is_400_and_none_is_anonymous(name: str) -> None:
    async with serving(app_of(default_service=EmbeddedService(access_key=KEY))) as url:
        assert (await post(f"{url}/negotiation", name=name))[0] == (400 if name else 200)
        assert (await post(f"{url}/negotiation"))[0] == 400


async def test_a_host_that_is_not_allowed_learns_nothing() -> None:
    async with serving(app_of(default_service=EmbeddedService(access_key=KEY))) as url:
        for path in ("negotiation", "endpoints?hub=chat"):
            assert (await post(f"{url}/{path}", name="ann", Host="evil.example"))[0] == 400


async def heard(*clients: Client) -> list[list[Any]]:
    return [await client.call_of("heard") for client in clients]


@pytest.mark.requirement("endpoint-bindings.output")
async def test_an_output_goes_to_the_endpoints_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    async with service() as east, service() as west:
        two(monkeypatch, east, west)
        async with serving(app_of()) as url:
            _, found = await post(f"{url}/negotiation", name="ann")
            one, other = SignalRNegotiation.model_validate(found).endpoints
            async with client_of(one.connection_info) as first, client_of(other.connection_info) as second:

                async def send(text: str, endpoints: list[Any] | None) -> None:
                    item = {"target": "heard", "arguments": [text], "endpoints": endpoints}
                    assert await post(f"{url}/output", item) == (200, None)

                await send("to both", None)
                await send("to none", [])
                await send("to the first", [found["endpoints"][0] | {"online": False}])
                await send("to the second", [other.model_dump(mode="json", include=set(SignalREndpoint.model_fields))])
                await send("to each", found["endpoints"])
                assert [await heard(first) for _ in range(3)] == [[["to both"]], [["to the first"]], [["to each"]]]
                assert [await heard(second) for _ in range(3)] == [[["to both"]], [["to the second"]], [["to each"]]]


@pytest.mark.requirement("endpoint-bindings.output")
@pytest.mark.parametrize(
    "change", [{"name": "north"}, {"endpoint": "https://evil.example"}, {"endpointType": "Secondary"}]
)
async def test_an_output_for_an_endpoint_that_the_hub_does_not_have_is_refused(
    change: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    two(monkeypatch)
    async with serving(app_of()) as url:
        _, (east, _) = await post(f"{url}/endpoints?hub=chat")
        _, answer = await post(f"{url}/output", {"target": "heard", "endpoints": [east | change]})
        assert "which this hub does not have" in answer


async def test_an_output_that_was_made_by_hand_takes_no_endpoints() -> None:
    sender = RecordingSender()
    output = SignalROutput(sender)
    endpoint = SignalREndpoint(endpoint="https://east.example")
    with pytest.raises(InvalidArgumentError, match="made by hand"):
        await output.add(SignalRMessage(target="heard", endpoints=[endpoint]))
    await output.add(SignalRGroupAction(action="remove_all", user_id="ann", endpoints=[]))
    assert (sender.sent, sender.steps) == ([], [])


def test_expressions_and_settings_are_checked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    router = HubRouter(Chat)
    for binding in (router.negotiation, router.endpoints):
        with pytest.raises(ConfigurationError):
            binding("%NoSuchSetting%")
    with pytest.raises(ConfigurationError):
        router.negotiation("chat", user_id="{")
