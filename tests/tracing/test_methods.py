"""The span of a method: its name, its parent, and how it ends."""

from typing import Any

import pytest
from fastapi import HTTPException
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from serverless_hub import ConnectionRejected, HubException, InvocationContext, ServerlessHub
from serverless_hub.hub.filters import HubInvocation
from serverless_hub.protocol.multimap import MultiMap
from serverless_hub.protocol.upstream import Category
from serverless_hub.tracing import Tracing
from tests.support.hub_bench import Bench
from tests.tracing.spans import Spans

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
SECRET = "open sesame"


class TroubleError(Exception):
    pass


def chat(spans: Spans) -> type[ServerlessHub]:
    class Chat(ServerlessHub, filters=[spans.tracing.method]):
        async def on_connected(self) -> None:
            raise ConnectionRejected(SECRET)

        async def say(self, text: str) -> str:
            return text

        async def refuse(self, text: str) -> None:
            raise HubException(text)

        async def forbid(self, text: str) -> None:
            raise HTTPException(403, text)

        async def fail(self, text: str) -> None:
            raise TroubleError(text)

        async def divide(self, by: int) -> float:
            return 1 / by

    return Chat


@pytest.fixture
def spans() -> Spans:
    return Spans()


def status(span: ReadableSpan) -> StatusCode:
    assert span.status.description is None
    return span.status.status_code


@pytest.mark.requirement("traces.method")
async def test_a_call_is_a_span_with_the_names_of_opentelemetry(spans: Spans) -> None:
    headers = {"x-asrs-message-tracing-id": "trace-7"}
    assert await Bench(chat(spans), headers=headers).result("say", SECRET) == SECRET
    span = spans.named("Chat/say")
    assert span.kind is SpanKind.SERVER
    assert dict(span.attributes or {}) == {
        "rpc.system.name": "signalr",
        "rpc.method": "Chat/say",
        "serverless_hub.category": "messages",
        "serverless_hub.connection.id": "c1",
        "signalr.message.tracing_id": "trace-7",
    }
    assert status(span) is StatusCode.UNSET


@pytest.mark.requirement("traces.context")
async def test_the_trace_of_the_request_goes_on(spans: Spans) -> None:
    headers = {"Traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "vendor=1"}
    await Bench(chat(spans), headers=headers).result("say", "hi")
    span = spans.named("Chat/say")
    assert span.parent is not None
    assert f"{span.parent.trace_id:032x}-{span.parent.span_id:016x}" == f"{TRACE}-{PARENT}"
    assert span.parent.is_remote
    assert span.context is not None
    assert span.context.trace_state.get("vendor") == "1"


async def test_the_span_of_the_request_is_above_what_its_header_says(spans: Spans) -> None:
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
    with spans.provider.get_tracer("tests").start_as_current_span("request"):
        await Bench(chat(spans), headers=headers).result("say", "hi")
    assert spans.line(spans.named("Chat/say")) == ["Chat/say", "request"]


@pytest.mark.parametrize("header", [None, "nonsense", f"00-{'0' * 32}-{PARENT}-01"])
async def test_without_a_trace_one_begins(spans: Spans, header: str | None) -> None:
    await Bench(chat(spans), headers={} if header is None else {"traceparent": header}).result("say", "hi")
    assert spans.named("Chat/say").parent is None


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("refuse", "serverless_hub.errors.HubException"),
        ("forbid", "fastapi.exceptions.HTTPException"),
    ],
)
async def test_a_refusal_is_an_error_of_the_client_only(spans: Spans, target: str, error: str) -> None:
    assert await Bench(chat(spans)).error(target, SECRET) == SECRET
    assert spans.attributes(f"Chat/{target}")["error.type"] == error
    assert status(spans.named(f"Chat/{target}")) is StatusCode.UNSET
    assert SECRET not in spans.text()


@pytest.mark.requirement("traces.values")
@pytest.mark.parametrize(
    ("target", "argument", "error"), [("fail", SECRET, f"{__name__}.TroubleError"), ("divide", 0, "ZeroDivisionError")]
)
async def test_what_goes_wrong_is_an_error_without_its_text(
    spans: Spans, target: str, argument: Any, error: str
) -> None:
    await Bench(chat(spans)).error(target, argument)
    span = spans.named(f"Chat/{target}")
    assert (span.attributes or {})["error.type"] == error
    assert status(span) is StatusCode.ERROR
    assert span.events == ()
    assert SECRET not in spans.text()


async def test_hooks_have_spans_too(spans: Spans) -> None:
    assert (await Bench(chat(spans)).connect()).status == 403
    assert spans.attributes("Chat/connected")["serverless_hub.category"] == "connections"
    assert (await Bench(chat(spans)).disconnect()).status == 200  # it has no hook for that
    assert status(spans.named("Chat/disconnected")) is StatusCode.UNSET


async def test_a_method_that_is_cancelled_has_failed(spans: Spans) -> None:
    class Cancelled(BaseException):
        pass

    async def cancelled(_: HubInvocation) -> None:
        raise Cancelled

    context = InvocationContext(
        hub="Chat", category=Category.MESSAGES, event="say", connection_id="c1", headers=MultiMap()
    )
    with pytest.raises(Cancelled):
        await spans.tracing.method(HubInvocation(context, None, ()), cancelled)
    assert status(spans.named("Chat/say")) is StatusCode.ERROR


async def test_without_a_provider_everything_works_and_nothing_is_made(spans: Spans) -> None:
    spans.tracing = Tracing()  # of the global provider, which nobody has set
    assert await Bench(chat(spans)).result("say", "hi") == "hi"
    await Bench(chat(spans)).error("fail", SECRET)
    assert spans.all() == []
