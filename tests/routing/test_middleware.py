"""An installed router answers events before the middleware that was there; an included one is behind all of it."""

from typing import Annotated

import aiohttp
from fastapi import Depends, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from tests.routing.caller import KEY, WEBHOOK, Caller
from tests.support.server import serving


class Chat(ServerlessHub):
    async def direct(self, text: str) -> str:
        return text

    async def injected(self, text: str, *, number: Annotated[int, Depends(lambda: 1)]) -> str:
        return text * number


def router() -> HubRouter:
    return HubRouter(Chat, default_service=EmbeddedService(access_key=KEY))


class Watch:
    """ASGI middleware that notes what passes."""

    def __init__(self, app: ASGIApp, name: str, seen: list[str]) -> None:
        self._app, self._name, self._seen = app, name, seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._seen.append(f"{self._name} {scope['path']}")
        await self._app(scope, receive, send)


async def test_events_pass_by_middleware_that_was_added_before_install_but_not_by_later_one() -> None:
    app, seen = FastAPI(), list[str]()
    app.add_middleware(Watch, name="before", seen=seen)
    router().install(app)
    app.add_middleware(Watch, name="after", seen=seen)
    async with serving(app) as url, aiohttp.ClientSession() as session:
        caller = Caller(session, url)
        assert (await caller.invoke("injected", "hi")).status == 200
        assert seen == [f"after {WEBHOOK}"]
        await caller.post([], path="/chat/negotiate")
        assert seen[1:] == ["after /chat/negotiate", "before /chat/negotiate"]


async def test_a_router_that_is_only_included_is_behind_all_middleware() -> None:
    app, seen = FastAPI(), list[str]()
    app.include_router(router())
    app.add_middleware(Watch, name="all", seen=seen)
    async with serving(app) as url, aiohttp.ClientSession() as session:
        caller = Caller(session, url)
        assert (await caller.invoke("direct", "hi")).status == 200
        assert (await caller.invoke("injected", "hi")).status == 200
    assert seen == [f"all {WEBHOOK}"] * 2
