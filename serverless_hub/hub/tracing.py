"""The service's id of a message, carried into the current span where OpenTelemetry is in use."""

import sys

__all__ = ["TRACING_ATTRIBUTE", "note_tracing_id"]

TRACING_ATTRIBUTE = "signalr.message.tracing_id"
"""The span attribute."""


def note_tracing_id(tracing_id: str) -> None:
    """Set the attribute on the current span; where nobody has imported OpenTelemetry, there is none."""
    library = sys.modules.get("opentelemetry.trace")
    if library is not None:
        library.get_current_span().set_attribute(TRACING_ATTRIBUTE, tracing_id)
