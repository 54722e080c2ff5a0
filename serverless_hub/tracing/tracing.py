"""`Tracing`: what an app hands to its router to get spans."""

from importlib.metadata import version
from typing import Any

try:
    from opentelemetry import propagate, trace
except ModuleNotFoundError as _missing:
    raise ModuleNotFoundError(
        "serverless_hub.tracing needs OpenTelemetry: pip install 'serverless-hub[otel]'", name=_missing.name
    ) from _missing
from opentelemetry.trace import SpanKind, TracerProvider

from serverless_hub.errors import HubException
from serverless_hub.http_client import HttpClient
from serverless_hub.hub.filters import CallNext, HubInvocation
from serverless_hub.hub.injection import client_error_text
from serverless_hub.hub.ports import HubSender
from serverless_hub.hub.tracing import TRACING_ATTRIBUTE
from serverless_hub.service.asgi import App
from serverless_hub.tracing.http_client import TracedHttpClient
from serverless_hub.tracing.sender import TracedSender
from serverless_hub.tracing.spans import CATEGORY, CONNECTION, rpc, spanning
from serverless_hub.tracing.upstream import TracedUpstream

__all__ = ["Tracing"]


class Tracing:
    """Spans for what hubs do.

        HubRouter(Chat, tracing=Tracing(), default_service=EmbeddedService())

    A method has a span with the name `Chat/send_message`, below that of the request that brought the event, or below
    what the `traceparent` of the request says. What it sends, and the requests which that takes, are below; requests
    carry `traceparent` on. Events that the embedded service posts begin a trace of their own. No span has arguments,
    results, or the names of users and groups.

    Args:
        tracer_provider: makes the spans; without one, the global provider does, also where that is set later.
    """

    def __init__(self, tracer_provider: TracerProvider | None = None) -> None:
        self._tracer = trace.get_tracer("serverless_hub", version("serverless-hub"), tracer_provider)

    async def method(self, invocation: HubInvocation, call_next: CallNext) -> Any:
        """Run a method or a hook in a span: a filter.

        A refusal (`HubException`, an `HTTPException` of 4xx) is no failure of the server: it has an `error.type` only.
        """
        context = invocation.context
        about = rpc(context.hub, context.event)
        about |= {CATEGORY: context.category.value, CONNECTION: context.connection_id}
        if context.tracing_id is not None:
            about[TRACING_ATTRIBUTE] = context.tracing_id
        request = trace.get_current_span().get_span_context()
        parent = None if request.is_valid else propagate.extract(context.headers)
        with spanning(
            self._tracer,
            f"{context.hub}/{context.event}",
            SpanKind.SERVER,
            about,
            context=parent,
            is_failure=_is_failure,
        ):
            return await call_next(invocation)

    def sender(self, hub: str, sender: HubSender) -> HubSender:
        """Return `sender` as one that makes a span of whatever it does for `hub`."""
        return TracedSender(hub, sender, self._tracer)

    def upstream(self, app: App) -> App:
        """Return `app` as one whose events, which the embedded service posts to it, have spans."""
        return TracedUpstream(app, self._tracer)

    def http_client(self, **options: Any) -> HttpClient:
        """Return an HTTP client whose requests have spans, and carry `traceparent`; `options` are `HttpClient`'s."""
        return TracedHttpClient(self._tracer, **options)


def _is_failure(error: BaseException) -> bool:
    if isinstance(error, HubException):
        return False
    return not isinstance(error, Exception) or client_error_text(error) is None
