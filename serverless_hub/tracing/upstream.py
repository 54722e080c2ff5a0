"""Events on their way from the embedded service to the app in the same process, with spans."""

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind, Tracer

from serverless_hub.service.asgi import App, Message, Receive, Scope, Send, header_of
from serverless_hub.tracing.spans import CATEGORY, CONNECTION, EVENT, HUB, note_status, spanning

__all__ = ["TracedUpstream"]

_SAID = {
    HUB: b"x-asrs-hub",
    CATEGORY: b"x-asrs-category",
    EVENT: b"x-asrs-event",
    CONNECTION: b"x-asrs-connection-id",
}


class TracedUpstream:
    """Makes a span of each event, and hands its trace context to the app as a request over a network would.

    Each begins a trace of its own: a connection may last for days, so that its span is linked and no parent, as in .NET
    (dotnet/aspnetcore, DefaultHubDispatcher.cs).

    Args:
        app: takes the events.
        tracer: makes the spans.
    """

    def __init__(self, app: App, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one event on (ASGI)."""
        about: dict[str, str | int] = {"http.request.method": "POST", "url.path": scope["path"]}
        about |= {key: value for key, name in _SAID.items() if (value := header_of(scope, name)) is not None}
        connection = trace.get_current_span().get_span_context()
        links = [Link(connection)] if connection.is_valid else []
        with spanning(self._tracer, "POST", SpanKind.CLIENT, about, context=Context(), links=links) as span:
            carried: dict[str, str] = {}
            propagate.inject(carried)
            headers = [*scope["headers"], *((name.encode(), value.encode()) for name, value in carried.items())]

            async def send_noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    note_status(span, message["status"])
                await send(message)
                if message["type"] == "http.response.body" and not message.get("more_body", False):
                    span.end()  # What the app does after its answer is no part of it.

            await self._app({**scope, "headers": headers}, receive, send_noted)
