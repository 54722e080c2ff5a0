"""Requests with spans, whose servers can go on with the trace."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, Tracer

from serverless_hub.http_client import HttpClient, HttpResponse
from serverless_hub.tracing.spans import note_status, spanning

__all__ = ["TracedHttpClient"]


_PORTS = {"http": 80, "https": 443}


class TracedHttpClient(HttpClient):
    """An `HttpClient` that makes a span of each request, and sends its trace context along (W3C `traceparent`).

    A span has method, server and status; not the URL, in which names of users and groups may stand. Checks of a
    service's health, which belong to nothing, have none.

    Args:
        tracer: makes the spans.
        options: `HttpClient`'s.
    """

    def __init__(self, tracer: Tracer, **options: Any) -> None:
        super().__init__(**options)
        self._tracer = tracer

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout: float,  # noqa: ASYNC109 - as the base has it
        max_bytes: int,
    ) -> HttpResponse:
        """Send one request and return the whole answer; arguments and errors are those of the base."""
        if method == "HEAD" and not trace.get_current_span().get_span_context().is_valid:
            return await super().request(method, url, headers=headers, body=body, timeout=timeout, max_bytes=max_bytes)
        with spanning(self._tracer, method, SpanKind.CLIENT, _about(method, url)) as span:
            carried = dict(headers)
            propagate.inject(carried)
            response = await super().request(
                method, url, headers=carried, body=body, timeout=timeout, max_bytes=max_bytes
            )
            note_status(span, response.status)
            return response


def _about(method: str, url: str) -> dict[str, str | int]:
    about: dict[str, str | int] = {"http.request.method": method}
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return about  # The request fails, and says why.
    if parts.hostname and port:
        about |= {"url.scheme": parts.scheme, "server.address": parts.hostname, "server.port": port}
    return about
