"""What an app answers to an event without being called is what it answers when it is; the rest it leaves to a call."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub, hub_method
from serverless_hub.hub.rate_limit import RateLimit
from serverless_hub.protocol.upstream_answer import UpstreamAnswer
from serverless_hub.routing.shortcut import EventsFirst
from serverless_hub.service.asgi import Scope
from tests.routing.caller import KEY, WEBHOOK, headers, message


def asked() -> str:
    return "word"


class Chat(ServerlessHub):
    async def echo(self, text: str) -> str:
        return text

    async def fail(self) -> None:
        raise ValueError("secret")

    async def header(self, name: str) -> str | None:
        return self.context.headers.get(name)

    async def injected(self, *, word: Annotated[str, Depends(asked)]) -> str:
        return word

    @hub_method(cancel_on_disconnect=True)
    async def cancelled(self) -> None:
        pass


class Bench:
    """An app that has answered one event the whole way, so that others may go the short one."""

    def __init__(self, app: EventsFirst) -> None:
        self.app = app

    def scope(self, event: Iterable[tuple[str, str]], path: str = WEBHOOK, method: str = "POST") -> Scope:
        raw = [(name.lower().encode(), value.encode()) for name, value in event]
        fixed = {"type": "http", "method": method, "path": path, "root_path": "", "query_string": b""}
        return {**fixed, "headers": raw, "http_version": "1.1", "client": None, "server": None, "state": {}}

    async def call(self, scope: Scope, body: bytes) -> tuple[int, bytes]:
        """Call the app."""
        status, answer = 0, b""

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(said: Any) -> None:
            nonlocal status, answer
            status, answer = said.get("status", status), answer + said.get("body", b"")

        await self.app(scope, receive, send)
        return status, answer

    async def direct(self, scope: Scope, body: bytes) -> UpstreamAnswer | None:
        """Let the app answer directly; None where it does not."""
        answering = self.app.direct(scope)
        return None if answering is None else await answering(body)


@asynccontextmanager
async def bench(**options: Any) -> AsyncGenerator[Bench]:
    app = FastAPI()
    HubRouter(Chat, default_service=EmbeddedService(access_key=KEY), **options).install(app)
    async with app.router.lifespan_context(app):
        made = Bench(EventsFirst(app))
        await made.call(made.scope(headers("echo")), message("echo", "hello"))
        yield made


@pytest.mark.requirement("process.run.shortcut")
@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("echo", message("echo", "hello")),
        ("ECHO", message("ECHO", "hello", invocation_id=None)),
        ("echo", message("echo")),
        ("echo", message("other", "hello")),
        ("echo", b"nonsense"),
        ("echo", message("echo", "x" * 2000)),
        ("header", message("header", "X-Own")),
    ],
    ids=["call", "send", "arguments", "target", "nonsense", "too large", "header"],
)
async def test_an_event_is_answered_alike_directly_and_by_a_call(target: str, body: bytes) -> None:
    async with bench(max_body_bytes=1000) as made:
        event = headers(target, X_Own="mine")
        direct = await made.direct(made.scope(event), body)
        assert direct is not None
        assert (int(direct.status), direct.body) == await made.call(made.scope(event), body)


async def test_an_error_of_a_method_is_answered_without_its_text() -> None:
    async with bench() as made:
        direct = await made.direct(made.scope(headers("fail")), message("fail"))
        assert direct is not None
        assert (direct.error_code, b"secret" in direct.body) == ("unexpected", False)


async def test_messages_too_many_are_counted_on_both_ways() -> None:
    async with bench(rate_limit=RateLimit(per_second=0.001, burst=3)) as made:
        event, body = headers("echo"), message("echo", "hello")
        assert (await made.call(made.scope(event), body))[0] == 200
        statuses = [answer.status for _ in range(2) if (answer := await made.direct(made.scope(event), body))]
        assert statuses == [200, 429]
        assert (await made.call(made.scope(event), body))[0] == 429


async def test_paths_are_checked_on_both_ways() -> None:
    async with bench(strict_paths=True) as made:
        body = message("echo", "hello")
        for path, status in (("/chat/api/messages/echo", 200), ("/chat/api/messages/other", 400)):
            direct = await made.direct(made.scope(headers("echo"), path), body)
            assert direct is not None
            assert direct.status == status
            assert (await made.call(made.scope(headers("echo"), path), body))[0] == status


@pytest.mark.parametrize(
    ("event", "changed", "status"),
    [
        (headers("echo", connection_id="c2")[:-1], {}, 401),
        (headers("nothing"), {}, 404),
        (headers("echo")[1:], {}, 415),
        (headers("connected", category="connections"), {}, 200),
        (headers("injected"), {}, 200),
        (headers("cancelled"), {}, 200),
        (headers("echo"), {"path": "/other"}, 404),
        (headers("echo"), {"method": "PUT"}, 405),
    ],
    ids=["signature", "target", "media type", "connected", "Depends", "cancel_on_disconnect", "path", "method"],
)
async def test_whatever_takes_more_than_its_event_or_is_refused_is_left_to_a_call(
    event: list[tuple[str, str]], changed: dict[str, str], status: int
) -> None:
    async with bench() as made:
        scope = made.scope(event, **changed)
        target = next(value for name, value in event if name == "X-ASRS-Event")
        body = message(target, *(["hello"] if target == "echo" else []))
        assert await made.direct(scope, body) is None
        assert (await made.call(scope, body))[0] == status


async def test_nothing_is_direct_before_the_layers_are_known() -> None:
    app = FastAPI()
    HubRouter(Chat, default_service=EmbeddedService(access_key=KEY)).install(app)
    made = Bench(EventsFirst(app))
    async with app.router.lifespan_context(app):
        assert made.app.direct(made.scope(headers("echo"))) is None
