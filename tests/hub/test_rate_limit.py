"""Token buckets."""

import pytest

from serverless_hub import ConfigurationError, RateLimit
from serverless_hub.hub.rate_limit import RateLimiter
from tests.support.clock import ManualClock


def test_a_burst_passes_and_then_what_comes_in_with_time() -> None:
    clock = ManualClock()
    limiter = RateLimiter(RateLimit(per_second=2, burst=3), clock)
    assert [limiter.allows("a") for _ in range(4)] == [True, True, True, False]
    clock.now += 0.5
    assert [limiter.allows("a") for _ in range(2)] == [True, False]


def test_buckets_fill_up_to_the_burst_and_no_further() -> None:
    clock = ManualClock()
    limiter = RateLimiter(RateLimit(per_second=2, burst=2), clock)
    limiter.allows("a")
    clock.now += 3600
    assert [limiter.allows("a") for _ in range(3)] == [True, True, False]


def test_names_have_buckets_of_their_own() -> None:
    limiter = RateLimiter(RateLimit(per_second=1, burst=1), ManualClock())
    assert limiter.allows("a")
    assert limiter.allows("b")
    assert not limiter.allows("a")


def test_a_refused_event_takes_nothing() -> None:
    clock = ManualClock()
    limiter = RateLimiter(RateLimit(per_second=1, burst=1), clock)
    limiter.allows("a")
    for _ in range(10):
        assert not limiter.allows("a")
    clock.now += 1
    assert limiter.allows("a")


def test_the_longest_unused_bucket_is_forgotten_when_there_are_too_many() -> None:
    limiter = RateLimiter(RateLimit(per_second=1, burst=1), ManualClock(), max_buckets=2)
    for name in "abc":
        assert limiter.allows(name)
    assert limiter.allows("a")  # forgotten, so full again
    assert not limiter.allows("c")


@pytest.mark.parametrize(("per_second", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_numbers_that_let_nothing_pass_are_refused(per_second: float, burst: int) -> None:
    with pytest.raises(ConfigurationError, match="per_second above 0 and burst of at least 1"):
        RateLimit(per_second=per_second, burst=burst)
