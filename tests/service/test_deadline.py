from serverless_hub.service.deadline import Deadline
from tests.support.clock import ManualClock


class Alarm:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.rung: list[float] = []
        self.start = self.clock.now
        self.deadline = Deadline(self.clock, 10, lambda: self.rung.append(self.clock.now - self.start))


async def test_it_does_not_run_until_it_is_started() -> None:
    alarm = Alarm()
    await alarm.clock.advance(100)
    assert alarm.rung == []
    assert not alarm.deadline.running


async def test_it_fires_once_after_its_time() -> None:
    alarm = Alarm()
    alarm.deadline.restart()
    assert alarm.deadline.running
    await alarm.clock.advance(100)
    assert alarm.rung == [10]
    assert not alarm.deadline.running


async def test_it_can_be_put_off_again_and_again_with_a_single_timer() -> None:
    alarm = Alarm()
    for _ in range(5):
        alarm.deadline.restart()
        await alarm.clock.advance(6)
        assert len(alarm.clock.timers) == 1
    assert alarm.rung == []
    await alarm.clock.advance(4)
    assert alarm.rung == [34]


async def test_it_does_not_fire_once_it_is_stopped() -> None:
    alarm = Alarm()
    alarm.deadline.stop()
    alarm.deadline.restart()
    alarm.deadline.stop()
    assert not alarm.deadline.running
    await alarm.clock.advance(100)
    assert alarm.rung == []


async def test_it_can_be_started_again_after_it_has_fired_or_was_stopped() -> None:
    alarm = Alarm()
    alarm.deadline.restart()
    await alarm.clock.advance(10)
    alarm.deadline.restart()
    await alarm.clock.advance(5)
    alarm.deadline.stop()
    alarm.deadline.restart()
    await alarm.clock.advance(20)
    assert alarm.rung == [10, 25]
