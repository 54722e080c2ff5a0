"""Apps that start and stop, and apps that do not."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI

from serverless_hub.testing import ExpectationError, HubTestClient
from tests.testing.apps import chat_app


def app_with(text: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        if text == "no start":
            raise LookupError("no database")
        if text == "no end of the start":
            await asyncio.Event().wait()
        yield
        if text == "no stop":
            await asyncio.Event().wait()
        raise ConnectionError("no way to say goodbye")

    return FastAPI(lifespan=lifespan)


async def test_what_the_lifespan_raises_is_raised() -> None:
    with pytest.raises(LookupError, match="no database"):
        async with HubTestClient(app_with("no start")):
            pass
    with pytest.raises(ConnectionError, match="no way to say goodbye"):
        async with HubTestClient(app_with("")):
            pass


async def test_an_app_without_a_lifespan_does_not_start() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "lifespan"

    with pytest.raises(RuntimeError, match="its lifespan ended"):
        async with HubTestClient(app):
            pass


async def test_an_app_that_does_not_come_to_its_start_fails_the_test_and_is_ended() -> None:
    before = asyncio.all_tasks()
    with pytest.raises(ExpectationError, match=r"the app did not start: .* within 0.05 s"):
        async with HubTestClient(app_with("no end of the start"), timeout=0.05):
            pass
    assert asyncio.all_tasks() == before


async def test_an_app_that_does_not_stop_fails_the_test() -> None:
    with pytest.raises(ExpectationError, match="the app did not stop"):
        async with HubTestClient(app_with("no stop"), timeout=0.2):
            pass


async def test_what_the_test_raises_comes_first() -> None:
    for text in ("no stop", ""):
        with pytest.raises(ZeroDivisionError):
            async with HubTestClient(app_with(text), timeout=0.2):
                raise ZeroDivisionError


async def test_nothing_is_left_of_a_test() -> None:
    before = asyncio.all_tasks()
    app = chat_app()
    async with HubTestClient(app) as hub:
        for transport in ("websockets", "sse", "long-polling"):
            await (await hub.connect(transport=transport)).send("hang")
    assert asyncio.all_tasks() == before


async def test_a_test_client_runs_once() -> None:
    hub = HubTestClient(chat_app())
    with pytest.raises(RuntimeError, match="the app does not run"):
        await hub.connect()
    async with hub:
        pass
    with pytest.raises(RuntimeError, match="make one for each test"):
        await hub.__aenter__()
