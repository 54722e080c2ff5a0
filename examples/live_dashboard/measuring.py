"""What the dashboard shows: the numbers of a shop that does not exist."""

import math
import random
from typing import Final

from pydantic import BaseModel

__all__ = ["METRICS", "Metric", "Reading", "Shop"]


class Metric(BaseModel):
    """What is measured, and how the page writes it."""

    name: str
    label: str
    unit: str
    digits: int
    limit: float
    """The value above which somebody should look."""


class Reading(BaseModel):
    """One value."""

    at: int
    """Milliseconds since the epoch, as JavaScript counts."""
    value: float


METRICS: Final = (
    Metric(name="orders", label="Orders", unit="per minute", digits=0, limit=180),
    Metric(name="latency", label="Response time", unit="ms", digits=0, limit=250),
    Metric(name="errors", label="Failed requests", unit="%", digits=2, limit=2),
    Metric(name="carts", label="Open carts", unit="", digits=0, limit=750),
)


class Shop:
    """Numbers that hang together: a rush of customers makes the shop slow, and a slow shop fails."""

    def __init__(self, seed: int) -> None:
        self._die = random.Random(seed)  # noqa: S311 - nobody has to be kept from guessing the numbers
        self._tick = 0
        self._rush = 0.0

    def measure(self) -> dict[str, float]:
        """Return the next value of every metric."""
        self._tick += 1
        if self._die.random() < 1 / 60:
            self._rush = 1.0
        self._rush *= 0.94
        wave = math.sin(self._tick / 23) + 0.5 * math.sin(self._tick / 7)
        load = 1 + 0.25 * wave + 0.9 * self._rush
        return {
            "orders": max(0.0, 100 * load + self._die.gauss(0, 4)),
            "latency": max(20.0, 90 + 60 * load**2 * self._rush + 25 * load + self._die.gauss(0, 6)),
            "errors": max(0.0, 0.3 + 2.4 * self._rush**2 + self._die.gauss(0, 0.08)),
            "carts": max(0.0, 420 + 260 * load * 0.6 + self._die.gauss(0, 9)),
        }
