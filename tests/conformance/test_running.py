"""How methods run, and what the log says of it."""

import asyncio
import itertools
import logging
import threading
from typing import Annotated, Any

import pytest
from fastapi import Depends
from opentelemetry.sdk.trace import TracerProvider

from serverless_hub import HubDefinitionError, HubRouter, ServerlessHub
from tests.conformance.upstream import call, posting
from tests.support.clock import settle

LIMIT = 10.0
"""Seconds that anything may take."""


@pytest.mark.requirement("class-model.constructor")
async def test_a_constructor_is_given_its_dependencies_for_each_event() -> None:
    numbers = itertools.count(1)

    class Counting(ServerlessHub, hub="chat"):
        def __init__(self, number: Annotated[int, Depends(lambda: next(numbers))]) -> None:
            self.number = number

        async def which(self) -> int:
            return self.number

    async with posting(Counting) as upstream:
        assert [await upstream.invoke("which") for _ in range(2)] == [{"result": 1}, {"result": 2}]


@pytest.mark.requirement("class-model.constructor")
def test_a_constructor_takes_nothing_else() -> None:
    class Chat(ServerlessHub):
        def __init__(self, room: str) -> None: ...

    with pytest.raises(HubDefinitionError, match="is not injected"):
        HubRouter(Chat)


@pytest.mark.requirement("class-model.threads")
async def test_no_more_than_forty_synchronous_methods_run_at_once() -> None:
    started: list[int] = []
    forty, release = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    class Blocking(ServerlessHub, hub="chat"):
        def block(self, number: int) -> int:
            started.append(number)
            if len(started) == 40:
                loop.call_soon_threadsafe(forty.set)
            assert release.wait(LIMIT)
            return number

    async with posting(Blocking) as upstream:
        calls = [asyncio.create_task(upstream.invoke("block", number)) for number in range(45)]
        try:
            async with asyncio.timeout(LIMIT):
                await forty.wait()
            await settle()
            assert len(started) == 40
        finally:
            release.set()
            answers = await asyncio.gather(*calls)
    assert answers == [{"result": number} for number in range(45)]


class Traced(ServerlessHub, hub="chat"):
    async def which(self) -> str | None:
        return self.context.tracing_id

    async def fail(self) -> None:
        raise RuntimeError


TRACED: dict[str, Any] = {"x_asrs_message_tracing_id": "trace-7"}


@pytest.mark.requirement("logs.tracing-id")
async def test_the_tracing_id_is_in_the_context_and_in_the_line_about_a_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with posting(Traced) as upstream:
        assert await upstream.invoke("which", **TRACED) == {"result": "trace-7"}
        assert await upstream.invoke("which") == {"result": None}
        await upstream.post("fail", call("fail"), **TRACED)
    (failure,) = (record for record in caplog.records if record.levelname == "ERROR")
    assert "(message trace-7)" in failure.getMessage()


@pytest.mark.requirement("logs.tracing-id")
async def test_the_tracing_id_is_in_the_current_span() -> None:
    with TracerProvider().get_tracer("tests").start_as_current_span("request") as span:
        async with posting(Traced) as upstream:
            await upstream.invoke("which", **TRACED)
    assert getattr(span, "attributes", {}) == {"signalr.message.tracing_id": "trace-7"}
