"""How much is measured: all of it takes about ten minutes, quickly less than two."""

import sys
import time
from dataclasses import dataclass, field

__all__ = ["FULL", "QUICK", "TINY", "Plan"]


@dataclass(frozen=True)
class Plan:
    """Repetitions and seconds."""

    rounds: int
    """Interleaved repetitions of each group of contenders."""
    seconds: float
    """How long each contender is loaded in each of them."""
    clients: int = 1000
    """Who listens to a broadcast."""
    idle: tuple[int, ...] = (1000, 5000)
    """Connections whose memory is measured."""
    receivers: tuple[int, int] = (500, 2000)
    micro_rounds: int = 15
    micro_seconds: float = 0.02
    """How long each contender of a micro benchmark runs in each of its rounds."""
    targets_only: bool = False
    """Whether only those are measured that a target compares."""
    profiles: bool = False
    """Whether what does not reach its target is profiled, too."""
    began: float = field(default_factory=time.monotonic)

    def tell(self, text: str) -> None:
        """Show progress, with the time since the start."""
        print(f"[{time.monotonic() - self.began:5.0f} s] {text}", file=sys.stderr, flush=True)


FULL = Plan(rounds=5, seconds=1.0, profiles=True)
QUICK = Plan(rounds=2, seconds=0.5, idle=(1000,), targets_only=True, micro_rounds=7, micro_seconds=0.01)
TINY = Plan(rounds=1, seconds=0.1, clients=20, idle=(20,), receivers=(10, 20), micro_rounds=3, micro_seconds=0.001)
"""Enough to see that everything works."""
