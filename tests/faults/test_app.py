"""Apps that fail, hang up, are late, or die and come back: that costs the calls in question, and nothing else."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.faults.bench import Bench, fault_bench, repeated
from tests.faults.crowd import Healthy, WebSocketLine, running, websocket
from tests.support.event_app import EventApp

FAILED = "Invocation failed, status code 500"


@asynccontextmanager
async def caller(bench: Bench) -> AsyncGenerator[Healthy]:
    """Yield a client whose calls are the test's."""
    async with websocket(bench.url, bench.token("caller")) as socket:
        client = Healthy(WebSocketLine(socket), first=None)
        async with running(client):
            yield client


@pytest.mark.requirement("process.app-fails")
@pytest.mark.parametrize("target", ["fail", "hang_up", "half"])
async def test_an_app_that_fails_or_hangs_up_fails_that_call_only(target: str) -> None:
    app = EventApp()
    async with app.serving() as url, fault_bench(url) as bench:

        async def fault() -> None:
            async with caller(bench) as client:
                assert await client.call(target) == FAILED
                await bench.crowd.beat()
                assert await client.call() == "app"

        await repeated(bench, fault)
        assert set(bench.crowd.answers) == {"app"}
    assert app.connections("connected") == app.connections("disconnected")


@pytest.mark.requirement("process.app-fails")
async def test_an_app_that_answers_too_late_fails_that_call_only_and_keeps_nobody_else_waiting() -> None:
    app = EventApp()
    async with app.serving() as url, fault_bench(url, upstream_timeout=0.5) as bench:
        for _ in range(3):
            async with caller(bench) as client:
                assert await client.call("late") == FAILED
                assert await client.call() == "app"
            await bench.gone()
        app.release()
        assert set(bench.crowd.answers) == {"app"}
    assert app.connections("connected") == app.connections("disconnected")


async def test_an_answer_that_is_late_but_in_time_arrives_and_keeps_nobody_else_waiting() -> None:
    app = EventApp()
    async with app.serving() as url, fault_bench(url) as bench, caller(bench) as client:
        slow = asyncio.create_task(client.call("late"))
        for _ in range(5):
            await bench.crowd.beat()
        assert not slow.done()
        app.release()
        assert await slow == "app"


async def test_a_client_that_leaves_while_its_call_runs_is_gone_at_once_and_its_end_comes_last() -> None:
    app = EventApp()
    async with app.serving() as url, fault_bench(url) as bench:
        async with caller(bench) as client:
            call = asyncio.create_task(client.call("late"))
            await bench.crowd.until(lambda: any(event == "late" for _, event in app.events))
            call.cancel()
        await bench.gone()
        app.release()
    (connection,) = [connection for connection, event in app.events if event == "late"]
    assert [event for each, event in app.events if each == connection] == ["connected", "late", "disconnected"]


@pytest.mark.requirement("process.app-fails")
async def test_an_app_that_dies_and_comes_back_is_used_again_by_the_same_connections() -> None:
    apps = [EventApp(name) for name in ("first", "second", "third")]
    async with AsyncExitStack() as stack:
        async with apps[0].serving() as url:
            bench = await stack.enter_async_context(fault_bench(url))
            await bench.crowd.beat()
        for app in apps[1:]:
            await bench.crowd.answered(FAILED)
            async with app.serving(int(url.rpartition(":")[2])):
                await bench.crowd.answered(app.name, 8)
        assert set(bench.crowd.answers) == {"first", "second", "third", FAILED}
    assert [len(app.connections("connected")) for app in apps] == [4, 0, 0]
