"""Functions for events, in a real app."""

import asyncio
from collections.abc import AsyncGenerator
from functools import wraps
from typing import Annotated, Any

import aiohttp
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, Request
from pydantic import BaseModel, field_validator
from starlette.types import Message, Receive

from serverless_hub import (
    ConfigurationError,
    EmbeddedService,
    HubDefinitionError,
    HubException,
    HubRouter,
    InvocationContext,
    ServerlessHub,
)
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.messages import Invocation
from serverless_hub.protocol.signature import sign_connection
from serverless_hub.protocol.upstream import UpstreamEvent, invocation_body
from serverless_hub.routing.cancellation import until_disconnect
from tests.support.client import connected
from tests.support.server import serving
from tests.support.upstream import KEY, Caller


class Chat(ServerlessHub):
    async def hello(self) -> str:
        return "class"


def service() -> EmbeddedService:
    return EmbeddedService(access_key=KEY)


def app_of(router: HubRouter) -> FastAPI:
    app = FastAPI()
    router.install(app)
    return app


async def test_a_client_calls_a_function_and_gets_its_result() -> None:
    router = HubRouter(default_service=service())

    @router.trigger(hub="news", event="add", parameter_names=["left", "right"])
    async def add(context: InvocationContext, left: int, right: int) -> int:
        await context.clients.caller.send("seen", context.hub)
        return left + right

    async with serving(app_of(router)) as url, connected(url, hub="news") as client:
        assert client.result_of(await client.invoke("ADD", 1, 2)) == 3


async def test_functions_and_a_class_may_share_a_hub() -> None:
    router = HubRouter(Chat, default_service=service())

    @router.trigger(hub="chat", event="bye")
    async def bye() -> str:
        return "function"

    async with serving(app_of(router)) as url:
        caller = Caller(url)
        assert (await caller.invoke("hello")).result() == "class"
        assert (await caller.invoke("bye")).result() == "function"


async def test_functions_that_come_after_install_are_found_in_both_url_forms() -> None:
    router = HubRouter(default_service=service())
    app = app_of(router)

    @router.trigger(hub="late", event="ping")
    async def ping() -> str:
        return "pong"

    async with serving(app) as url:
        assert (await Caller(url, hub="late").invoke("ping")).result() == "pong"
        assert (await Caller(url, hub="late", path="/late/api/messages/ping").invoke("ping")).result() == "pong"


async def test_fastapi_injects_into_functions_what_it_injects_into_endpoints() -> None:
    router = HubRouter(default_service=service())
    steps: list[str] = []

    async def resource() -> AsyncGenerator[str]:
        steps.append("open")
        yield "resource"
        steps.append("close")

    @router.trigger(hub="chat", event="run", parameter_names=["text"])
    def run(request: Request, text: str, tasks: BackgroundTasks, found: Annotated[str, Depends(resource)]) -> list[str]:
        tasks.add_task(steps.append, "later")
        return [request.headers["x-asrs-event"], text, found]

    async with serving(app_of(router)) as url:
        assert (await Caller(url).invoke("run", "hi")).result() == ["run", "hi", "resource"]
    assert sorted(steps) == ["close", "later", "open"]
    assert steps[0] == "open"


async def test_names_may_come_from_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NewsHub", "news")
    monkeypatch.setenv("ReadEvent", "read")
    router = HubRouter(default_service=service())

    @router.trigger(hub="%NewsHub%", event="%ReadEvent%")
    async def read() -> str:
        return "read"

    async with serving(app_of(router)) as url:
        assert (await Caller(url, hub="news").invoke("read")).result() == "read"


def test_a_setting_that_is_missing_is_named() -> None:
    with pytest.raises(ConfigurationError, match="NoSuchSetting"):
        HubRouter().trigger(hub="%NoSuchSetting%", event="run")(lambda: None)


def test_two_functions_for_one_event_are_refused() -> None:
    router = HubRouter(Chat)
    with pytest.raises(HubDefinitionError, match="one event has one function"):
        router.trigger(hub="CHAT", event="Hello")(lambda: None)


async def test_a_router_without_anything_says_so_when_it_starts() -> None:
    app = app_of(HubRouter(default_service=service()))
    with pytest.raises(ConfigurationError, match="has no hub"):
        async with app.router.lifespan_context(app):
            pass


async def test_events_of_functions_are_documented() -> None:
    router = HubRouter(default_service=service())

    @router.trigger(hub="chat", event="add", parameter_names=["left", "right"])
    async def add(left: int, right: int) -> int:
        """Add two numbers."""
        return left + right

    operation = app_of(router).openapi()["paths"]["/chat/api/messages/add"]["post"]
    assert operation["description"] == "Add two numbers."
    assert operation["tags"] == ["chat"]


class Slow:
    """A hub whose method hangs until it is cancelled."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def hang(self) -> None:
        self.started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


@pytest.mark.requirement("class-model.cancel-on-disconnect")
@pytest.mark.parametrize("injects", [False, True])
async def test_a_function_may_ask_to_be_cancelled_when_the_service_hangs_up(*, injects: bool) -> None:
    slow = Slow()
    router = HubRouter(default_service=service())

    if injects:

        @router.trigger(hub="chat", event="hang", cancel_on_disconnect=True)
        async def with_request(request: Request) -> None:
            assert not await request.is_disconnected()  # takes the body
            assert not await request.is_disconnected()  # would take the end
            await slow.hang()
    else:

        @router.trigger(hub="chat", event="hang", cancel_on_disconnect=True)
        async def without() -> None:
            await slow.hang()

    async with serving(app_of(router)) as url, asyncio.timeout(10):
        call = asyncio.create_task(Caller(url).invoke("hang"))
        await slow.started.wait()
        call.cancel()
        await slow.cancelled.wait()


async def test_what_may_be_cancelled_still_answers() -> None:
    router = HubRouter(default_service=service())

    @router.trigger(hub="chat", event="run", cancel_on_disconnect=True)
    async def run() -> str:
        return "done"

    async with serving(app_of(router)) as url:
        assert (await Caller(url).invoke("run")).result() == "done"


@pytest.mark.requirement("class-model.cancel-on-disconnect")
def test_what_runs_in_a_thread_cannot_be_cancelled() -> None:
    def run() -> None: ...

    with pytest.raises(HubDefinitionError, match="runs in a thread"):
        HubRouter().trigger(hub="chat", event="run", cancel_on_disconnect=True)(run)


async def negotiate(url: str, path: str, **headers: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.post(url + path, headers=headers) as response:
        return response.status, await response.json()


@pytest.mark.requirement("settings.application")
async def test_a_hub_of_functions_has_a_negotiate_of_its_own() -> None:
    router = HubRouter(default_service=service(), application="App")

    @router.trigger(hub="News", event="ping")
    async def ping() -> str:
        return "pong"

    async with serving(app_of(router)) as url:
        status, answer = await negotiate(url, "/news/negotiate")
        assert status == 200
        assert answer["url"].endswith("/_signalr/client/?hub=app_news")
        assert (await Caller(url, hub="app_news").invoke("ping")).result() == "pong"
        assert (await Caller(url, hub="news").invoke("ping")).status == 404


async def test_exit_code_that_cancels_itself_is_noted_and_harms_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    router = HubRouter(default_service=service())

    async def resource() -> AsyncGenerator[None]:
        yield
        raise asyncio.CancelledError

    @router.trigger(hub="chat", event="run")
    async def run(found: Annotated[None, Depends(resource)]) -> str:
        return "done"

    async with serving(app_of(router)) as url:
        assert (await Caller(url).invoke("run")).result() == "done"
        assert (await Caller(url).invoke("run")).result() == "done"
    assert "exit code of run was cancelled from within" in caplog.text


async def test_a_server_that_cannot_send_hears_of_it() -> None:
    router = HubRouter(default_service=service())

    @router.trigger(hub="chat", event="run")
    async def run(request: Request) -> str:
        return request.method

    app = app_of(router)
    body = invocation_body(Invocation("run", (), "7"), JSON)
    event = UpstreamEvent("c1", "chat", "messages", "run", JSON, signature=sign_connection("c1", [KEY]))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        raise ConnectionError("gone")

    scope = {"type": "http", "method": "POST", "path": "/runtime/webhooks/signalr", "query_string": b""}
    async with app.router.lifespan_context(app):
        with pytest.raises(ConnectionError, match="gone"):
            await app({**scope, "headers": event.to_headers()}, receive, send)


async def test_what_is_injected_sees_the_app_itself() -> None:
    router = HubRouter(default_service=service())
    app = FastAPI()

    @app.get("/page", name="page")
    async def page() -> None: ...

    async def is_app(request: Request) -> bool:
        return request.app is app

    @router.trigger(hub="chat", event="run")
    async def run(request: Request, found: Annotated[bool, Depends(is_app)]) -> list[Any]:
        return [request.app is app, found, request.url_for("page").path]

    router.install(app)
    async with serving(app) as url:
        assert (await Caller(url).invoke("run")).result() == [True, True, "/page"]


async def test_hubs_and_events_with_dots_in_their_names_are_kept_apart() -> None:
    router = HubRouter(default_service=service())

    @router.trigger(hub="a", event="b.messages.c")
    async def first(found: Annotated[str, Depends(lambda: "first")]) -> str:
        return found

    @router.trigger(hub="a.messages.b", event="c")
    async def second(found: Annotated[str, Depends(lambda: "second")]) -> str:
        return found

    async with serving(app_of(router)) as url:
        assert (await Caller(url, "a").invoke("b.messages.c")).result() == "first"
        assert (await Caller(url, "a.messages.b").invoke("c")).result() == "second"


async def test_arguments_look_like_a_list() -> None:
    router = HubRouter(default_service=service())

    @router.trigger(hub="chat", event="run")
    async def run(context: InvocationContext) -> list[Any]:
        given = context.arguments
        return [given == ["x", 1], given == ("x", 1), given == ["y"], given == object(), repr(given)]

    async with serving(app_of(router)) as url:
        assert (await Caller(url).invoke("run", "x", 1)).result() == [True, True, False, False, "['x', 1]"]


async def test_a_router_runs_in_one_app_at_a_time() -> None:
    router = HubRouter(Chat, default_service=service())
    first, second = app_of(router), app_of(router)
    async with first.router.lifespan_context(first):
        with pytest.raises(ConfigurationError, match="runs already"):
            async with second.router.lifespan_context(second):
                pass
    async with second.router.lifespan_context(second):
        pass


async def test_an_error_on_the_way_out_of_what_may_be_cancelled_is_itself() -> None:
    async def fail(receive: Receive) -> None:
        assert (await receive())["type"] == "http.request"
        raise ConnectionError("gone")

    bodies = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if not bodies:
            await asyncio.Event().wait()
        return bodies.pop()

    with pytest.raises(ConnectionError, match="gone"):
        await until_disconnect(receive, fail)


class Picky(BaseModel):
    text: str

    @field_validator("text")
    @classmethod
    def _refuse(cls, text: str) -> str:
        raise HubException(f"not {text}")


@pytest.mark.parametrize("injects", [False, True])
async def test_a_validator_may_say_with_its_own_words_why_it_refuses(*, injects: bool) -> None:
    router = HubRouter(default_service=service())
    if injects:

        @router.trigger(hub="chat", event="run", parameter_names=["picky"])
        async def with_request(picky: Picky, request: Request) -> None: ...
    else:

        @router.trigger(hub="chat", event="run", parameter_names=["picky"])
        async def without(picky: Picky) -> None: ...

    async with serving(app_of(router)) as url:
        assert (await Caller(url).invoke("run", {"text": "that"})).error() == "not that"


async def test_a_wrapped_function_runs_in_the_event_loop() -> None:
    router = HubRouter(default_service=service())

    async def inner() -> str:
        return "in the loop" if asyncio.current_task() is not None else "elsewhere"

    @wraps(inner)
    def outer() -> Any:
        return inner()

    router.trigger(hub="chat", event="run")(outer)
    async with serving(app_of(router)) as url:
        assert (await Caller(url).invoke("run")).result() == "in the loop"
