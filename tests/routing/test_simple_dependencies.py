"""Dependencies that are plain functions have the same effects from a plan of ours as from FastAPI itself."""

import asyncio
import re
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextvars import ContextVar
from functools import wraps
from inspect import Parameter, signature
from typing import Annotated, Any

import pytest
import pytest_asyncio
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Query, Request, Security
from fastapi.requests import HTTPConnection
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from serverless_hub import ConnectionRejected, EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.routing.simple_dependencies import simple_dependencies
from tests.routing.caller import KEY, Answer, Caller, calling

ran: list[str] = []
"""The dependencies of the last event, in order."""
place: ContextVar[str] = ContextVar("place")
FAILURES: dict[str, BaseException] = {
    "404": HTTPException(404, "no such room"),
    "401": HTTPException(401, "who are you"),
    "503": HTTPException(503, "hidden"),
    "value": ValueError("hidden"),
    "rejected": ConnectionRejected("not you"),
    "cancelled": asyncio.CancelledError(),
}


async def always() -> None:
    ran.append("always")


async def first() -> int:
    ran.append("first")
    return len(ran)


async def fresh(one: Annotated[int, Depends(first, use_cache=False)]) -> list[int]:
    ran.append("fresh")
    return [one, len(ran)]


def nested(one: Annotated[int, Depends(first)], *, other: list[int] = Depends(fresh)) -> list[Any]:  # noqa: B008 - is the case
    ran.append("nested")
    return [one, *other]


def thread() -> bool:
    return threading.current_thread() is not threading.main_thread()


async def setting() -> None:
    place.set("from a dependency")


async def of_request(request: Request, connection: HTTPConnection) -> list[Any]:
    body = await request.json()
    scope = request.scope
    seen = [scope["route"].name, scope["router"] is scope["app"].router, scope["endpoint"] is scope["route"].endpoint]
    return [body["target"], connection.headers["x-asrs-event"], *seen]


async def failing(request: Request) -> None:
    failure = request.headers.get("failure")
    if failure is not None:
        raise FAILURES[failure]


def failing_in_a_thread(request: Request) -> None:
    raise FAILURES[request.headers["failure"]]


Fresh = Annotated[list[int], Depends(fresh)]
Nested = Annotated[list[Any], Depends(nested)]


class Chat(ServerlessHub):
    async def on_connected(self, *, refused: Annotated[None, Depends(failing)]) -> None:
        del refused

    async def order(self, text: str, *, nested: Nested, fresh: Fresh, again: Nested) -> list[Any]:
        return [text, nested, fresh, again]

    async def anew(
        self,
        *,
        one: Annotated[int, Depends(first, use_cache=False)],
        two: Annotated[int, Depends(first)],
        three: Annotated[int, Depends(first, use_cache=False)],
        four: int = Depends(first),
    ) -> list[int]:
        return [one, two, three, four]

    async def in_thread(self, *, thread: Annotated[bool, Depends(thread)]) -> bool:
        return thread

    async def context_variable(self, *, nothing: Annotated[None, Depends(setting)]) -> str:
        del nothing
        return place.get()

    async def seen(self, *, request: Request, of_request: Annotated[list[Any], Depends(of_request)]) -> list[Any]:
        return [request.method, *of_request]

    async def nothing(self) -> str:
        return "nothing"

    async def fails(self, *, refused: Annotated[None, Depends(failing)]) -> str:
        del refused
        return "fine"

    def fails_in_a_thread(self, *, refused: Annotated[None, Depends(failing_in_a_thread)]) -> None:
        del refused


async def unrelated() -> None:
    """Is overridden, so that FastAPI solves everything."""


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return FastAPI()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def caller(app: FastAPI) -> AsyncGenerator[Caller]:
    router = HubRouter(Chat, default_service=EmbeddedService(access_key=KEY), dependencies=[Depends(always)])
    async with calling(router, app=app) as caller:
        yield caller


in_module = pytest.mark.asyncio(loop_scope="module")

Asking = Callable[[], Awaitable[Answer]]


async def both(app: FastAPI, ask: Asking) -> tuple[Answer, list[str]]:
    """Return the answer and what ran, which are the same both ways."""
    found: list[tuple[Answer, list[str]]] = []
    for overrides in ({}, {unrelated: unrelated}):
        app.dependency_overrides = overrides
        ran.clear()
        found.append((await ask(), ran.copy()))
    (ours, ours_ran), (answer, fastapi_ran) = found
    assert _comparable(ours) == _comparable(answer)
    assert ours_ran == fastapi_ran
    return found[0]


def _comparable(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "date"}
    return answer.status, headers, re.sub(rb"Error id: \w+", b"Error id", answer.body)


@in_module
@pytest.mark.requirement("binding.injected.simple")
async def test_each_runs_in_fastapis_order_and_once_unless_it_asks_for_more(app: FastAPI, caller: Caller) -> None:
    answer, order = await both(app, lambda: caller.invoke("order", "hi"))
    assert answer.completion["result"][0] == "hi"
    assert order == ["always", "first", "first", "fresh", "nested", "first", "first"]


@in_module
@pytest.mark.parametrize(
    ("target", "result"),
    [
        ("anew", [2, 2, 3, 2]),
        ("in_thread", True),
        ("context_variable", "from a dependency"),
        ("seen", ["POST", "seen", "seen", "seen", True, True]),
        ("nothing", "nothing"),
        ("fails", "fine"),
    ],
)
async def test_values_are_those_that_fastapi_finds(app: FastAPI, caller: Caller, target: str, result: Any) -> None:
    answer, order = await both(app, lambda: caller.invoke(target))
    assert answer.completion["result"] == result
    assert order[0] == "always"


@in_module
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("target", ["fails", "fails_in_a_thread"])
async def test_what_a_dependency_raises_is_answered_alike(
    app: FastAPI, caller: Caller, target: str, failure: str
) -> None:
    answer, _ = await both(app, lambda: caller.invoke(target, failure=failure))
    assert answer.completion["error"]
    assert b"hidden" not in answer.body


@in_module
@pytest.mark.parametrize(("failure", "status"), [("401", 403), ("404", 500), ("value", 500)])
async def test_a_client_is_refused_alike(app: FastAPI, caller: Caller, failure: str, status: int) -> None:
    answer, _ = await both(app, lambda: caller.connect(failure=failure))
    assert answer.status == status


@in_module
async def test_arguments_that_do_not_fit_are_answered_alike(app: FastAPI, caller: Caller) -> None:
    answer, order = await both(app, lambda: caller.invoke("order"))
    assert answer.completion["error"]
    assert order == []


async def test_fastapi_measures_the_dependencies_that_it_is_asked_to_measure() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    router = HubRouter(Chat, default_service=EmbeddedService(access_key=KEY))
    async with calling(router, installed=False, app=FastAPI(telemetry={"tracer_provider": provider})) as caller:
        assert (await caller.invoke("fails")).completion["result"] == "fine"
    assert "fastapi.dependencies" in {span.name for span in exporter.get_finished_spans()}


def generator() -> Any:
    yield


async def async_generator() -> Any:
    yield


async def of_query(text: str) -> str:
    return text


async def of_marker(value: Annotated[int, Depends(first), Query()]) -> int:
    return value


async def of_tasks(tasks: BackgroundTasks) -> BackgroundTasks:
    return tasks


async def of_many(*numbers: Annotated[int, Depends(first)]) -> int:
    return len(numbers)


async def of_many_requests(*requests: Request) -> int:
    return len(requests)


async def of_the_unknown(value: Request) -> Request:
    return value


of_the_unknown.__annotations__["value"] = "Unknown"


@wraps(first)
async def wrapping() -> int:
    return await first()


class Instance:
    async def __call__(self) -> int:
        return 1


def parameters(dependency: Any) -> list[Parameter]:
    async def method(value: int = dependency) -> int:
        return value

    return list(signature(method).parameters.values())


@pytest.mark.parametrize(
    "dependency",
    [
        *(Depends(generator), Depends(async_generator), Depends(of_query), Depends(of_marker), Depends(of_tasks)),
        *(Depends(of_many), Depends(of_many_requests), Depends(of_the_unknown), Depends(wrapping)),
        *(Depends(Instance()), Depends(Instance), Depends(), Security(first), Depends(first, scope="function")),
    ],
)
def test_what_is_not_simple_is_left_to_fastapi(dependency: Any) -> None:
    assert simple_dependencies([], parameters(dependency)) is None
    assert simple_dependencies([Depends(first), dependency], []) is None


def test_what_is_simple_has_a_plan() -> None:
    assert simple_dependencies([Depends(first)], parameters(Depends(nested))) is not None
