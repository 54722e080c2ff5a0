"""The service's id of a message, carried into the current span where OpenTelemetry is installed."""

try:
    from opentelemetry.trace import get_current_span
except ImportError:
    get_current_span = None  # type: ignore[assignment]  # an optional library

__all__ = ["TRACING_ATTRIBUTE", "note_tracing_id"]

TRACING_ATTRIBUTE = "signalr.message.tracing_id"
"""The span attribute."""


def note_tracing_id(tracing_id: str) -> None:
    """Set the attribute on the current span; without OpenTelemetry, or without a span, do nothing."""
    if get_current_span is not None:
        get_current_span().set_attribute(TRACING_ATTRIBUTE, tracing_id)
