"""Whole traces: from the event to what its method sends, in one process and over HTTP."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

import pytest
from fastapi import BackgroundTasks, Depends, FastAPI
from opentelemetry.trace import StatusCode

from serverless_hub import EmbeddedService, HubContext, HubRouter, SendOptions, ServerlessHub
from serverless_hub.bindings import SignalRMessage, SignalROutput
from serverless_hub.protocol.messages import Invocation
from serverless_hub.service.asgi import App, Message, Receive, Scope, Send
from tests.support.client import Client, connected
from tests.support.server import listen, serving, url_of
from tests.support.services import KEY, service
from tests.support.standalone import KEY as STANDALONE_KEY
from tests.support.standalone import standalone, visitor
from tests.support.upstream import Caller
from tests.tracing.spans import Spans

SECRET = "open sesame"
EVENT = ["Chat/say", "POST"]
"""An event of the embedded service and its method."""


class Chat(ServerlessHub):
    async def say(self, text: str) -> int:
        await self.clients.all.send("said", text)
        return len(text)

    async def later(self, text: str, background: BackgroundTasks) -> None:
        background.add_task(self._later, text)

    async def _later(self, text: str) -> None:
        await self.clients.all.send("said", text)


@pytest.fixture
def spans() -> Spans:
    return Spans()


@asynccontextmanager
async def chatting(spans: Spans, app: FastAPI | None = None) -> AsyncGenerator[Client]:
    """Yield a client of an app with the embedded service, whose own spans are off if nothing else is said."""
    app = app or FastAPI(telemetry={"tracing": False})
    HubRouter(Chat, default_service=EmbeddedService(), tracing=spans.tracing).install(app)
    async with serving(app) as url, connected(url) as client:
        yield client


@pytest.mark.requirement("traces.context")
async def test_event_method_and_send_are_one_trace(spans: Spans) -> None:
    async with chatting(spans) as client:
        assert client.result_of(await client.invoke("say", SECRET)) == len(SECRET)
    assert spans.line(spans.named("chat/said")) == ["chat/said", *EVENT]
    assert SECRET not in spans.text()


@pytest.mark.requirement("traces.own")
async def test_every_event_has_a_trace_of_its_own(spans: Spans) -> None:
    async with chatting(spans) as client:
        await client.invoke("say", "hi")
        await client.invoke("say", "ho")
    events = [span for span in spans.all() if span.name == "POST"]
    said = [(span.attributes or {})["serverless_hub.event"] for span in events]
    assert said == ["connected", "say", "say", "disconnected"]
    assert len({span.context.trace_id for span in events if span.context is not None}) == len(events)


async def test_an_event_says_what_it_is_and_how_it_was_answered(spans: Spans) -> None:
    async with chatting(spans) as client:
        await client.invoke("unheard", SECRET)
    event = next(span for span in spans.all() if (span.attributes or {}).get("serverless_hub.event") == "unheard")
    attributes = dict(event.attributes or {})
    assert attributes.pop("serverless_hub.connection.id")
    assert attributes == {
        "http.request.method": "POST",
        "url.path": "/runtime/webhooks/signalr",
        "serverless_hub.hub": "chat",
        "serverless_hub.category": "messages",
        "serverless_hub.event": "unheard",
        "http.response.status_code": 404,
        "error.type": "404",
    }
    assert event.status.status_code is StatusCode.ERROR


async def test_the_spans_of_fastapi_stand_between(spans: Spans) -> None:
    async with chatting(spans, FastAPI(telemetry={"tracer_provider": spans.provider})) as client:
        await client.invoke("say", "hi")
    assert spans.line(spans.named("chat/said")) == ["chat/said", "Chat/say", "POST", "POST"]


@pytest.mark.requirement("traces.own")
async def test_the_span_of_a_connection_is_linked(spans: Spans) -> None:
    async with chatting(spans, FastAPI(telemetry={"tracer_provider": spans.provider})) as client:
        await client.invoke("say", "hi")
    (connection,) = (span for span in spans.all() if span.name.startswith("WS"))
    events = [span for span in spans.all() if "serverless_hub.event" in dict(span.attributes or {})]
    assert len(events) == 3
    assert [link.context for event in events for link in event.links] == [connection.context] * 3


async def test_what_an_app_does_after_its_answer_is_no_part_of_the_event(spans: Spans) -> None:
    goes_on, done = asyncio.Event(), asyncio.Event()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "more_body": True})
        assert spans.all() == []
        await send({"type": "http.response.body", "body": b""})
        done.set()
        await goes_on.wait()
        raise RuntimeError(SECRET)

    task = asyncio.create_task(post(spans.tracing.upstream(app)))
    async with asyncio.timeout(5):
        await done.wait()
    assert [span.status.status_code for span in spans.all()] == [StatusCode.UNSET]
    goes_on.set()
    with pytest.raises(RuntimeError):
        await task
    assert len(spans.all()) == 1


async def test_an_app_that_raises_ends_the_event_with_an_error(spans: Spans) -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError(SECRET)

    with pytest.raises(RuntimeError):
        await post(spans.tracing.upstream(app))
    assert spans.attributes("POST")["error.type"] == "RuntimeError"
    assert SECRET not in spans.text()


async def post(app: App) -> None:
    async def nothing() -> Message:
        return {}

    async def ignore(_: Message) -> None:
        pass

    await app({"type": "http", "path": "/", "headers": []}, nothing, ignore)


async def test_the_trace_goes_on_in_background_tasks(spans: Spans) -> None:
    async with chatting(spans) as client:
        await client.send(Invocation("later", ("hi",)))
        assert await client.call_of("said") == ["hi"]
    assert spans.line(spans.named("chat/said"))[-1] == "POST"


async def test_contexts_and_outputs_of_the_router_have_spans(spans: Spans) -> None:
    app = FastAPI(telemetry={"tracing": False})
    router = HubRouter(Chat, default_service=EmbeddedService(), tracing=spans.tracing)
    context = router.context(Chat)

    @app.post("/send")
    async def send(output: Annotated[SignalROutput, Depends(router.output("chat"))]) -> None:
        await context.clients.all.send("news")
        await output.add(SignalRMessage(target="more", arguments=[]))

    router.install(app)
    async with serving(app) as url:
        await Caller(url, path="/send").post("", "", {}, {})
    assert spans.line(spans.named("chat/news")) == ["chat/news"]
    assert spans.line(spans.named("chat/more")) == ["chat/more"]


async def test_over_http_the_service_can_go_on_with_the_trace(spans: Spans, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = FastAPI(telemetry={"tracer_provider": spans.provider})
    async with service(KEY, elsewhere) as url:
        monkeypatch.setenv("AzureSignalRConnectionString", f"Endpoint={url};AccessKey={KEY};")
        app = FastAPI(telemetry={"tracing": False})
        HubRouter(Chat, tracing=spans.tracing).install(app)
        async with serving(app) as app_url:
            traceparent = f"00-{'7' * 32}-{'5' * 16}-01"
            answer = await Caller(app_url, key=KEY).invoke("say", SECRET, traceparent=traceparent)
    assert answer.result() == len(SECRET)
    served = next(span for span in spans.all() if "http.route" in (span.attributes or {}))
    assert spans.line(served)[1:] == ["POST", "chat/said", "Chat/say"]
    assert served.context is not None
    assert f"{served.context.trace_id:032x}" == "7" * 32
    assert SECRET not in spans.text()


async def test_a_service_of_its_own_begins_the_trace(spans: Spans, monkeypatch: pytest.MonkeyPatch) -> None:
    with listen() as listener:
        webhook = f"{url_of(listener)}/runtime/webhooks/signalr"
        async with standalone(webhook, client=spans.tracing.http_client()) as url:
            monkeypatch.setenv("AzureSignalRConnectionString", f"Endpoint={url};AccessKey={STANDALONE_KEY};")
            app = FastAPI(telemetry={"tracing": False})
            HubRouter(Chat, tracing=spans.tracing).install(app)
            async with serving(app, listener), visitor(url) as client:
                assert client.result_of(await client.invoke("say", SECRET)) == len(SECRET)
    sent = next(span for span in spans.all() if spans.line(span)[1:2] == ["chat/said"])
    assert spans.line(sent) == ["POST", "chat/said", "Chat/say", "POST"]
    assert SECRET not in spans.text()


async def test_a_script_has_spans_of_what_it_sends(spans: Spans) -> None:
    options = SendOptions(tracing=spans.tracing)
    async with service() as url:
        text = f"Endpoint={url};AccessKey={KEY};"
        async with HubContext.from_connection_string(text, "chat", options=options) as chat:
            await chat.clients.user("ann").send("news", SECRET)
    (request,) = (span for span in spans.all() if span.name == "POST")
    assert spans.line(request) == ["POST", "chat/news"]
    assert SECRET not in spans.text()
    assert "ann" not in spans.text()
