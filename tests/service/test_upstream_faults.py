"""Apps that misbehave, die and come back, and settings that change under load: nobody else may notice."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from serverless_hub.clock import SystemClock
from serverless_hub.http_client import HttpClient
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.service.app import ServiceApp
from serverless_hub.service.http_upstream import HttpUpstream
from serverless_hub.service.service import SignalRService
from serverless_hub.service.settings import ServiceSettings
from serverless_hub.service.settings_watch import SettingsWatch
from serverless_hub.service.upstream_rules import UpstreamRule, UpstreamRules
from serverless_hub.service.upstream_template import UpstreamTemplate
from tests.support.client import Client
from tests.support.clock import ManualClock
from tests.support.event_app import EventApp
from tests.support.server import serving
from tests.support.standalone import KEY, visitor

FAILED = "Invocation failed, status code 500"


@asynccontextmanager
async def service(url: str, seconds: float = 10, path: Path | None = None) -> AsyncGenerator[tuple[str, ManualClock]]:
    """Yield the URL of a service, and the clock by which it looks at `path`; at the end nothing of it may be left."""
    before = asyncio.all_tasks()
    clock, watch_clock, client = SystemClock(), ManualClock(), HttpClient()
    signalr = SignalRService([KEY], ServiceSettings(), clock, CorsPolicy([]))
    upstream = HttpUpstream(UpstreamRules([UpstreamRule(UpstreamTemplate(url))]), client, clock, seconds)
    signalr.default_upstream = upstream

    def apply(rules: UpstreamRules) -> None:
        upstream.rules = rules

    watch = None if path is None else SettingsWatch(path, lambda _: None, watch_clock, apply)
    async with serving(ServiceApp(signalr, client, lambda: None, watch=watch)) as base:
        yield base, watch_clock
    left = {task for task in asyncio.all_tasks() - before if "EventApp" not in repr(task)}
    assert left == set(), "a task has been left"
    assert [timer for timer in watch_clock.timers if not timer.cancelled] == []


async def answer(client: Client, target: str) -> str | None:
    """Call a method, and return its result or its error."""
    completion = await client.invoke(target)
    found: str | None = completion.error or client.result_of(completion)
    return found


@pytest.mark.requirement("process.app-fails")
@pytest.mark.parametrize("target", ["fail", "hang_up", "half", "late"])
async def test_an_app_that_fails_hangs_up_or_is_late_fails_that_call_only(target: str) -> None:
    app = EventApp()
    async with app.serving() as url, service(url, seconds=1) as (base, _):
        async with visitor(base, "ann") as ann, visitor(base, "ben") as ben:
            failing = asyncio.create_task(answer(ann, target))
            for _ in range(20):
                assert await answer(ben, "echo") == "app"
            assert await failing == FAILED
            assert await answer(ann, "echo") == "app"
        app.release()


@pytest.mark.requirement("client-answers.side-by-side")
async def test_a_slow_call_holds_back_nobody_else_and_is_answered_at_last() -> None:
    app = EventApp()
    async with (
        app.serving() as url,
        service(url) as (base, _),
        visitor(base, "ann") as ann,
        visitor(base, "ben") as ben,
    ):
        slow = asyncio.create_task(answer(ann, "late"))
        for _ in range(20):
            assert await answer(ben, "echo") == "app"
        assert not slow.done()
        app.release()
        assert await slow == "app"


@pytest.mark.requirement("process.app-fails")
async def test_an_app_that_dies_and_comes_back_is_used_again_by_the_same_connections() -> None:
    first, second = EventApp("first"), EventApp("second")
    async with AsyncExitStack() as stack:
        async with first.serving() as url:
            base, _ = await stack.enter_async_context(service(url))
            visitors = [await stack.enter_async_context(visitor(base, f"user-{number}")) for number in range(5)]
            assert [await answer(each, "echo") for each in visitors] == ["first"] * 5
        assert [await answer(each, "echo") for each in visitors] == [FAILED] * 5
        await stack.enter_async_context(second.serving(int(url.rpartition(":")[2])))
        assert [await answer(each, "echo") for each in visitors] == ["second"] * 5


def template(url: str) -> str:
    return f'{{"UpstreamSettings": {{"Templates": [{{"UrlTemplate": "{url}/"}}]}}}}'


@pytest.mark.requirement("process.settings-file")
async def test_settings_that_are_rewritten_a_hundred_times_under_load_lose_no_event(tmp_path: Path) -> None:
    path, one, two = tmp_path / "settings.json", EventApp("one"), EventApp("two")
    done = asyncio.Event()

    async def talk(client: Client) -> list[str | None]:
        answers: list[str | None] = []
        while not done.is_set():
            answers.append(await answer(client, "echo"))
        return answers

    async with one.serving() as first, two.serving() as second:
        path.write_text(template(first))
        async with service(first, path=path) as (base, clock), AsyncExitStack() as stack:
            visitors = [await stack.enter_async_context(visitor(base, f"user-{number}")) for number in range(10)]
            prober = await stack.enter_async_context(visitor(base, "prober"))
            talks = [asyncio.create_task(talk(each)) for each in visitors]
            steps = [(template(second), "two"), (template(second)[:-9], "two"), (template(first), "one"), ("{}", "one")]
            for text, name in steps * 25:
                path.write_text(text)
                await clock.advance(1)
                assert await answer(prober, "probe") == name
            done.set()
            answers = await asyncio.gather(*talks)
        assert {each for row in answers for each in row} == {"one", "two"}
        sent = sum(map(len, answers))
    events = one.events + two.events
    assert sum(event == "echo" for _, event in events) == sent
    for event in ("connected", "disconnected"):
        assert len({*one.connections(event), *two.connections(event)}) == 11
        assert len(one.connections(event) + two.connections(event)) == 11
