"""Time that moves only when a test says so, from an instant that is the same for all."""

from dataclasses import dataclass

from serverless_hub.testing.clock import VirtualClock
from serverless_hub.testing.clock import settle as settle  # noqa: PLC0414 - tests have it from here

__all__ = ["ManualClock"]


@dataclass
class ManualClock(VirtualClock):
    now: float = 1_000_000_000.0
