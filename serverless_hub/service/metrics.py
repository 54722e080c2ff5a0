"""What the service can count, for whoever wants to know; by default nobody does."""

from typing import Literal, Protocol

from serverless_hub.service.ending import Ending

__all__ = ["NO_METRICS", "Metrics", "Outcome", "TransportKind"]

TransportKind = Literal["web_sockets", "server_sent_events", "long_polling"]
"""Values of OpenTelemetry's `signalr.transport`."""
Outcome = Literal["ok", "refused", "failed", "unreachable", "timeout", "unmatched"]
"""What became of an event: 2xx; other below 500; 500 and above; no usable answer; none in time; no rule took it."""


class Metrics(Protocol):
    """Takes the numbers. Nothing that it is given says whose they are."""

    def opened(self, transport: TransportKind) -> None:
        """Count a connection that has begun."""

    def closed(self, transport: TransportKind, ending: Ending, seconds: float) -> None:
        """Count the end of a connection, and how long it lasted."""

    def event(self, category: str, outcome: Outcome, seconds: float) -> None:
        """Count an event, and how long its answer took."""

    def sent(self, messages: int) -> None:
        """Count messages to clients: one for each receiver."""


class _NoMetrics:
    def opened(self, transport: TransportKind) -> None: ...

    def closed(self, transport: TransportKind, ending: Ending, seconds: float) -> None: ...

    def event(self, category: str, outcome: Outcome, seconds: float) -> None: ...

    def sent(self, messages: int) -> None: ...


NO_METRICS: Metrics = _NoMetrics()
"""Counts nothing."""
