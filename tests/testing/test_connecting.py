"""How clients get in: through the app's negotiate, or as whom the test says; to which hub and service."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Header, HTTPException, Request

from serverless_hub import (
    ConfigurationError,
    ConnectionRejected,
    EmbeddedService,
    EntraAuthentication,
    HubRouter,
    Negotiation,
    ServerlessHub,
    ServiceSettings,
)
from serverless_hub.testing import ConnectError, ExpectationError, HubTestClient
from serverless_hub.testing.lines import Transport
from tests.testing.apps import Chat, chat_app

GUID = "01234567-89ab-cdef-0123-456789abcdef"
AZURE = "Endpoint=https://example.service.signalr.net;AccessKey=a-key-of-an-azure-service-somewhere;Version=1.0;"


async def login(user: Annotated[str, Header()], role: str = "guest") -> Negotiation:
    if user == "mallory":
        raise HTTPException(401, "who are you?")
    if user == "trudy":
        raise ConnectionRejected("go away")
    return Negotiation(user_id=user, claims={"role": role})


async def test_the_app_says_who_comes_with_headers_and_a_query() -> None:
    async with HubTestClient(chat_app(negotiate=login)) as hub:
        ann = await hub.connect(headers={"user": "ann"}, params={"role": "admin"})
        assert await ann.invoke("who") == ["ann", {"role": "admin"}]


async def test_the_app_may_refuse() -> None:
    async with HubTestClient(chat_app(negotiate=login)) as hub:
        with pytest.raises(ConnectError, match=r"answered 401.*who are you") as caught:
            await hub.connect(headers={"user": "mallory"})
        assert caught.value.status == 401
        with pytest.raises(ConnectError, match="go away"):
            await hub.connect(headers={"user": "trudy"})


async def test_an_app_that_does_not_answer_negotiate_is_not_waited_for() -> None:
    async def never() -> Negotiation:
        await asyncio.Event().wait()
        return Negotiation()

    async with HubTestClient(chat_app(negotiate=never), timeout=0.3) as hub:
        with pytest.raises(ExpectationError, match=r"client 1 is not connected within 0.3 s"):
            await hub.connect()


async def test_the_test_says_who_comes_and_that_is_proven() -> None:
    async with HubTestClient(chat_app(negotiate=login)) as hub:
        ann = await hub.connect(user_id="ann", claims={"roles": ["a", "b"]})
        assert await ann.invoke("who") == ["ann", {"roles": ["a", "b"]}]
        nobody = await hub.connect(claims={"age": 7})
        assert await nobody.invoke("who") == [None, {"age": 7}]
        with pytest.raises(TypeError, match="leave out who the client is"):
            await hub.connect(user_id="ann", headers={"user": "ann"})


async def test_a_host_that_the_service_does_not_know_is_refused() -> None:
    service = EmbeddedService(allowed_hosts=["chat.example.com"])
    app = chat_app(default_service=service)
    async with HubTestClient(app) as hub:
        with pytest.raises(ConnectError, match="host name is not allowed") as caught:
            await hub.connect(user_id="ann")
        assert caught.value.status == 400
    async with HubTestClient(app, base_url="https://chat.example.com/") as hub:
        ann = await hub.connect(transport="websockets")
        assert await ann.invoke("echo", 1) == 1


@pytest.mark.parametrize("transport", ["websockets", "sse", "long-polling"])
async def test_a_transport_that_the_service_does_not_have_is_refused(transport: Transport) -> None:
    names: dict[str, Any] = {"websockets": "LongPolling", "sse": "WebSockets", "long-polling": "ServerSentEvents"}
    service = EmbeddedService(settings=ServiceSettings(transports=[names[transport]]))
    async with HubTestClient(chat_app(default_service=service)) as hub:
        with pytest.raises(ConnectError, match="404") as caught:
            await hub.connect(transport=transport)
        assert caught.value.status == 404


async def test_a_client_cannot_do_what_none_can() -> None:
    async with HubTestClient(chat_app()) as hub:
        with pytest.raises(ValueError, match="carry text"):
            await hub.connect(transport="sse", protocol="messagepack")
        with pytest.raises(ValueError, match="must be one of websockets, sse, long-polling"):
            await hub.connect(transport="pigeons")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - that is the case


async def test_a_token_that_has_expired_does_not_get_in() -> None:
    async with HubTestClient(chat_app()) as hub:
        await hub.clock.advance(-3600 * 24)
        with pytest.raises(ConnectError, match="the service's negotiate answered 401"):
            await hub.connect(negotiation=Negotiation(lifetime=timedelta(microseconds=1)))


@pytest.mark.requirement("testing.azure")
async def test_an_app_that_is_set_up_for_azure_works_with_an_embedded_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureSignalRConnectionString", AZURE)
    entra = EntraAuthentication(tenant_id=GUID, audience="api://chat", callers=GUID)
    for app in (chat_app(default_service=None, entra=entra, upstream_code="a-code-of-some-length"), chat_app()):
        async with HubTestClient(app) as hub:
            ann = await hub.connect(user_id="ann")
            assert await ann.invoke("say", {"text": "hi"}) == 2
            assert await ann.receive("said") == ["ann", {"text": "hi"}]


async def test_each_test_has_a_service_of_its_own() -> None:
    service = EmbeddedService(access_key="a-key-that-stays-the-same", settings=ServiceSettings(max_groups_per_user=1))
    app = chat_app(default_service=service)
    for _ in range(2):
        async with HubTestClient(app, Chat) as hub:
            ann = await hub.connect(user_id="ann")
            await ann.invoke("tell", "club", "hi")
            await ann.expect_nothing("told")
            await ann.invoke("join", "club", 60)
            await ann.invoke("tell", "club", "hi")
            await ann.receive("told")


async def test_an_app_with_middleware_in_front_of_events_works_too() -> None:
    app, seen = FastAPI(), list[str]()
    app.include_router(HubRouter(Chat, default_service=EmbeddedService()))

    @app.middleware("http")
    async def count(request: Request, call_next: Any) -> Any:
        seen.append(request.url.path)
        return await call_next(request)

    async with HubTestClient(app) as hub:
        ann = await hub.connect()
        assert await ann.invoke("echo", 1) == 1
    assert seen == ["/chat/negotiate", *["/runtime/webhooks/signalr"] * 3]


class News(ServerlessHub):
    async def state(self, *, request: Request) -> str:
        text: str = request.state.text
        return text


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[dict[str, str]]:
    app.state.running = True
    yield {"text": "from the lifespan"}
    app.state.running = False


def two_hubs() -> FastAPI:
    """Return an app with two routers and three hubs, two classes and a function, on one service."""
    app, service = FastAPI(lifespan=lifespan), EmbeddedService()
    HubRouter(Chat, default_service=service).install(app)
    other = HubRouter(News, default_service=service, prefix="/more", application="app")

    @other.trigger(hub="plain", event="double", parameter_names=["number"])
    async def double(number: int) -> int:
        return 2 * number

    other.install(app)

    @app.post("/twice")
    async def twice(text: str, request: Request) -> dict[str, Any]:
        return {"text": text * 2, "state": request.state.text, "body": (await request.body()).decode()}

    return app


async def test_clients_reach_every_hub_of_an_app() -> None:
    app = two_hubs()
    async with HubTestClient(app, Chat) as hub:
        ann = await hub.connect(user_id="ann")
        assert await ann.invoke("echo", 1) == 1
        ben = await hub.connect(hub=News)
        assert await ben.invoke("state") == "from the lifespan"
        cas = await hub.connect(hub="Plain", user_id="cas")
        assert await cas.invoke("double", 4) == 8
        assert app.state.running
    assert not app.state.running


async def test_which_hub_is_meant_has_to_be_clear() -> None:
    async with HubTestClient(two_hubs()) as hub:
        with pytest.raises(ConfigurationError, match=r"there is not one hub .*chat, app_news, app_plain"):
            await hub.connect()
        with pytest.raises(ConfigurationError, match="there is no hub 'Other'"):
            await hub.connect(hub="Other")
    async with HubTestClient(FastAPI()) as hub:
        with pytest.raises(ConfigurationError, match="started with: none"):
            await hub.connect(hub=Chat)


async def test_requests_reach_the_rest_of_the_app() -> None:
    async with HubTestClient(two_hubs()) as hub:
        reply = await hub.request("POST", "/twice?text=ab", content={"a": 1}, headers={"x": "y"})
        assert reply.json() == {"text": "abab", "state": "from the lifespan", "body": '{"a": 1}'}
        assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
        assert (await hub.request("GET", "/nowhere")).status == 404
