"""Under our own command, events go past FastAPI's layers; where anything stands in those, it sees all of them."""

import inspect
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import aiohttp
import pytest
from fastapi import Depends, FastAPI, Request
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.types import ASGIApp, Receive, Scope, Send

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.routing.shortcut import EventsFirst, events_first
from tests.routing.caller import KEY, WEBHOOK, Caller, headers, message
from tests.support.server import serving

_ALL_THE_WAY = "starlette/middleware/errors.py"


def asked(word: str) -> str:
    return word


class Chat(ServerlessHub):
    async def way(self) -> bool:
        """Tell whether FastAPI's layers have handed the event on."""
        return any(frame.filename.endswith(_ALL_THE_WAY) for frame in inspect.stack(0))

    async def injected(self, *, word: Annotated[str, Depends(asked)]) -> str:
        return word


def _app(*, prefixes: tuple[str, ...] = ("",), kind: type[FastAPI] = FastAPI, **options: Any) -> FastAPI:
    app = kind(**options)

    @app.post("/other")
    async def other(request: Request) -> bool:
        return request.app is app

    for prefix in prefixes:
        service = EmbeddedService(access_key=KEY, path=f"{prefix}/signalr")
        HubRouter(Chat, default_service=service, prefix=prefix).install(app)
    return app


@asynccontextmanager
async def _calling(app: Any, **options: Any) -> AsyncGenerator[Caller]:
    async with serving(app, **options) as url, aiohttp.ClientSession() as session:
        yield Caller(session, url)


async def _ways(caller: Caller, path: str = WEBHOOK, times: int = 3) -> list[bool]:
    return [(await caller.invoke("way", path=path)).completion["result"] for _ in range(times)]


async def test_all_but_the_first_event_go_the_short_way() -> None:
    async with _calling(events_first(_app())) as caller:
        assert await _ways(caller) == [True, False, False]
        assert (await caller.post([], path="/chat/negotiate")).status == 200
        assert (await caller.post([], path="/other")).body == b"true"
        assert await _ways(caller, "/CHAT/api/messages/way") == [False] * 3


async def test_now_and_then_an_event_goes_the_whole_way() -> None:
    async with _calling(EventsFirst(_app(), short=2)) as caller:
        assert await _ways(caller, times=7) == [True, False, False, True, False, False, True]


async def test_several_routers_have_short_ways() -> None:
    async with _calling(events_first(_app(prefixes=("/a", "/b")))) as caller:
        assert await _ways(caller, f"/a{WEBHOOK}") == [True, False, False]
        assert await _ways(caller, f"/b{WEBHOOK}") == [False] * 3
        assert (await caller.invoke("way")).status == 404


class _Watch:
    """ASGI middleware that counts events."""

    def __init__(self, app: ASGIApp, seen: list[str]) -> None:
        self._app, self._seen = app, seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._seen.append(scope["path"])
        await self._app(scope, receive, send)


class _Own(FastAPI):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)


class _OwnStack(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        return _Watch(super().build_middleware_stack(), [])


def _replaced(app: FastAPI) -> FastAPI:
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: build()  # type: ignore[method-assign]  # noqa: PLW0108 - as tools do
    return app


def _mounted(app: FastAPI) -> FastAPI:
    app.root_path = "/x"
    return app


def _later(app: FastAPI) -> FastAPI:
    app.add_middleware(_Watch, seen=[])
    return app


def _handled(app: FastAPI) -> FastAPI:
    app.add_exception_handler(Exception, lambda _request, _error: None)  # type: ignore[arg-type]  # is not called
    return app


@pytest.mark.requirement("process.run.shortcut")
@pytest.mark.parametrize(
    "make",
    [
        lambda: _later(_app()),
        lambda: _handled(_app()),
        lambda: _replaced(_app()),
        lambda: _app(debug=True),
        lambda: _mounted(_app()),
        lambda: _app(max_body_size=1000),
        FastAPI,
        lambda: _app(kind=_Own),
        lambda: _app(kind=_OwnStack),
        lambda: _Watch(_app(), []),
    ],
    ids=["middleware", "handler", "stack", "debug", "root_path", "limit", "no hubs", "call", "own stack", "wrapped"],
)
def test_there_is_no_short_way_past_whatever_stands_there(make: Callable[[], Any]) -> None:
    app = make()
    assert events_first(app) is app


@pytest.mark.requirement("process.run.shortcut")
async def test_what_is_put_there_while_the_app_runs_sees_every_event() -> None:
    app, seen = _app(), list[str]()
    async with _calling(events_first(app)) as caller:
        assert await _ways(caller) == [True, False, False]
        assert app.middleware_stack is not None
        app.middleware_stack = _Watch(app.middleware_stack, seen)
        await _ways(caller, times=1)
    assert seen == [WEBHOOK]


async def test_a_tool_that_replaces_methods_of_fastapi_sees_every_event(monkeypatch: pytest.MonkeyPatch) -> None:
    app, original = _app(), FastAPI.__call__
    shortened = events_first(app)

    async def replacement(self: FastAPI, scope: Scope, receive: Receive, send: Send) -> None:
        await original(self, scope, receive, send)

    monkeypatch.setattr(FastAPI, "__call__", replacement)
    assert events_first(app) is app
    async with _calling(shortened) as caller:
        assert await _ways(caller) == [True] * 3


def test_a_tool_that_was_there_before_us_sees_every_event() -> None:
    # Such tools start with the interpreter, or at the top of the app's module.
    text = """
from starlette.applications import Starlette
original = Starlette.__call__
async def replacement(self, scope, receive, send):
    await original(self, scope, receive, send)
Starlette.__call__ = replacement

from fastapi import FastAPI
from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.routing.shortcut import events_first
app = FastAPI()
HubRouter(type("Chat", (ServerlessHub,), {}), default_service=EmbeddedService()).install(app)
assert events_first(app) is app
Starlette.__call__ = original
assert events_first(app) is not app
"""
    subprocess.run([sys.executable, "-c", text], check=True)  # noqa: S603 - what stands above


async def test_a_refused_event_does_not_hide_that_fastapi_measures() -> None:
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    async with _calling(events_first(_app(telemetry={"tracer_provider": provider}))) as caller:
        assert (await caller.post([], path=WEBHOOK)).status == 415
        assert await _ways(caller) == [True] * 3


async def test_where_fastapi_measures_it_measures_every_event() -> None:
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    async with _calling(events_first(_app(telemetry={"tracer_provider": provider}))) as caller:
        assert await _ways(caller) == [True] * 3
    assert sum(span.name.startswith("POST") for span in spans.get_finished_spans()) == 3


async def test_below_a_path_of_a_proxy_events_go_the_whole_way() -> None:
    async with _calling(events_first(_app()), root_path="/x") as caller:
        assert await _ways(caller) == [True] * 3


async def test_what_is_injected_is_the_same_on_both_ways() -> None:
    async with _calling(events_first(_app())) as caller:
        for _ in range(2):
            answer = await caller.post(headers("injected"), message("injected"), f"{WEBHOOK}?word=swordfish")
            assert answer.completion["result"] == "swordfish"
