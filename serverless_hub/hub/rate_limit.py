"""Token buckets: how many events a connection and a user may cause."""

from collections import OrderedDict
from dataclasses import dataclass

from serverless_hub.clock import Clock
from serverless_hub.errors import ConfigurationError

__all__ = ["RateLimit", "RateLimiter"]

_MAX_BUCKETS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """How many events are let through.

    Raises:
        ConfigurationError: a number that is not positive.
    """

    per_second: float
    """Events per second that a bucket fills up with."""
    burst: int
    """Events that may come at once, after a pause."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not self.per_second > 0 or self.burst < 1:  # so that NaN is refused, too
            raise ConfigurationError("a RateLimit needs per_second above 0 and burst of at least 1")


class RateLimiter:
    """Buckets by name; the longest unused are forgotten when there are too many, which only makes them full again."""

    def __init__(self, limit: RateLimit, clock: Clock, max_buckets: int = _MAX_BUCKETS) -> None:
        self._limit = limit
        self._clock = clock
        self._max_buckets = max_buckets
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def refill(self) -> None:
        """Make all buckets full."""
        self._buckets.clear()

    def allows(self, name: str) -> bool:
        """Take one token from the bucket `name`; False when it is empty."""
        now = self._clock.monotonic()
        level, since = self._buckets.pop(name, (float(self._limit.burst), now))
        level = min(self._limit.burst, level + (now - since) * self._limit.per_second)
        allowed = level >= 1
        self._buckets[name] = (level - 1 if allowed else level, now)
        if len(self._buckets) > self._max_buckets:
            self._buckets.popitem(last=False)
        return allowed
