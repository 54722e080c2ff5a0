"""Real spans, kept in memory."""

import json
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from serverless_hub.tracing import Tracing

__all__ = ["Spans"]


class Spans:
    """What a tracer provider has made."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracing = Tracing(self.provider)

    def all(self) -> list[ReadableSpan]:
        """Return those that have ended, in the order of their ends."""
        return list(self._exporter.get_finished_spans())

    def named(self, name: str) -> ReadableSpan:
        """Return the only one with this name."""
        (span,) = (span for span in self.all() if span.name == name)
        return span

    def line(self, span: ReadableSpan) -> list[str]:
        """Return the names of a span and of those above it, up to the root of its trace."""
        by_id = {each.context.span_id: each for each in self.all() if each.context is not None}
        names = [span.name]
        while span.parent is not None and span.parent.span_id in by_id:
            span = by_id[span.parent.span_id]
            names.append(span.name)
        return names

    def attributes(self, name: str) -> dict[str, Any]:
        """Return those of the only span with this name."""
        return dict(self.named(name).attributes or {})

    def text(self) -> str:
        """Return all that an exporter could show of them."""
        return json.dumps([json.loads(span.to_json()) for span in self.all()])
