"""The check of the fault tests: it fails when one connection per round is held, in whatever way."""

import asyncio
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
        monkeypatch.setattr("tests.faults.bench.held", lambda: {"Session": 4})
    kept: list[Session] = []

    async def fault() -> None:
        kept.append(await visit(bench))

    async with EventApp().serving() as url, fault_bench(url) as bench:
        with pytest.raises(AssertionError, match=what):
            await repeated(bench, fault)
        kept.clear()
        monkeypatch.undo()


@pytest.mark.parametrize("what", ["member", "timer", "task"])
async def test_a_single_thing_that_is_left_is_noticed(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.bench.LIMIT", 1.0)
    task: asyncio.Task[object] | None = None
    async with EventApp().serving() as url:
        with pytest.raises(AssertionError, match=what):
            async with fault_bench(url) as bench:
                session = await visit(bench)
                await bench.gone()
                if what == "member":
                    bench.service.hub("chat").registry.add(session)
                elif what == "timer":
                    bench.clock.call_later(1e9, int)
                else:
                    task = asyncio.create_task(asyncio.Event().wait())
                del session
    if task is not None:
        task.cancel()


async def test_a_socket_that_is_not_closed_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.bench.LIMIT", 1.0)
    async with EventApp().serving() as url:
        with pytest.raises(AssertionError, match="'sockets': 1"):
            async with AsyncExitStack() as stack, fault_bench(url) as bench:
                await stack.enter_async_context(RawClient(bench.url))
