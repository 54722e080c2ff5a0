"""The negotiate of anonymous clients: as FastAPI answers it, whose dependencies run where there are any."""

import json
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from httpx2 import ASGITransport, AsyncClient
from httpx2 import Response as Answer

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.protocol.tokens import unverified_claims
from serverless_hub.routing.plain_negotiate import PlainNegotiate
from tests.support.clock import ManualClock
from tests.support.upstream import KEY

CROSS_ORIGIN = {"Origin": "http://localhost:5173"}


class Chat(ServerlessHub): ...


async def refuse() -> None:
    raise HTTPException(401)


def router(**options: Any) -> HubRouter:
    return HubRouter(Chat, default_service=EmbeddedService(access_key=KEY), clock=ManualClock(), **options)


def installed(app: FastAPI, **options: Any) -> FastAPI:
    router(**options).install(app)
    return app


async def ask(app: FastAPI, method: str = "POST", path: str = "/chat/negotiate", **headers: str) -> Answer:
    async with app.router.lifespan_context(app):
        return await asked(app, method, path, **headers)


async def asked(app: FastAPI, method: str = "POST", path: str = "/chat/negotiate", **headers: str) -> Answer:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
        return await client.request(method, path, headers=headers)


@pytest.mark.parametrize("headers", [{}, CROSS_ORIGIN, {"Origin": "https://evil.example"}, {"Host": "evil.example"}])
@pytest.mark.parametrize("method", ["POST", "GET", "OPTIONS", "PUT"])
async def test_the_answer_is_the_one_of_a_router_that_is_only_included(method: str, headers: dict[str, str]) -> None:
    included = FastAPI()
    included.include_router(router())
    expected, found = await ask(included, method, **headers), await ask(installed(FastAPI()), method, **headers)
    assert (found.status_code, found.content) == (expected.status_code, expected.content)
    assert sorted(found.headers.items()) == sorted(expected.headers.items())


async def test_middleware_sees_the_route() -> None:
    app, seen = installed(FastAPI(), prefix="/here"), list[Any]()

    @app.middleware("http")
    async def look(request: Request, following: Any) -> Response:
        response: Response = await following(request)
        seen.append(request.scope["route"])
        return response

    answer = await ask(app, path="/here/chat/negotiate")
    assert answer.status_code == 200
    assert [(type(route), route.path) for route in seen] == [(PlainNegotiate, "/here/chat/negotiate")]


async def test_a_client_without_a_name_gets_a_token_without_one() -> None:
    claims = unverified_claims(json.loads((await ask(installed(FastAPI()))).content)["accessToken"])
    assert sorted(claims) == ["aud", "exp", "iat", "nbf", "serverless_hub"]
    assert claims["exp"] - claims["iat"] == 3600


async def test_dependencies_of_the_router_run() -> None:
    assert (await ask(installed(FastAPI(), dependencies=[Depends(refuse)]))).status_code == 401


async def test_dependencies_of_the_app_run() -> None:
    assert (await ask(installed(FastAPI(dependencies=[Depends(refuse)])))).status_code == 401


async def test_a_dependency_that_says_who_clients_are_runs() -> None:
    assert (await ask(installed(FastAPI(), negotiate=refuse))).status_code == 401


async def test_dependencies_run_where_another_app_includes_the_routes() -> None:
    inner, outer = installed(FastAPI()), FastAPI()
    outer.include_router(inner.router, dependencies=[Depends(refuse)])
    async with inner.router.lifespan_context(inner):
        assert (await asked(outer)).status_code == 401
        assert (await asked(inner)).status_code == 200


async def test_a_route_of_the_app_that_came_first_is_found_first() -> None:
    app = FastAPI()

    @app.post("/chat/negotiate")
    async def own() -> str:
        return "own"

    assert (await ask(installed(app))).json() == "own"


async def test_the_document_has_one_operation_for_it() -> None:
    included = FastAPI()
    included.include_router(router())
    assert installed(FastAPI()).openapi() == included.openapi()


async def test_a_router_that_has_not_started_says_so_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    answer = await asked(installed(FastAPI()), **CROSS_ORIGIN)
    assert (answer.status_code, answer.headers["cache-control"]) == (500, "no-store")
    assert "its app's lifespan did not run" in caplog.text


async def test_its_url_is_found_by_its_name() -> None:
    app = FastAPI()
    api = APIRouter()
    app.include_router(api)
    assert installed(app).url_path_for("Chat.negotiate") == "/chat/negotiate"
