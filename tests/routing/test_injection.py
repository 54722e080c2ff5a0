"""Methods that inject see the app that they belong to, whichever way their event came."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import Cookie, Depends, FastAPI, Header, Query, Request, Security
from fastapi.security import HTTPBearer

from serverless_hub import EmbeddedService, HubRouter, InvocationContext, ServerlessHub
from tests.routing.caller import KEY, WEBHOOK, Caller, calling
from tests.support.client import connected

installed_or_not = pytest.mark.parametrize("installed", [True, False], ids=["installed", "included"])
bearer = HTTPBearer()


async def greeting() -> str:
    return "hello"


def threaded() -> str:
    return "from a thread"


async def payload(request: Request) -> Any:
    return await request.json()


Greeting = Annotated[str, Depends(greeting)]


class Chat(ServerlessHub):
    async def greet(self, name: str, *, greeting: Greeting) -> str:
        return f"{greeting} {name}"

    async def state(self, *, request: Request) -> list[Any]:
        return [request.app.state.name, request.state.pool]

    async def wire(
        self,
        *,
        code: Annotated[str, Query()] = "none",
        agent: Annotated[str, Header(alias="User-Agent")] = "none",
        cookie: Annotated[str, Cookie()] = "none",
        event: Annotated[str, Header(alias="X-ASRS-Event")],
    ) -> list[str]:
        return [code, agent, cookie, event]

    async def body(self, text: str, *, body: Annotated[Any, Depends(payload)], context: InvocationContext) -> list[Any]:
        return [text, body["target"], context.event]

    async def threaded(self, *, text: Annotated[str, Depends(threaded)]) -> str:
        return text

    async def guarded(self, *, token: Annotated[Any, Security(bearer)]) -> str:
        return str(token.credentials)


def app(**options: Any) -> FastAPI:
    app = FastAPI(**options)
    app.state.name = "outer"
    return app


def router(**options: Any) -> HubRouter:
    return HubRouter(Chat, default_service=EmbeddedService(access_key=KEY), **options)


async def result(caller: Caller, target: str, *arguments: Any, path: str = WEBHOOK, **others: str) -> Any:
    return (await caller.invoke(target, *arguments, path=path, **others)).completion["result"]


@installed_or_not
async def test_state_of_the_app_and_of_its_lifespan_is_there(*, installed: bool) -> None:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[dict[str, str]]:
        yield {"pool": "of the lifespan"}

    async with calling(router(), installed=installed, app=app(lifespan=lifespan)) as caller:
        expected = ["outer", "of the lifespan"]
        assert await result(caller, "state") == expected
        async with connected(caller.url) as client:
            assert client.result_of(await client.invoke("state")) == expected


@pytest.mark.requirement("binding.injected.overrides")
@installed_or_not
async def test_dependencies_can_be_overridden_at_any_time(*, installed: bool) -> None:
    outer = app()
    async with calling(router(), installed=installed, app=outer) as caller:
        assert await result(caller, "greet", "ann") == "hello ann"
        outer.dependency_overrides[greeting] = lambda: "welcome"
        assert await result(caller, "greet", "ann") == "welcome ann"
        outer.dependency_overrides = {}
        assert await result(caller, "greet", "ann") == "hello ann"


async def test_a_router_in_two_apps_sees_the_state_of_each() -> None:
    shared, first, second = router(), FastAPI(), FastAPI()
    first.state.name, second.state.name = "first", "second"
    first.dependency_overrides[greeting] = lambda: "first"
    for outer, expected in ((first, "first ann"), (second, "hello ann")):
        async with calling(shared, app=outer) as caller:
            assert await result(caller, "greet", "ann") == expected


async def test_parameters_see_the_request_of_the_service() -> None:
    async with calling(router()) as caller:
        answer = await result(caller, "wire", path=f"{WEBHOOK}?code=c", Cookie="cookie=k", User_Agent="azure")
        assert answer == ["c", "azure", "k", "wire"]


async def test_a_dependency_may_read_the_body_once_more() -> None:
    async with calling(router()) as caller:
        assert await result(caller, "body", "hi") == ["hi", "body", "body"]


async def test_a_synchronous_dependency_works() -> None:
    async with calling(router()) as caller:
        assert await result(caller, "threaded") == "from a thread"


async def test_a_security_scheme_works() -> None:
    async with calling(router()) as caller:
        assert await result(caller, "guarded", Authorization="Bearer x") == "x"
        assert (await caller.invoke("guarded")).completion["error"] == "Not authenticated"


async def test_a_parameter_that_the_request_lacks_is_an_unexpected_error() -> None:
    async def needs(missing: Annotated[str, Header()]) -> str:
        return missing

    class Needy(ServerlessHub, hub="chat"):
        async def take(self, *, value: Annotated[str, Depends(needs)]) -> str:
            return value

    async with calling(HubRouter(Needy, default_service=EmbeddedService(access_key=KEY))) as caller:
        assert (await caller.invoke("take")).completion["error"].startswith("An unexpected error occurred")
        assert await result(caller, "take", missing="here") == "here"
