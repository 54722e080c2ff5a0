"""Users in groups on a clock that a test moves."""

import pytest

from serverless_hub.errors import InvalidArgumentError
from serverless_hub.protocol.codec import JSON
from serverless_hub.service.client import Client
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.session import Session
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import ManualClock
from tests.support.scripted_app import ScriptedApp


class Bench:
    def __init__(self, settings: ServiceSettings | None = None) -> None:
        self.clock = ManualClock()
        self.hub = ServiceHub("chat", self.clock, settings)
        self.users = self.hub.users

    def connect(self, connection_id: str, user_id: str) -> None:
        """Register a connection that nobody runs."""
        session = Session(
            Client(connection_id, "chat", user_id), JSON, self.hub.registry, ScriptedApp(),
            keys=["a-key-for-signatures"], settings=ServiceSettings(), clock=self.clock,
        )  # fmt: skip
        self.hub.registry.add(session)

    def group(self, name: str) -> list[str]:
        """Return who is in a group."""
        return [session.id for session in self.hub.registry.select("groups", [name])]

    @property
    def timers(self) -> int:
        return len([timer for timer in self.clock.timers if not timer.cancelled])


@pytest.mark.requirement("service.user-groups.later", "service.user-groups.year")
async def test_a_lasting_membership_takes_in_whoever_is_there_and_whoever_comes_within_a_year() -> None:
    bench = Bench()
    bench.connect("a1", "ann")
    bench.users.add("ann", "g", None)
    await bench.clock.advance(365 * 86400 - 1)
    bench.connect("a2", "ann")
    assert bench.group("g") == ["a1", "a2"]
    assert bench.users.contains("ann", "g")
    assert not bench.users.contains("ann", "h")
    assert not bench.users.contains("ben", "g")
    await bench.clock.advance(1)
    assert bench.group("g") == []
    assert not bench.users.contains("ann", "g")
    assert bench.timers == 0


async def test_a_lasting_membership_that_is_renewed_lasts_a_year_from_then_on() -> None:
    bench = Bench()
    bench.users.add("ann", "g", None)
    await bench.clock.advance(300 * 86400)
    bench.users.add("ann", "g", None)
    await bench.clock.advance(300 * 86400)
    assert bench.users.contains("ann", "g")
    assert bench.timers == 1


@pytest.mark.requirement("service.user-groups.ttl")
async def test_a_membership_ends_after_its_seconds_and_its_connections_leave() -> None:
    bench = Bench()
    bench.connect("a1", "ann")
    bench.users.add("ann", "g", 10)
    await bench.clock.advance(9.9)
    bench.connect("a2", "ann")
    assert bench.group("g") == ["a1", "a2"]
    await bench.clock.advance(0.1)
    assert bench.group("g") == []
    assert not bench.users.contains("ann", "g")
    bench.connect("a3", "ann")
    assert bench.group("g") == []


async def test_a_connection_that_joined_by_itself_stays_when_its_user_s_membership_ends() -> None:
    bench = Bench()
    bench.connect("a1", "ann")
    bench.hub.registry.join("a1", "g")
    bench.users.add("ann", "g", 10)
    await bench.clock.advance(10)
    assert bench.group("g") == ["a1"]


@pytest.mark.requirement("service.user-groups.ttl")
async def test_a_ttl_of_zero_is_for_the_connections_of_now() -> None:
    bench = Bench()
    bench.connect("a1", "ann")
    bench.users.add("ann", "g", 0)
    bench.users.add("ben", "g", 0)
    bench.connect("a2", "ann")
    bench.connect("b", "ben")
    await bench.clock.advance(86400)
    assert bench.group("g") == ["a1"]
    assert bench.users.contains("ann", "g")
    assert not bench.users.contains("ben", "g")
    assert bench.timers == 0


@pytest.mark.parametrize(("second", "ends"), [(20, 25), (2, 7), (None, None), (0, None)])
async def test_what_was_said_last_counts_whatever_timer_was_running(second: float | None, ends: float | None) -> None:
    bench = Bench()
    bench.connect("a", "ann")
    bench.users.add("ann", "g", 10)
    await bench.clock.advance(5)
    bench.users.add("ann", "g", second)
    left = [moment for moment in range(6, 40) if not await _is_in_after_a_second(bench)]
    assert left == ([] if ends is None else list(range(int(ends), 40)))


async def _is_in_after_a_second(bench: Bench) -> bool:
    await bench.clock.advance(1)
    return bench.group("g") == ["a"]


async def test_a_membership_that_was_ended_by_hand_and_begun_again_is_not_ended_by_the_old_timer() -> None:
    bench = Bench()
    bench.connect("a", "ann")
    bench.users.add("ann", "g", 10)
    bench.users.remove("ann", "g")
    assert bench.timers == 0
    assert bench.group("g") == []
    bench.users.add("ann", "g", None)
    await bench.clock.advance(20)
    assert bench.group("g") == ["a"]


async def test_timers_of_different_users_and_groups_do_not_touch_each_other() -> None:
    bench = Bench()
    bench.connect("a", "ann")
    bench.connect("b", "ben")
    bench.users.add("ann", "g", 10)
    bench.users.add("ann", "h", 20)
    bench.users.add("ben", "g", 30)
    await bench.clock.advance(10)
    assert (bench.group("g"), bench.group("h")) == (["b"], ["a"])
    await bench.clock.advance(10)
    assert (bench.group("g"), bench.group("h")) == (["b"], [])
    await bench.clock.advance(10)
    assert bench.group("g") == []


async def test_a_user_can_leave_all_groups_at_once() -> None:
    bench = Bench()
    bench.connect("a", "ann")
    bench.connect("b", "ben")
    for group, ttl in (("g", None), ("h", 10), ("i", 0)):
        bench.users.add("ann", group, ttl)
        bench.users.add("ben", group, ttl)
    bench.hub.registry.join("a", "by itself")
    bench.users.remove_all("ann")
    bench.users.remove_all("nobody")
    assert [bench.group(group) for group in ("g", "h", "i", "by itself")] == [["b"], ["b"], ["b"], ["a"]]
    assert bench.timers == 2, "those of ben"
    bench.connect("a2", "ann")
    assert bench.group("g") == ["b"]


@pytest.mark.requirement("service.user-groups.year")
async def test_only_the_latest_hundred_lasting_memberships_are_kept(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.connect("a", "ann")
    bench.users.add("ann", "short", 10)
    for number in range(101):
        bench.users.add("ann", f"g{number}", None)
    assert [number for number in range(101) if not bench.users.contains("ann", f"g{number}")] == [0]
    assert bench.group("g0") == []
    assert bench.users.contains("ann", "short")
    assert bench.timers == 101
    (record,) = caplog.records
    assert record.getMessage() == "a user is in 100 groups without an end: the oldest is left"


@pytest.mark.parametrize("ttl", [-1, -0.001, float("nan"), float("-inf")])
async def test_a_ttl_that_is_no_time_is_an_error_and_changes_nothing(ttl: float) -> None:
    bench = Bench()
    bench.users.add("ann", "g", 10)
    with pytest.raises(ValueError, match="ttl="):
        bench.users.add("ann", "g", ttl)
    assert bench.timers == 1


async def test_a_user_that_is_in_too_many_groups_gets_no_timer_either() -> None:
    bench = Bench(ServiceSettings(max_groups_per_user=1))
    bench.users.add("ann", "g", 10)
    with pytest.raises(InvalidArgumentError):
        bench.users.add("ann", "h", 10)
    assert bench.timers == 1
    bench.users.add("ann", "g", None)
    assert bench.timers == 1
