"""A settings file that is rewritten again and again while events flow."""

from pathlib import Path

import pytest

from tests.faults.bench import fault_bench
from tests.support.clock import ManualClock
from tests.support.event_app import EventApp

_REWRITES = 100


def template(url: str) -> str:
    return f'{{"UpstreamSettings": {{"Templates": [{{"UrlTemplate": "{url}/"}}]}}}}'


@pytest.mark.requirement("process.settings-file")
async def test_settings_that_are_rewritten_a_hundred_times_under_load_lose_no_event(tmp_path: Path) -> None:
    path, one, two, watch_clock = tmp_path / "settings.json", EventApp("one"), EventApp("two"), ManualClock()
    async with one.serving() as first, two.serving() as second:
        path.write_text(template(first))
        async with fault_bench(first, path, watch_clock) as bench:
            texts = [(template(second), "two"), (template(second)[:-9], "two"), (template(first), "one"), ("{}", "one")]
            for text, name in texts * (_REWRITES // len(texts)):
                path.write_text(text)
                await watch_clock.advance(1)
                await bench.crowd.answered(name)
            crowd = bench.crowd
        answered = crowd.answers
        assert set(answered) == {"one", "two"}
    events = one.events + two.events
    assert sum(event == "echo" for _, event in events) == sum(answered.values())
    for event in ("connected", "disconnected"):
        assert len({*one.connections(event), *two.connections(event)}) == len(crowd.clients)
        assert len(one.connections(event) + two.connections(event)) == len(crowd.clients)
