"""Which service a router works with."""

from typing import Any

import pytest
from fastapi import FastAPI
from jose import jwt

from serverless_hub import ConfigurationError, EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.management.settings import read_endpoints
from serverless_hub.protocol.endpoint import Credential, parse_connection_string
from tests.conformance.upstream import KEY, Upstream, call, running, sign

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


@pytest.mark.requirement("settings.connection-string.auth-type")
@pytest.mark.parametrize(
    ("properties", "credential"),
    [
        ("azure", Credential(kind="default")),
        ("azure.msi;ClientId=a", Credential(kind="managed_identity", client_id="a")),
        (
            "azure.app;ClientId=a;TenantId=b;ClientSecret=c",
            Credential(kind="application", client_id="a", tenant_id="b", client_secret="c"),
        ),
    ],
)
def test_an_auth_type_names_an_identity_in_place_of_a_key(properties: str, credential: Credential) -> None:
    endpoint = parse_connection_string(f"Endpoint=https://a.service.signalr.net;AuthType={properties}")
    assert (endpoint.credential, endpoint.access_key) == (credential, None)


@pytest.mark.requirement("settings.precedence")
def test_a_connection_string_counts_before_an_identity_and_the_section_before_the_name() -> None:
    settings = {
        "K__serviceUri": "https://third.example.com",
        "K": f"Endpoint=https://second.example.com;AccessKey={KEY}",
        "ConnectionStrings__K": f"Endpoint=https://first.example.com;AccessKey={KEY}",
    }
    for first in ("first", "second", "third"):
        colons = {name.replace("__", ":"): value for name, value in settings.items()}
        for environ in (settings, colons):
            assert [endpoint.url for endpoint in read_endpoints("K", environ)] == [f"https://{first}.example.com"]
        settings.popitem()
    assert read_endpoints("K", {}) == []


@pytest.mark.requirement("settings.identity")
@pytest.mark.parametrize(
    ("more", "credential"),
    [
        ({}, Credential(kind="default")),
        ({"credential": "managedidentity", "clientId": "a"}, Credential(kind="managed_identity", client_id="a")),
        (
            {"tenantId": "b", "clientId": "a", "clientSecret": "c"},
            Credential(kind="application", client_id="a", tenant_id="b", client_secret="c"),
        ),
    ],
)
def test_a_section_names_a_service_and_an_identity(more: dict[str, str], credential: Credential) -> None:
    section = {"serviceUri": "https://a.example.com", "clientEndpoint": "https://c.example.com", **more}
    (endpoint,) = read_endpoints("K", {f"K__{name}": value for name, value in section.items()})
    assert (endpoint.url, endpoint.client_url) == ("https://a.example.com", "https://c.example.com")
    assert (endpoint.credential, endpoint.access_key) == (credential, None)


@pytest.mark.requirement("settings.reload")
async def test_a_new_access_key_counts_after_a_reload(environment: pytest.MonkeyPatch) -> None:
    environment.setenv(NAME, CONNECTION_STRING)
    router = HubRouter(Chat)
    async with running(router) as upstream:

        async def status(key: str) -> int:
            return (await upstream.post("echo", call("echo", "x"), x_asrs_signature=sign("c1", key))).status

        environment.setenv(NAME, CONNECTION_STRING.replace(AZURES_KEY, KEY))
        assert [await status(key) for key in (AZURES_KEY, KEY)] == [200, 401]
        router.reload()
        assert [await status(key) for key in (AZURES_KEY, KEY)] == [401, 200]


@pytest.mark.requirement("class-model.connection")
async def test_a_hub_class_and_its_subclasses_name_the_setting_of_their_service(
    environment: pytest.MonkeyPatch,
) -> None:
    class News(ServerlessHub, connection="NewsConnection"): ...

    class Local(News): ...

    environment.setenv(NAME, CONNECTION_STRING)
    environment.setenv("NewsConnection", f"Endpoint=https://news.service.signalr.net;AccessKey={KEY};")
    async with running(HubRouter(Chat, News, Local)) as upstream:
        for hub, host in (("chat", "app"), ("news", "news"), ("local", "news")):
            answer = (await upstream.request("POST", f"/{hub}/negotiate", [])).json
            assert answer["url"] == f"https://{host}.service.signalr.net/client/?hub={hub}"
