"""Spans of OpenTelemetry for hubs: an event, the method that runs for it, and what that sends, as one trace.

The only package that makes spans; nothing imports it but an app that wants them. It needs the extra `otel`.
"""

try:
    from serverless_hub.tracing.tracing import Tracing
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "serverless_hub.tracing needs OpenTelemetry: pip install 'serverless-hub[otel]'", name=error.name
    ) from error

__all__ = ["Tracing"]
