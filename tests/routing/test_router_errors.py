"""What cannot work is said when a router is made, installed or started."""

from typing import Any

import aiohttp
import pytest
from fastapi import Depends, FastAPI, HTTPException
from starlette.middleware.gzip import GZipMiddleware

from serverless_hub import (
    ConfigurationError,
    EmbeddedService,
    HubDefinitionError,
    HubRouter,
    Negotiation,
    ServerlessHub,
)
from tests.support.server import serving

SETTING = "AzureSignalRConnectionString"


class Chat(ServerlessHub): ...


class News(ServerlessHub): ...


class Shout(ServerlessHub, hub="CHAT"): ...


async def start(router: HubRouter) -> None:
    """Run the lifespan of an app with `router`, as a server would."""
    app = FastAPI()
    router.install(app)
    async with app.router.lifespan_context(app):
        pass


async def test_a_router_needs_a_hub() -> None:
    with pytest.raises(ConfigurationError, match=r"the HubRouter has no hub: say HubRouter\(Chat\)"):
        await start(HubRouter(default_service=EmbeddedService()))


@pytest.mark.parametrize("hubs", [(Chat, Chat), (Chat, News, Shout)])
def test_two_hubs_of_one_name_are_refused_whatever_its_case(hubs: tuple[type[ServerlessHub], ...]) -> None:
    with pytest.raises(HubDefinitionError, match=r"two hubs are called '\w+', since case does not count: name one"):
        HubRouter(*hubs)


def test_two_routers_on_one_prefix_are_refused_at_install() -> None:
    app = FastAPI()
    HubRouter(Chat, prefix="/v1").install(app)
    with pytest.raises(ConfigurationError, match=r"another HubRouter is installed below the prefix '/v1': give all"):
        HubRouter(News, prefix="/v1").install(app)


def test_a_router_that_was_refused_leaves_no_route_behind() -> None:
    app = FastAPI()
    router = HubRouter(Chat)
    router.install(app)
    before = len(app.routes)
    with pytest.raises(ConfigurationError):
        router.install(app)
    assert len(app.routes) == before


def test_other_middleware_and_other_prefixes_are_no_reason_to_refuse() -> None:
    app = FastAPI()

    app.add_middleware(GZipMiddleware)
    HubRouter(Chat).install(app)
    HubRouter(News, prefix="/v1").install(app)
    HubRouter(Chat).install(FastAPI())


async def test_without_any_service_an_app_does_not_start() -> None:
    with pytest.raises(ConfigurationError, match=f"there is no SignalR service: set {SETTING}, or say"):
        await start(HubRouter(Chat))


@pytest.mark.parametrize(
    ("connection_string", "reason"),
    [
        ("", f"{SETTING} is blank: set it, or remove it"),
        ("  ", f"{SETTING} is blank"),
        (";", "the connection string lacks Endpoint"),
        ("https://x.service.signalr.net", "a part of the connection string has no '='"),
        ("Endpoint=https://x.service.signalr.net", "the connection string lacks AccessKey"),
        ("Endpoint=https://x.service.signalr.net;AccessKey=;", "AccessKey of the connection string is blank"),
        ("AccessKey=secret;Version=1.0;", "the connection string lacks Endpoint"),
        (
            "Endpoint=x.service.signalr.net;AccessKey=secret;",
            r"Endpoint of the connection string is not an http\(s\) URL",
        ),
        ("Endpoint=https://x;AccessKey=secret;Version=2.0;", "Version of the connection string is not supported"),
        ("Endpoint=https://x;AccessKey=secret;AuthType=azure.msi;", "cannot sign its events"),
        ("Endpoint=https://x;AccessKey=secret;accesskey=secret;", "AccessKey of the connection string is there twice"),
    ],
)
async def test_a_connection_string_that_is_no_good_is_an_error_and_no_fallback(
    monkeypatch: pytest.MonkeyPatch, connection_string: str, reason: str
) -> None:
    monkeypatch.setenv(SETTING, connection_string)
    with pytest.raises(ConfigurationError, match=reason) as raised:
        await start(HubRouter(Chat, default_service=EmbeddedService()))
    assert "secret" not in str(raised.value)


async def test_falling_back_to_the_embedded_service_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    await start(HubRouter(Chat, default_service=EmbeddedService()))
    assert caplog.messages == [f"{SETTING} is not set: using the embedded SignalR service"]


async def test_an_app_can_be_started_again() -> None:
    router = HubRouter(Chat, default_service=EmbeddedService())
    await start(router)
    await start(router)


def test_a_prefix_with_parameters_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"prefix='/\{tenant\}' must not have parameters"):
        HubRouter(Chat, prefix="/{tenant}")


@pytest.mark.parametrize("hub", [object, Chat(), [Chat], ServerlessHub, "chat"])
def test_what_is_no_hub_class_is_refused(hub: Any) -> None:
    with pytest.raises(HubDefinitionError, match="takes subclasses of ServerlessHub, one after the other"):
        HubRouter(hub)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"default_service": EmbeddedService}, r"write EmbeddedService\(\)"),
        ({"allowed_origins": "https://www.example.com"}, r"allowed_origins=\['https://www.example.com'\]"),
        ({"prefix": "live"}, "must begin with a slash and not end with one"),
        ({"prefix": "/live/"}, "must begin with a slash and not end with one"),
    ],
)
def test_an_option_of_the_wrong_kind_is_refused_with_the_right_one(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        HubRouter(Chat, **options)


async def test_the_dependency_of_negotiate_may_be_given_as_fastapi_takes_it_elsewhere() -> None:
    async def who() -> Negotiation:
        raise HTTPException(403)

    app = FastAPI()
    HubRouter(Chat, negotiate=Depends(who), default_service=EmbeddedService()).install(app)
    async with (
        serving(app) as url,
        aiohttp.ClientSession() as session,
        session.post(f"{url}/chat/negotiate") as response,
    ):
        assert response.status == 403
