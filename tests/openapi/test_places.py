"""Wherever an app stands, its document leads to its events: server and path together are where they are taken."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

import aiohttp
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.openapi.app import app_with, odd_hub, router_with
from tests.openapi.calls import call, fetch
from tests.openapi.document import operations, unresolved
from tests.support.server import serving

ARGUMENTS: dict[str, list[Any]] = {
    "draw": [{"kind": "circle", "radius": 1.5}, {"x": 1}],
    "attach": [{"fileName": "a", "data": "AP/+"}, {"fileName": "b", "parts": [{"fileName": "c"}]}],
    "store": ["AP/+"],
    "order": [2, None, "new", "red"],
    "translate": ["hello"],
    "anything": [{"a": 1}],
    "nameless": [[1], 2],
    "publish": ["Today", None],
    "raw": [1, "two"],
}
RESULTS = {
    "draw": {"x": 2, "y": 1},
    "store": "AP/+",
    "order": {"id": "00000000-0000-0000-0000-000000000002", "at": "2026-07-01T12:00:00", "price": "2"},
    "translate": "en: hello",
    "anything": {"a": 1},
    "publish": 7,
    "raw": [1, "two"],
}


def included() -> FastAPI:
    app = FastAPI()
    app.include_router(router_with(strict_paths=True))
    return app


def installed() -> FastAPI:
    return app_with(strict_paths=True)


def below_a_prefix() -> FastAPI:
    return app_with(prefix="/v1", strict_paths=True)


def in_another_router() -> FastAPI:
    app = FastAPI()
    app.include_router(router_with(strict_paths=True), prefix="/outer")
    return app


def below_a_root_path(app: FastAPI) -> ASGIApp:
    """Set a root path as servers do that leave paths as they are."""

    async def at_root_path(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "root_path": "/api"}, receive, send)

    return at_root_path


def mounted() -> FastAPI:
    inner = installed()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with inner.router.lifespan_context(inner):
            yield

    outer = FastAPI(lifespan=lifespan)
    outer.mount("/inner", inner)
    return outer


PLACES: dict[str, tuple[Callable[[], ASGIApp], str]] = {
    "installed": (installed, ""),
    "included": (included, ""),
    "below a prefix": (below_a_prefix, ""),
    "included below a prefix": (in_another_router, ""),
    "below a root path": (lambda: below_a_root_path(installed()), "/api"),
    "included below a root path": (lambda: below_a_root_path(included()), "/api"),
    "below a mount": (mounted, "/inner"),
}
"""An app, and below which path its document stands."""


@pytest.mark.parametrize("place", PLACES)
async def test_every_event_is_taken_where_the_document_says(place: str) -> None:
    make_app, below = PLACES[place]
    async with serving(make_app()) as url, aiohttp.ClientSession() as session:
        at = f"{url}{below}/openapi.json"
        document = await fetch(session, at)
        paths = [path for path in operations(document) if "/api/" in path]
        assert len(paths) == 28
        for path in paths:
            target = unquote(path.rpartition("/")[2])
            status, result = await call(session, document, at, path, ARGUMENTS.get(target, [41]))
            assert status == 200, path
            assert result == RESULTS.get(target, 42 if "/odd/api/messages" in path else result)


@pytest.mark.parametrize("place", ["below a root path", "below a mount"])
async def test_the_server_of_a_document_is_where_its_app_stands(place: str) -> None:
    make_app, below = PLACES[place]
    async with serving(make_app()) as url, aiohttp.ClientSession() as session:
        assert (await fetch(session, f"{url}{below}/openapi.json"))["servers"] == [{"url": below}]


targets = st.text(
    st.characters(exclude_categories=["C", "Z"]) | st.sampled_from("{}/%?#*: ."), min_size=1, max_size=9
).filter(lambda target: target.isprintable() and target.strip() == target and target.strip("."))


@settings(max_examples=settings().max_examples // 10, deadline=None)
@given(names=st.lists(targets, min_size=1, max_size=20, unique_by=str.lower))
async def test_any_target_has_an_operation_at_which_it_is_called(names: list[str]) -> None:
    async with serving(app_with(odd_hub(names), strict_paths=True)) as url, aiohttp.ClientSession() as session:
        at = f"{url}/openapi.json"
        document = await fetch(session, at)
        validate(document)
        assert unresolved(document) == []
        called = operations(document)
        ids = [operation["operationId"] for operation in called.values()]
        assert len(set(ids)) == len(ids)
        results = [
            await call(session, document, at, path, [41]) for path in called if path.startswith("/odd/api/messages/")
        ]
        assert results == [(200, 42)] * len(names)
