"""The numbers, in the text format of Prometheus."""

import asyncio
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.commands import JoinGroup, SendMessage
from serverless_hub.service.client import Client
from serverless_hub.service.ending import Ending
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.prometheus import PrometheusMetrics
from serverless_hub.service.session import Session
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import ManualClock, settle
from tests.support.line import FakeLine
from tests.support.scripted_app import ScriptedApp
from tests.support.session_run import run_session

DURATION = "signalr_server_connection_duration_seconds"
WEBSOCKETS = {"signalr_transport": "web_sockets"}


class Bench:
    """A hub that is counted, with one connection."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.metrics = PrometheusMetrics()
        self.hub = ServiceHub("chat", self.clock, metrics=self.metrics)
        self.line = FakeLine()
        self.settings = ServiceSettings(max_outbound_bytes=100)

    async def connect(self) -> "asyncio.Task[None]":
        self.session = Session(
            Client("c1", "chat"), JSON, self.hub.registry, ScriptedApp(), keys=["a-key-for-signatures"],
            settings=self.settings, clock=self.clock, metrics=self.metrics,
        )  # fmt: skip
        task = asyncio.create_task(run_session(self.session, self.line))
        await settle()
        return task

    def value(self, name: str, **labels: str) -> float | None:
        """Return one sample of what is shown."""
        for family in text_string_to_metric_families(self.metrics.text().decode()):
            for sample in family.samples:
                if (sample.name, sample.labels) == (name, labels):
                    return sample.value
        return None

    def ends(self, status: str) -> float | None:
        return self.value(f"{DURATION}_count", signalr_connection_status=status, **WEBSOCKETS)


@pytest.mark.requirement("process.metrics")
async def test_a_connection_is_active_until_it_ends_and_its_time_is_measured() -> None:
    bench = Bench()
    task = await bench.connect()
    assert bench.value("signalr_server_active_connections", **WEBSOCKETS) == 1
    await bench.clock.advance(7)
    bench.line.leave()
    await task
    assert bench.value("signalr_server_active_connections", **WEBSOCKETS) == 0
    assert bench.ends("normal_closure") == 1
    assert bench.value(f"{DURATION}_sum", signalr_connection_status="normal_closure", **WEBSOCKETS) == 7
    assert bench.value("serverless_hub_slow_connections_closed_total") == 0


async def test_a_client_that_falls_silent_is_a_timeout() -> None:
    bench = Bench()
    task = await bench.connect()
    bench.line.say(b'{"type":6}\x1e')
    await settle()
    await bench.clock.advance(31)
    await bench.clock.advance(31)
    await task
    assert bench.ends("timeout") == 1


async def test_a_stop_of_the_service_is_a_shutdown() -> None:
    bench = Bench()
    task = await bench.connect()
    bench.session.close("The service stopped.", allow_reconnect=True)
    await task
    assert bench.ends("app_shutdown") == 1


async def test_a_client_that_does_not_read_is_counted() -> None:
    bench = Bench()
    bench.line.closes_at_once = True
    task = await bench.connect()
    bench.line.stop_reading()
    bench.hub.send("all", (), "news", ["x" * 50])
    await settle()
    for _ in range(8):
        bench.hub.send("all", (), "news", ["x" * 50])
    await settle()
    await bench.clock.advance(10)
    await task
    assert bench.value("serverless_hub_slow_connections_closed_total") == 1
    assert bench.value("serverless_hub_messages_sent_total") == 9


async def test_messages_are_counted_for_each_receiver() -> None:
    bench = Bench()
    bench.hub.send("all", (), "news", [])
    bench.hub.execute([SendMessage("news", ())], None)
    assert bench.value("serverless_hub_messages_sent_total") == 0
    task = await bench.connect()
    bench.hub.send("all", (), "news", [])
    bench.hub.execute([SendMessage("news", ()), JoinGroup("red"), SendMessage("news", ())], None)
    assert bench.value("serverless_hub_messages_sent_total") == 3
    bench.line.leave()
    await task


@pytest.mark.requirement("process.metrics")
def test_events_are_counted_by_category_and_outcome() -> None:
    bench = Bench()
    bench.metrics.event("messages", "ok", 0.2)
    bench.metrics.event("messages", "ok", 0.3)
    bench.metrics.event("connections", "timeout", 100)
    name = "serverless_hub_upstream_event_duration_seconds"
    assert bench.value(f"{name}_count", category="messages", outcome="ok") == 2
    assert bench.value(f"{name}_sum", category="messages", outcome="ok") == 0.5
    assert bench.value(f"{name}_bucket", category="connections", outcome="timeout", le="100.0") == 1


def test_buckets_of_connections_are_those_of_opentelemetry() -> None:
    bench = Bench()
    bench.metrics.opened("long_polling")
    bench.metrics.closed("long_polling", Ending(), 1)
    found = re.findall(rf'{DURATION}_bucket{{.*le="([^"]+)".*}}', bench.metrics.text().decode())
    assert found == [
        "0.01",
        "0.02",
        "0.05",
        "0.1",
        "0.2",
        "0.5",
        "1.0",
        "2.0",
        "5.0",
        "10.0",
        "30.0",
        "60.0",
        "120.0",
        "300.0",
        "+Inf",
    ]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, "normal_closure"),
        ("The connection was lost.", "normal_closure"),
        ("The client has been silent for too long.", "timeout"),
        ("The service stopped.", "app_shutdown"),
    ],
)
def test_an_ending_has_one_of_the_three_known_statuses(error: str | None, status: str) -> None:
    assert Ending(error).status == status
