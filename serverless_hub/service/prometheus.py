"""The numbers of the service in the text format of Prometheus. The only module that knows its client library.

Names, labels and buckets of the `signalr.server` metrics are OpenTelemetry's (semantic conventions, SignalR server
metrics, stable), as Prometheus writes them; the others begin with `serverless_hub`.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from serverless_hub.service.ending import Ending
from serverless_hub.service.metrics import Outcome, TransportKind

__all__ = ["PrometheusMetrics"]

_CONNECTION_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
_EVENT_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 100)


class PrometheusMetrics:
    """Counts for one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._active = Gauge(
            "signalr_server_active_connections",
            "Number of connections that are currently active on the server.",
            ["signalr_transport"],
            registry=self._registry,
        )
        self._durations = Histogram(
            "signalr_server_connection_duration_seconds",
            "The duration of connections on the server.",
            ["signalr_connection_status", "signalr_transport"],
            registry=self._registry,
            buckets=_CONNECTION_SECONDS,
        )
        self._events = Histogram(
            "serverless_hub_upstream_event_duration_seconds",
            "How long events waited for the answer of the app.",
            ["category", "outcome"],
            registry=self._registry,
            buckets=_EVENT_SECONDS,
        )
        self._sent = Counter(
            "serverless_hub_messages_sent",
            "Messages to clients, one for each receiver.",
            registry=self._registry,
        )
        self._slow = Counter(
            "serverless_hub_slow_connections_closed",
            "Connections that were closed because their clients did not read what they were sent.",
            registry=self._registry,
        )

    def opened(self, transport: TransportKind) -> None:
        """Count a connection that has begun."""
        self._active.labels(transport).inc()

    def closed(self, transport: TransportKind, ending: Ending, seconds: float) -> None:
        """Count the end of a connection, and how long it lasted."""
        self._active.labels(transport).dec()
        self._durations.labels(ending.status, transport).observe(seconds)
        self._slow.inc(ending.abrupt)

    def event(self, category: str, outcome: Outcome, seconds: float) -> None:
        """Count an event, and how long its answer took."""
        self._events.labels(category, outcome).observe(seconds)

    def sent(self, messages: int) -> None:
        """Count messages to clients: one for each receiver."""
        self._sent.inc(messages)

    def text(self) -> bytes:
        """Return all numbers in the text format 0.0.4, with names as Prometheus wants them."""
        return generate_latest(self._registry)
