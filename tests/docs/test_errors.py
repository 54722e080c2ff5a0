"""Claims of `reference/errors.md`: what clients read is what they do read, and the advice leads somewhere."""

import re
from typing import Any

import aiohttp
import pytest
from fastapi import FastAPI, HTTPException

from examples.snippets import failing, typed
from examples.tutorial.step_2 import poll
from serverless_hub import (
    ConfigurationError,
    EmbeddedService,
    HubContext,
    HubDefinitionError,
    HubRouter,
    Negotiation,
    RateLimit,
    SendOptions,
    ServerlessHub,
    ServiceError,
    requires,
)
from serverless_hub.management import RetryPolicy
from serverless_hub.protocol.messages import Completion, StreamInvocation
from tests.docs.pages import cells
from tests.support.client import connected
from tests.support.server import serving

READ = {row[0].strip("`") for row in list(cells("reference/errors.md", "What a client reads"))[1:]}


class Desk(ServerlessHub, naming="camel"):
    @requires()
    async def sign(self) -> None: ...

    async def vote(self, drink: poll.Drink) -> None:
        raise RuntimeError(drink)


def app_of(**options: Any) -> FastAPI:
    app = FastAPI()
    HubRouter(Desk, default_service=EmbeddedService(), **options).install(app)
    return app


async def error_of(client: Any, target: str, *arguments: Any) -> str:
    return str((await client.invoke(target, *arguments)).error)


async def test_what_a_client_reads_stands_in_the_table() -> None:
    limits = {"rate_limit": RateLimit(per_second=0.001, burst=6), "max_body_bytes": 200}
    async with serving(app_of(**limits)) as url, connected(url, "desk") as client:
        read = [
            await error_of(client, "vote", "tea", "water"),
            await error_of(client, "vote", "beer"),
            await error_of(client, "sign"),
            await error_of(client, "vote", "tea"),
            await error_of(client, "nothing"),
            await error_of(client, "vote", "x" * 300),
            await error_of(client, "sign"),
        ]
        await client.send(StreamInvocation("vote", "s"))
        completion = await client.receive()
    assert isinstance(completion, Completion)
    read.append(str(completion.error))
    assert [text for text in read if not any(re.match(pattern(shown), text) for shown in READ)] == []
    assert len({pattern for pattern in map(pattern_of, read) if pattern}) == len(read)


def pattern(shown: str) -> str:
    """Return what a text in the table stands for."""
    return re.escape(shown).replace(r"\.\.\.", ".*") + "$"


def pattern_of(text: str) -> str | None:
    return next((shown for shown in READ if re.match(pattern(shown), text)), None)


async def refuse() -> Negotiation:
    raise HTTPException(403, "not today")


async def test_what_negotiate_is_answered_stands_in_the_table() -> None:
    rows = {row[0]: row[1] for row in cells("reference/errors.md", "When a client cannot connect")}
    async with serving(app_of(negotiate=refuse)) as url, aiohttp.ClientSession() as session:
        async with session.post(f"{url}/desk/negotiate") as refused:
            assert rows["401, 403"] == "negotiate"
            assert refused.status == 403
        async with session.post(f"{url}/nobody/negotiate") as unknown:
            assert unknown.status == 404
    big = app_of(negotiate=lambda: Negotiation(claims={"text": "x" * 5000}))
    async with serving(big) as url, aiohttp.ClientSession() as session:
        async with session.post(f"{url}/desk/negotiate") as large:
            assert large.status == 500
        async with session.post(f"{url}/desk/negotiate", headers={"Host": "example.com"}) as elsewhere:
            assert elsewhere.status in (400, 500)


def test_an_app_that_cannot_work_does_not_start() -> None:
    async def count(self: ServerlessHub) -> Any:
        yield 1

    with pytest.raises(HubDefinitionError, match="generator"):
        type("Streams", (ServerlessHub,), {"count": count})
    with pytest.raises(ConfigurationError):
        HubRouter(Desk, upstream_code="short")


async def test_a_client_that_is_gone_has_not_confirmed_and_other_failures_are_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with typed.app.router.lifespan_context(typed.app):
        assert await failing.is_confirmed(typed.router.context("shop"), "gone") is False
    context = HubContext.from_connection_string(
        "Endpoint=http://127.0.0.1:1;AccessKey=nothing-listens-there;",
        "shop",
        options=SendOptions(retry=RetryPolicy.none()),
    )
    async with context:
        with pytest.raises(ServiceError):
            await failing.is_confirmed(context, "anybody")
    assert "asking failed" in caplog.text
