from serverless_hub.service.silence import Silence
from tests.support.clock import ManualClock


class Bench:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.count = 0
        self.silence = Silence(self.clock, 30, self._call)

    def _call(self) -> None:
        self.count += 1


async def test_a_client_that_has_not_pinged_may_be_silent() -> None:
    bench = Bench()
    bench.silence.heard()
    await bench.clock.advance(3600)
    assert bench.count == 0


async def test_one_that_has_may_not() -> None:
    bench = Bench()
    bench.silence.watch()
    await bench.clock.advance(29)
    bench.silence.heard()
    await bench.clock.advance(29)
    assert bench.count == 0
    await bench.clock.advance(1)
    assert bench.count == 1


async def test_pauses_do_not_count_and_all_of_them_have_to_be_over() -> None:
    bench = Bench()
    bench.silence.watch()
    with bench.silence.paused():
        bench.silence.pause()
        await bench.clock.advance(3600)
        bench.silence.heard()
    bench.silence.watch()
    await bench.clock.advance(3600)
    bench.silence.go_on()
    await bench.clock.advance(29)
    assert bench.count == 0
    await bench.clock.advance(1)
    assert bench.count == 1


async def test_after_the_end_nobody_is_called() -> None:
    bench = Bench()
    bench.silence.watch()
    bench.silence.stop()
    bench.silence.heard()
    await bench.clock.advance(3600)
    assert bench.count == 0
