"""The REST API wherever the service is: below a prefix, a mount, a proxy, or alone."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub, ServiceSettings
from serverless_hub.clock import SystemClock
from serverless_hub.http_client import HttpClient
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.service.app import ServiceApp
from serverless_hub.service.asgi import App, Receive, Scope, Send
from serverless_hub.service.service import SignalRService
from tests.service.rest_client import RestClient, rest_client
from tests.support.client import Client, websocket_url
from tests.support.server import serving

KEY = "an-access-key-of-some-length"


class Chat(ServerlessHub):
    pass


def app_with(prefix: str = "", path: str = "/_signalr") -> FastAPI:
    app = FastAPI()
    HubRouter(Chat, prefix=prefix, default_service=EmbeddedService(access_key=KEY, path=path)).install(app)
    return app


def behind_a_proxy(app: FastAPI) -> App:
    """Serve `app` as behind a proxy that takes `/left/out` off and says so."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "root_path": "/left/out"}, receive, send)

    return served


def mounted() -> FastAPI:
    """Mount an app and enter its lifespan."""
    inner = app_with()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with inner.router.lifespan_context(inner):
            yield

    outer = FastAPI(lifespan=lifespan)
    outer.mount("/inner", inner)
    return outer


async def check(rest: RestClient) -> None:
    assert (await rest.request("HEAD", "/health", token=None)).status == 200
    assert (await rest.request("PUT", "/hubs/chat/users/a%2Fb/groups/g%2Fh")).status == 200
    assert (await rest.request("HEAD", "/hubs/chat/users/a%2Fb/groups/g%2Fh")).status == 200
    assert (await rest.request("HEAD", "/hubs/chat/users/a/groups/h")).code == "Info.User.NotInGroup"
    assert (await rest.request("HEAD", "/hubs/chat")).status == 404
    assert (
        await rest.request("HEAD", "/hubs/chat/users/a", token=rest.token("http://x/hubs/chat/users/a"))
    ).status == 401


@pytest.mark.parametrize(
    ("app", "path"),
    [
        (app_with(), "/_signalr"),
        (app_with("/rt/api/v1"), "/rt/api/v1/_signalr"),
        (app_with(path="/hubs/api"), "/hubs/api"),
        (behind_a_proxy(app_with()), "/_signalr"),
        (mounted(), "/inner/_signalr"),
    ],
    ids=["app", "prefix", "path", "proxy", "mount"],
)
async def test_the_api_is_below_the_service_s_own_path(app: App, path: str) -> None:
    async with serving(app) as url, rest_client(f"{url}{path}", KEY) as rest:
        await check(rest)


async def test_the_api_is_there_under_a_root_path_of_the_server() -> None:
    async with serving(app_with(), root_path="/base") as url, rest_client(f"{url}/_signalr", KEY) as rest:
        await check(rest)


@asynccontextmanager
async def client(rest: RestClient) -> AsyncGenerator[None]:
    """Connect to the service without a negotiate."""
    token = (await rest.request("POST", "/hubs/chat/:generateToken")).json["token"]
    url = websocket_url({"url": f"{rest.url}/client/?hub=chat"})
    async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        assert await Client(socket).handshake() == {}
        yield


async def test_links_lead_through_the_proxy_that_the_caller_came_through() -> None:
    app = behind_a_proxy(app_with())
    async with serving(app) as url, rest_client(f"{url}/_signalr", KEY) as rest, client(rest), client(rest):
        join = [{"type": "JoinGroup", "group": "g"}]
        assert (await rest.request("POST", "/hubs/chat/:execute", body=join)).status == 202
        page = (await rest.request("GET", "/hubs/chat/groups/g/connections", "maxpagesize=1")).json
        assert page["nextLink"].startswith(f"{url}/left/out/_signalr/api/hubs/chat/groups/g/connections?maxpagesize=1&")


async def test_a_service_without_an_app_has_the_api_at_its_root() -> None:
    service = SignalRService([KEY], ServiceSettings(), SystemClock(), CorsPolicy([], allow_loopback=True))

    app = ServiceApp(service, HttpClient(), lambda: None)
    async with serving(app) as url, rest_client(url, KEY) as rest:
        await check(rest)
