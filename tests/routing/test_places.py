"""Where an app may stand: behind a proxy, below a mount."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from tests.routing.caller import KEY, WEBHOOK, Caller
from tests.support.client import connected
from tests.support.server import serving

installed_or_not = pytest.mark.parametrize("installed", [True, False], ids=["installed", "included"])
NOT_STARTED = "the HubRouter has not been started: its app's lifespan did not run. A mounted app has none: install"


class Chat(ServerlessHub):
    async def direct(self, text: str) -> str:
        return text

    async def injected(self, text: str, *, request: Request) -> str:
        return f"{text} at {request.url.path}"


def router(**options: Any) -> HubRouter:
    return HubRouter(Chat, default_service=EmbeddedService(access_key=KEY), **options)


def with_router(app: FastAPI, *, installed: bool) -> FastAPI:
    if installed:
        router().install(app)
    else:
        app.include_router(router())
    return app


@asynccontextmanager
async def called(app: Any, **options: Any) -> AsyncGenerator[Caller]:
    async with serving(app, **options) as url, aiohttp.ClientSession() as session:
        yield Caller(session, url)


async def client_url(caller: Caller, path: str) -> str:
    url: str = json.loads((await caller.post([], path=path)).body)["url"]
    return url


def mounted(path: str, inner: FastAPI) -> FastAPI:
    """Mount an app and enter its lifespan."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with inner.router.lifespan_context(inner):
            yield

    outer = FastAPI(lifespan=lifespan)
    outer.mount(path, inner)
    return outer


def below(root_path: str, app: FastAPI) -> ASGIApp:
    """Set a root path as servers do that leave paths as they are."""

    async def at_root_path(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "root_path": root_path}, receive, send)

    return at_root_path


@installed_or_not
@pytest.mark.parametrize("root", ["", "/api"], ids=["stripped", "kept"])
async def test_events_arrive_whether_or_not_a_proxy_strips_the_root_path(root: str, *, installed: bool) -> None:
    async with called(below("/api", with_router(FastAPI(), installed=installed))) as caller:
        for path in (f"{root}{WEBHOOK}", f"{root}/chat/api/messages/injected", f"{root}/CHAT/api/messages/injected"):
            answer = await caller.invoke("injected", "hi", path=path)
            assert answer.completion["result"] == f"hi at {path}"


@installed_or_not
async def test_clients_are_sent_below_the_root_path(*, installed: bool) -> None:
    async with called(below("/api", with_router(FastAPI(), installed=installed))) as caller:
        assert await client_url(caller, "/api/chat/negotiate") == f"{caller.url}/api/_signalr/client/?hub=chat"
        async with connected(f"{caller.url}/api") as client:
            assert client.result_of(await client.invoke("direct", "hi")) == "hi"


@installed_or_not
async def test_a_root_path_may_come_from_the_server(installed: bool) -> None:
    async with called(with_router(FastAPI(), installed=installed), root_path="/api") as caller:
        assert await client_url(caller, "/chat/negotiate") == f"{caller.url}/api/_signalr/client/?hub=chat"
        assert (await caller.invoke("direct", "hi")).completion["result"] == "hi"
        assert (await caller.invoke("direct", "hi", path="/chat/api/messages/direct")).completion["result"] == "hi"


@installed_or_not
async def test_below_a_mount_the_log_says_why_nothing_works(installed: bool, problems: Callable[[], list[str]]) -> None:
    outer = FastAPI()
    outer.mount("/inner", with_router(FastAPI(), installed=installed))
    async with called(outer) as caller:
        for target in ("direct", "injected"):
            answer = await caller.invoke(target, "hi", path=f"/inner{WEBHOOK}")
            assert (answer.status, answer.body) == (500, b"")
        assert (await caller.post([], path="/inner/chat/negotiate")).status == 500
    assert [problem.partition(NOT_STARTED)[0] for problem in problems()] == [
        "cannot take upstream calls: ",
        "cannot take upstream calls: ",
        "cannot negotiate: ",
    ]
    assert all("or enter `app.router.lifespan_context(app)` in the lifespan of that" in text for text in problems())


@installed_or_not
async def test_below_a_mount_whose_lifespan_is_entered_everything_works(installed: bool) -> None:
    async with called(mounted("/inner", with_router(FastAPI(), installed=installed))) as caller:
        assert (await caller.invoke("direct", "hi", path=f"/inner{WEBHOOK}")).completion["result"] == "hi"
        assert await client_url(caller, "/inner/chat/negotiate") == f"{caller.url}/inner/_signalr/client/?hub=chat"
        async with connected(f"{caller.url}/inner") as client:
            assert client.result_of(await client.invoke("direct", "hi")) == "hi"


@installed_or_not
async def test_clients_are_sent_below_a_root_path_that_a_proxy_strips(*, installed: bool) -> None:
    async with called(below("/api", with_router(FastAPI(), installed=installed))) as caller:
        assert await client_url(caller, "/chat/negotiate") == f"{caller.url}/api/_signalr/client/?hub=chat"


@installed_or_not
async def test_path_parameters_of_a_mount_are_none_of_the_events(*, installed: bool) -> None:
    async with called(mounted("/{tenant}", with_router(FastAPI(), installed=installed))) as caller:
        for path in (WEBHOOK, "/chat/api/messages/direct"):
            assert (await caller.invoke("direct", "hi", path=f"/one{path}")).completion["result"] == "hi"
