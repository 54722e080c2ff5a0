"""Prefixes, dependencies, several hubs, several routers: what a router is told holds for negotiate and for events."""

import json
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.protocol.messages import Invocation
from tests.routing.caller import KEY, WEBHOOK, Caller, calling
from tests.support.client import connected
from tests.support.server import serving

installed_or_not = pytest.mark.parametrize("installed", [True, False], ids=["installed", "included"])


class Chat(ServerlessHub):
    async def echo(self, text: str) -> str:
        return text

    async def injected(self, text: str, *, one: Annotated[int, Depends(lambda: 1)]) -> str:
        return text * one

    async def tell(self, text: str) -> None:
        await self.clients.all.send("told", text)


class News(Chat): ...


async def negotiated(caller: Caller, path: str) -> str:
    answer = await caller.post([], path=path)
    assert answer.status == 200
    url: str = json.loads(answer.body)["url"]
    return url


async def invoke(caller: Caller, path: str, hub: str = "chat", target: str = "echo", **headers: str) -> Any:
    return (await caller.invoke(target, "hi", path=path, hub=hub, **headers)).completion.get("result")


@installed_or_not
@pytest.mark.parametrize("prefix", ["", "/v1", "/v1/real-time"])
async def test_everything_is_below_the_prefix(installed: bool, prefix: str) -> None:
    router = HubRouter(Chat, default_service=EmbeddedService(access_key=KEY), prefix=prefix)
    async with calling(router, installed=installed) as caller:
        assert await invoke(caller, prefix + WEBHOOK) == "hi"
        assert await invoke(caller, f"{prefix}/chat/api/messages/echo") == "hi"
        url = await negotiated(caller, f"{prefix}/chat/negotiate")
        assert url == f"{caller.url}{prefix}/_signalr/client/?hub=chat"
        async with connected(caller.url + prefix) as client:
            assert client.result_of(await client.invoke("echo", "hi")) == "hi"


async def test_a_router_may_be_included_below_one_more_prefix() -> None:
    app = FastAPI()
    app.include_router(HubRouter(Chat, default_service=EmbeddedService(access_key=KEY), prefix="/b"), prefix="/a")
    async with calling(HubRouter(News, default_service=EmbeddedService()), app=app) as caller:
        assert await invoke(caller, f"/a/b{WEBHOOK}") == "hi"
        url = await negotiated(caller, "/a/b/chat/negotiate")
        assert url == f"{caller.url}/a/b/_signalr/client/?hub=chat"
        async with connected(f"{caller.url}/a/b") as client:
            assert client.result_of(await client.invoke("echo", "hi")) == "hi"


async def test_a_router_may_be_part_of_another() -> None:
    app, api = FastAPI(), APIRouter(prefix="/b")
    api.include_router(HubRouter(Chat, default_service=EmbeddedService(access_key=KEY), prefix="/c"))
    app.include_router(api, prefix="/a")
    async with serving(app) as url, connected(f"{url}/a/b/c") as client:
        assert client.result_of(await client.invoke("injected", "hi")) == "hi"


@installed_or_not
@pytest.mark.parametrize("path", ["/_signalr", "/other/place"])
async def test_the_service_is_where_its_path_says(installed: bool, path: str) -> None:
    router = HubRouter(Chat, default_service=EmbeddedService(access_key=KEY, path=path))
    async with calling(router, installed=installed) as caller:
        assert await negotiated(caller, "/chat/negotiate") == f"{caller.url}{path}/client/?hub=chat"


@installed_or_not
async def test_hubs_of_one_router_share_a_service_and_hear_only_their_own_messages(installed: bool) -> None:
    router = HubRouter(Chat, News, default_service=EmbeddedService(access_key=KEY))
    async with calling(router, installed=installed) as caller:
        assert await invoke(caller, WEBHOOK, hub="news") == "hi"
        assert await invoke(caller, "/NEWS/api/messages/echo", hub="news") == "hi"
        async with connected(caller.url, "chat") as chat, connected(caller.url, "news") as news:
            await chat.send(Invocation("tell", ["for the chat"]))
            assert await chat.call_of("told") == ["for the chat"]
            await news.send(Invocation("tell", ["for the news"]))
            assert await news.call_of("told") == ["for the news"]


async def test_routers_on_different_prefixes_may_share_a_service() -> None:
    app, service = FastAPI(), EmbeddedService(access_key=KEY)
    HubRouter(News, default_service=service, prefix="/news").install(app)
    async with calling(HubRouter(Chat, default_service=service), app=app) as caller:
        assert await invoke(caller, f"/news{WEBHOOK}", hub="news") == "hi"
        assert (await caller.invoke("echo", "hi", hub="news")).status == 404
        async with connected(caller.url) as chat, connected(f"{caller.url}/news", "news") as news:
            assert chat.result_of(await chat.invoke("echo", "a")) == "a"
            assert news.result_of(await news.invoke("echo", "b")) == "b"


async def ticket(ticket: Annotated[str, Header()] = "") -> None:
    if ticket != "valid":
        raise HTTPException(403, "no ticket")


@installed_or_not
async def test_dependencies_of_the_router_are_run_for_negotiate_and_for_every_event(installed: bool) -> None:
    service = EmbeddedService(access_key=KEY)
    router = HubRouter(Chat, default_service=service, dependencies=[Depends(ticket)])
    async with calling(router, installed=installed) as caller:
        assert (await caller.post([], path="/chat/negotiate")).status == 403
        assert (await caller.post([("Ticket", "valid")], path="/chat/negotiate")).status == 200
        assert (await caller.connect()).status == 403
        assert (await caller.connect(Ticket="valid")).status == 200
        for target in ("echo", "injected"):
            assert (await caller.invoke(target, "hi")).completion["error"] == "no ticket"
            assert await invoke(caller, WEBHOOK, target=target, Ticket="valid") == "hi"


def test_the_path_of_a_negotiate_can_be_made_by_its_name() -> None:
    app = FastAPI()
    HubRouter(Chat, prefix="/v1").install(app)
    assert app.url_path_for("Chat.negotiate") == "/v1/chat/negotiate"
    assert app.url_path_for("negotiate", hub="CHAT") == "/v1/CHAT/negotiate"
