"""Spans of OpenTelemetry for hubs: an event, the method that runs for it, and what that sends, as one trace.

Nothing imports this package but an app that wants spans; it needs the extra `otel`.
"""

from serverless_hub.tracing.tracing import Tracing

__all__ = ["Tracing"]
