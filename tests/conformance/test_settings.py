"""Which service a router works with."""

from typing import Any

import pytest
from fastapi import FastAPI
from jose import jwt

from serverless_hub import ConfigurationError, EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.protocol.endpoint import parse_connection_string
from tests.conformance.upstream import KEY, Upstream, call, sign

NAME = "AzureSignalRConnectionString"
AZURES_KEY = "another key than that of the tests"
CONNECTION_STRING = f"Endpoint=https://app.service.signalr.net;AccessKey={AZURES_KEY};Version=1.0;"


class Chat(ServerlessHub):
    async def echo(self, text: str) -> str:
        return text


def app_with(service: EmbeddedService | None = None) -> FastAPI:
    app = FastAPI()
    HubRouter(Chat, default_service=service).install(app)
    return app


async def negotiated(app: FastAPI) -> dict[str, Any]:
    answer: dict[str, Any] = (await Upstream(app).request("POST", "/chat/negotiate", [])).json
    return answer


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv(NAME, raising=False)
    return monkeypatch


@pytest.mark.requirement("settings.name")
async def test_the_connection_string_stands_in_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv(NAME, CONNECTION_STRING)
    app = app_with()
    async with app.router.lifespan_context(app):
        answer = await negotiated(app)
        assert answer["url"] == "https://app.service.signalr.net/client/?hub=chat"
        jwt.decode(answer["accessToken"], AZURES_KEY, algorithms=["HS256"], audience=answer["url"])
        answered = await Upstream(app).invoke("echo", "x", x_asrs_signature=sign("c1", AZURES_KEY))
        assert answered == {"result": "x"}


@pytest.mark.requirement("settings.missing")
async def test_without_any_service_the_app_does_not_start(environment: pytest.MonkeyPatch) -> None:
    del environment
    app = app_with()
    with pytest.raises(ConfigurationError, match=f"there is no SignalR service: set {NAME}"):
        async with app.router.lifespan_context(app):
            pass


@pytest.mark.requirement("settings.blank")
@pytest.mark.parametrize("text", ["", "  "])
async def test_a_blank_connection_string_is_no_fallback(environment: pytest.MonkeyPatch, text: str) -> None:
    environment.setenv(NAME, text)
    app = app_with(EmbeddedService())
    with pytest.raises(ConfigurationError, match="blank"):
        async with app.router.lifespan_context(app):
            pass


@pytest.mark.requirement("settings.configuration-wins")
async def test_the_environment_wins_over_the_code(environment: pytest.MonkeyPatch) -> None:
    environment.setenv(NAME, CONNECTION_STRING)
    app = app_with(EmbeddedService(access_key=KEY))
    async with app.router.lifespan_context(app):
        assert (await negotiated(app))["url"].startswith("https://app.service.signalr.net/")
        assert (await Upstream(app).post("echo", call("echo", "x"))).status == 401


@pytest.mark.requirement("settings.configuration-wins")
async def test_falling_back_to_the_code_is_a_warning(
    environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    del environment
    app = app_with(EmbeddedService(access_key=KEY))
    async with app.router.lifespan_context(app):
        assert (await negotiated(app))["url"].startswith("http://localhost/_signalr/")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert NAME in caplog.text


@pytest.mark.requirement("settings.connection-string.grammar")
@pytest.mark.parametrize(
    "text",
    [
        f"AccessKey={KEY}",
        "Endpoint=http://a",
        f"Endpoint=http://a;AccessKey={KEY};ACCESSKEY={KEY}",
        f"Endpoint=a;AccessKey={KEY}",
        f"Endpoint=http://a;AccessKey={KEY};Port=65536",
        f"Endpoint=http://a;AccessKey={KEY};Version=2.0",
        f"Endpoint=http://a;{KEY}",
    ],
)
async def test_a_connection_string_that_is_wrong_keeps_the_app_from_starting_and_its_key_secret(
    environment: pytest.MonkeyPatch, text: str
) -> None:
    environment.setenv(NAME, text)
    app = app_with()
    with pytest.raises(ConfigurationError) as error:
        async with app.router.lifespan_context(app):
            pass
    assert KEY not in str(error.value)


@pytest.mark.requirement("settings.connection-string.endpoints")
async def test_clients_and_app_may_reach_the_service_in_different_places(environment: pytest.MonkeyPatch) -> None:
    text = f"{CONNECTION_STRING}ClientEndpoint=https://chat.example.com/;ServerEndpoint=http://inside:9000"
    environment.setenv(NAME, text)
    app = app_with()
    async with app.router.lifespan_context(app):
        assert (await negotiated(app))["url"] == "https://chat.example.com/client/?hub=chat"
    assert parse_connection_string(text).server_url == "http://inside:9000"
