"""A service with healthy clients beside a fault, and the check that the fault has left nothing behind."""

import asyncio
import gc
import os
import socket
import stat
import tracemalloc
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serverless_hub.cli.listening import give_up_after
from serverless_hub.http_client import HttpClient
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.service.app import ServiceApp
from serverless_hub.service.http_upstream import HttpUpstream
from serverless_hub.service.service import SignalRService
from serverless_hub.service.settings import ServiceSettings
from serverless_hub.service.settings_watch import SettingsWatch
from serverless_hub.service.upstream_rules import UpstreamRule, UpstreamRules
from serverless_hub.service.upstream_template import UpstreamTemplate
from tests.faults.crowd import LIMIT, TICK, Crowd, crowd_at
from tests.support.client_tokens import client_token
from tests.support.clock import ManualClock, settle
from tests.support.server import listen, serving, url_of

__all__ = ["HEALTHY", "KEY", "ROUNDS", "Bench", "fault_bench", "repeated"]

KEY = "an-access-key-of-some-length"
HEALTHY = "healthy"
"""Whose the connections of the crowd are."""
_GROUP = "faulty"
_SEND_BYTES = 112 * 1024
"""What the system takes for a client that does not read."""
_WARM_UP, _MEASURED = 2, 5
ROUNDS = _WARM_UP + _MEASURED
"""How often `repeated` lets a fault happen."""
_REMEMBERED = 6.0
"""Seconds for which the service still knows of a connection that has ended, and of a negotiate."""
_BYTES_PER_ROUND = 12 * 1024
"""Less than the 19 KiB of a connection that is never let go, and twice as much as what varies at most."""
_OURS = ("serverless_hub", "uvicorn", "asyncio")


@dataclass
class Bench:
    """What a fault may use."""

    service: SignalRService
    clock: ManualClock
    """The service's; nothing expires by itself."""
    url: str
    crowd: Crowd

    def token(self, user_id: str | None = None) -> str:
        return client_token(KEY, now=self.clock.now, user_id=user_id)

    def count(self) -> int:
        """Return how many clients of the hub there are beside the healthy ones."""
        return len(self.service.hub("chat").registry) - len(self.crowd.clients)

    async def connected(self, number: int = 1) -> None:
        """Wait until so many misbehaving clients are in the hub, and put them into a group."""
        await self.crowd.until(lambda: self.count() == number)
        registry = self.service.hub("chat").registry
        for session in registry.select("all"):
            if session.user_id != HEALTHY:
                registry.join(session.id, _GROUP)

    async def gone(self) -> None:
        """Wait until only healthy clients are in the hub."""
        await self.crowd.until(lambda: self.count() == 0)

    def broadcast(self, size: int) -> None:
        """Send everybody so many bytes; healthy clients do not count these."""
        self.service.hub("chat").send("all", (), "noise", ["x" * size])


def sockets_at(port: int) -> int:
    """Count the sockets of this process at a port, the one that listens included."""
    found = 0
    for name in [path.name for path in Path("/proc/self/fd").iterdir()]:
        with suppress(OSError):  # What was there when the list was made may be gone.
            found += stat.S_ISSOCK(os.fstat(int(name)).st_mode) and _is_at(int(name), port)
    return found


def _is_at(number: int, port: int) -> bool:
    with socket.socket(fileno=os.dup(number)) as each:
        return each.family == socket.AF_INET and each.getsockname()[1] == port


def held() -> Counter[str]:
    """Count what a connection consists of, by its class; `conftest.py` hides what other tests have left."""
    gc.collect()
    kinds: Iterator[type] = map(type, gc.get_objects())
    return Counter(kind.__name__ for kind in kinds if _is_of_a_connection(kind))


_CLASSES = frozenset((
    "Session", "Client", "Admission", "Outbound", "CallQueue", "Events", "ClientCalls", "Inbound", "WebSocketTransport",
    "EventStream", "LongPolling", "WebSocketsSansIOProtocol", "HttpToolsProtocol", "RequestResponseCycle", "Intake",
    "Inlet", "DirectLink", "DirectOutbound", "WebSocketProtocol", "AsgiCall",
))  # fmt: skip


def _is_of_a_connection(kind: type) -> bool:
    return kind.__name__ in _CLASSES and kind.__module__.startswith(
        ("serverless_hub.service", "serverless_hub.server", "uvicorn.protocols")
    )


async def _nothing_is_left(service: SignalRService, clock: ManualClock, port: int) -> None:
    """Wait until no connection holds anything: no member, group, timer, socket or object, whatever its client does."""
    hub = service.hub("chat")

    def left() -> Mapping[str, int]:
        found = {"members": len(hub.registry), "sockets": sockets_at(port) - 1}
        found["timers"] = sum(not timer.cancelled for timer in clock.timers)
        found["groups"] = hub.exists("groups", _GROUP)
        found["users"] = hub.exists("users", HEALTHY)
        return {name: number for name, number in found.items() if number} or held()

    try:
        async with asyncio.timeout(LIMIT):
            while left():
                await clock.advance(600)
                await asyncio.to_thread(os.sched_yield)
    except TimeoutError:
        raise AssertionError(f"left: {left()}") from None


def _service(upstream: str, clock: ManualClock, client: HttpClient, options: dict[str, Any]) -> SignalRService:
    settings = ServiceSettings(disconnect_timeout=3600, **options)
    service = SignalRService([KEY], settings, clock, CorsPolicy([]))
    rules = UpstreamRules([UpstreamRule(UpstreamTemplate(upstream))])
    service.default_upstream = HttpUpstream(rules, client, clock, settings.upstream_timeout)
    return service


def _watch(path: Path | None, clock: ManualClock, upstream: Any) -> SettingsWatch | None:
    def apply(rules: UpstreamRules) -> None:
        upstream.rules = rules

    return None if path is None else SettingsWatch(path, lambda _: None, clock, apply)


@asynccontextmanager
async def fault_bench(
    upstream: str,
    path: Path | None = None,
    watch_clock: ManualClock | None = None,
    *,
    let_go: float = 60,
    **options: Any,
) -> AsyncGenerator[Bench]:
    """Yield a service with its crowd; when the fault is over, the crowd leaves in order, and nothing may be left.

    Args:
        upstream: where events go.
        path: the settings file that is followed, by `watch_clock`.
        let_go: seconds of real time after which the system gives up on a client that takes nothing.
        options: settings of the service.
    """
    before = asyncio.all_tasks()
    clock, client, listener = ManualClock(), HttpClient(), listen()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
    give_up_after(listener, let_go)
    service = _service(upstream, clock, client, options)
    watch = _watch(path, watch_clock or clock, service.default_upstream)

    def broadcast(number: int, text: str) -> None:
        service.hub("chat").send("all", (), TICK, [number, text])

    port = listener.getsockname()[1]
    async with serving(ServiceApp(service, client, lambda: None, watch=watch), listener, ws_ping_interval=None):
        url = url_of(listener)
        try:
            async with crowd_at(url, client_token(KEY, now=clock.now, user_id=HEALTHY), broadcast) as crowd:
                yield Bench(service, clock, url, crowd)
        finally:  # What is left when a test fails has to end, too.
            await _nothing_is_left(service, clock, port)
    await settle()
    left = {task for task in asyncio.all_tasks() - before if "EventApp" not in repr(task)}
    assert left == set(), "a task has been left"


def _ours() -> int:
    """Return how much memory is held that was taken by the service, its server, or asyncio, in bytes."""
    gc.collect()
    filters = [tracemalloc.Filter(inclusive=True, filename_pattern=f"*/{name}/*") for name in _OURS]
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces(filters).traces)


async def _rounds(bench: Bench, fault: Callable[[], Awaitable[None]], number: int) -> None:
    for _ in range(number):
        await fault()
        await bench.gone()
        await bench.clock.advance(_REMEMBERED)


async def _measured(bench: Bench) -> int:
    """Return how much memory is held while nobody does anything, by the sessions of healthy clients only."""
    async with bench.crowd.resting():
        held_bytes = _ours()
        assert held()["Session"] == len(bench.crowd.clients), "a session has been left"
    return held_bytes


async def repeated(bench: Bench, fault: Callable[[], Awaitable[None]]) -> None:
    """Let a fault happen again and again; after each, only healthy clients may be there, and memory may not grow."""
    tracemalloc.start()
    try:
        await _rounds(bench, fault, _WARM_UP)
        before = await _measured(bench)
        await _rounds(bench, fault, _MEASURED)
        grown = await _measured(bench) - before
    finally:
        tracemalloc.stop()
    assert grown < _MEASURED * _BYTES_PER_ROUND, f"{grown} bytes more after {_MEASURED} rounds"
