"""The check of the fault tests: it fails when one connection per round is held, in whatever way."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from serverless_hub.service.session import Session
from tests.faults.bench import Bench, fault_bench, repeated
from tests.faults.crowd import websocket
from tests.faults.raw import RawClient
from tests.support.event_app import EventApp


async def visit(bench: Bench) -> Session:
    """Connect and leave; return what the service made of it."""
    async with websocket(bench.url, bench.token("visitor")) as socket:
        await socket.recv()
        await bench.connected()
        (session,) = bench.service.hub("chat").registry.select("users", ["visitor"])
    return session


async def test_connections_that_come_and_go_leave_nothing() -> None:
    async def fault() -> None:
        await visit(bench)

    async with EventApp().serving() as url, fault_bench(url) as bench:
        await repeated(bench, fault)


@pytest.mark.parametrize("what", ["a session has been left", "bytes more after"])
async def test_a_session_per_round_that_is_never_let_go_is_noticed(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if what == "bytes more after":  # Memory alone would tell, too.
        monkeypatch.setattr("tests.faults.bench.held", lambda: Counter(Session=4))
    kept: list[Session] = []

    async def fault() -> None:
        kept.append(await visit(bench))

    async with EventApp().serving() as url, fault_bench(url) as bench:
        with pytest.raises(AssertionError, match=what):
            await repeated(bench, fault)
        kept.clear()
        monkeypatch.undo()


async def complaint(leave: Callable[[Bench, Session], object]) -> str:
    """Return what the bench says when a connection has left what `leave` leaves."""

    async def run() -> None:
        async with EventApp().serving() as url, fault_bench(url) as bench:
            session = await visit(bench)
            await bench.gone()
            leave(bench, session)
            del session

    with pytest.raises(AssertionError) as found:
        await run()
    return str(found.value)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait long for what will not go."""
    monkeypatch.setattr("tests.faults.bench.LIMIT", 1.0)


@pytest.mark.usefixtures("hasty")
async def test_a_member_that_is_left_is_noticed() -> None:
    text = await complaint(lambda bench, session: bench.service.hub("chat").registry.add(session))
    assert "'members': 1" in text


@pytest.mark.usefixtures("hasty")
async def test_a_timer_that_is_left_is_noticed() -> None:
    assert "'timers': 1" in await complaint(lambda bench, _: bench.clock.call_later(1e9, int))


async def test_a_task_that_is_left_is_noticed() -> None:
    tasks: list[asyncio.Task[object]] = []

    def leave(bench: Bench, session: Session) -> None:
        tasks.append(asyncio.create_task(asyncio.Event().wait()))

    assert "a task has been left" in await complaint(leave)
    tasks[0].cancel()


@pytest.mark.usefixtures("hasty")
async def test_a_socket_that_is_not_closed_is_noticed() -> None:
    async with AsyncExitStack() as stack:

        async def run() -> None:
            async with EventApp().serving() as url, fault_bench(url) as bench:
                await stack.enter_async_context(RawClient(bench.url))
                await bench.crowd.beat()

        with pytest.raises(AssertionError, match="'sockets': 1"):
            await run()
