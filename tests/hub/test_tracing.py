"""The service's id of a message, in our log and in spans."""

import logging
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider

from serverless_hub import HubException, ServerlessHub
from serverless_hub.hub import tracing
from tests.support.hub_bench import Bench

HEADER = {"x-asrs-message-tracing-id": "trace-7"}


class Chat(ServerlessHub):
    async def which(self) -> str | None:
        return self.context.tracing_id

    async def refuse(self) -> None:
        raise HubException("no")

    async def fail(self) -> None:
        raise RuntimeError


async def test_the_context_has_the_tracing_id_where_there_is_one() -> None:
    assert await Bench(Chat, headers=HEADER).result("which") == "trace-7"
    assert await Bench(Chat).result("which") is None


@pytest.mark.parametrize("target", ["refuse", "fail"])
async def test_what_goes_wrong_is_logged_with_the_tracing_id(target: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "serverless_hub")
    await Bench(Chat, headers=HEADER).error(target)
    assert [record.getMessage() for record in caplog.records if "(message trace-7)" in record.getMessage()]


async def test_the_current_span_has_the_tracing_id() -> None:
    tracer = TracerProvider().get_tracer("tests")
    with tracer.start_as_current_span("request") as span:
        await Bench(Chat, headers=HEADER).result("which")
    assert getattr(span, "attributes", {}) == {tracing.TRACING_ATTRIBUTE: "trace-7"}


async def test_without_opentelemetry_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "opentelemetry.trace")
    assert await Bench(Chat, headers=HEADER).result("which") == "trace-7"
