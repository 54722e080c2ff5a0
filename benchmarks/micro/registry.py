"""Who gets a message: groups in small and large hubs, joining and leaving, and how often a message is encoded."""

import cProfile
from typing import Any, cast

from benchmarks.harness.counting import calls_of
from benchmarks.harness.micro import compare
from benchmarks.harness.plan import Plan
from benchmarks.harness.samples import Recorder
from serverless_hub.clock import SystemClock
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.service.hub import ServiceHub

__all__ = ["run"]

_SMALL, _LARGE = 10, 10_000
_MIXED = 50


class _Member:
    """As much of a session as a hub needs to send to it."""

    user_id = None

    def __init__(self, number: int, protocol: HubProtocol) -> None:
        self.id = f"connection-{number}"
        self.protocol = protocol
        self.outbound = self

    def push(self, message: Any) -> None:
        """Take a message, and forget it."""


async def run(plan: Plan, recorder: Recorder) -> None:
    """Measure the registry."""
    plan.tell("registry")
    hubs = {size: _hub(size) for size in (_SMALL, _LARGE)}
    for hub in hubs.values():
        for number in range(_SMALL):
            hub.registry.join(f"connection-{number}", "ten")
    sends = {
        f"in-hub-of-{size}": lambda hub=hub: hub.send("groups", ["ten"], "message", ["text"])
        for size, hub in hubs.items()
    }
    compare("group", sends, plan, recorder)
    for size, hub in hubs.items():
        for number in range(size):
            hub.registry.join(f"connection-{number}", "all-of-them")

    def in_and_out(hub: ServiceHub) -> None:
        hub.registry.leave("connection-5", "all-of-them")
        hub.registry.join("connection-5", "all-of-them")

    joins = {f"group-of-{size}": lambda hub=hub: in_and_out(hub) for size, hub in hubs.items()}
    compare("join", joins, plan, recorder)
    recorder.add("mixed.encodings", {"value": _encodings()})


def _hub(size: int, *protocols: HubProtocol) -> ServiceHub:
    hub = ServiceHub("chat", SystemClock())
    for number in range(size):
        protocol = protocols[number % len(protocols)] if protocols else JSON
        hub.registry.add(cast("Any", _Member(number, protocol)))
    return hub


def _encodings() -> int:
    """Return how often a broadcast to both protocols is encoded."""
    hub = _hub(2 * _MIXED, JSON, MESSAGEPACK)
    profile = cProfile.Profile()
    with profile:
        hub.send("all", [], "message", ["text"])
    return calls_of(profile, "encode")
