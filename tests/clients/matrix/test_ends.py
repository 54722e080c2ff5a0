"""Every client in every way that it has: what ends its connection, and how it comes back."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from serverless_hub import EmbeddedService, ServiceSettings
from tests.clients.chat_hub import make_app
from tests.clients.matrix.agent import IMPATIENT, KEY, PATIENT, Agent, ClientError, agent
from tests.clients.matrix.table import Cell, limit_of, played
from tests.support.client_tokens import client_token
from tests.support.clock import ManualClock
from tests.support.process import ServerProcess
from tests.support.proxy import CuttableProxy, proxied
from tests.support.server import serving

pytestmark = pytest.mark.node

_ROOT = Path(__file__).parents[3]
_TALKATIVE = ServiceSettings(ping_interval=0.5)
"""signalrcore stops with the next message only: it closes its socket while a thread reads, and waits for that."""


@asynccontextmanager
async def _cuttable(cell: Cell, clock: ManualClock | None = None) -> AsyncGenerator[tuple[Agent, CuttableProxy]]:
    service = EmbeddedService(access_key=KEY, clock=clock, settings=_TALKATIVE)
    app = make_app(service, clock)
    over = asyncio.Event()
    running_out = asyncio.create_task(_run_out(clock, over))
    async with serving(app) as url, proxied(url) as proxy:
        try:
            async with agent(cell, proxy.url) as client:
                yield client, proxy
        finally:
            over.set()
    running_out.cancel()


async def _run_out(clock: ManualClock | None, over: asyncio.Event) -> None:
    """Let time pass when all is over: what is left of a client is waited for a while."""
    await over.wait()
    while clock is not None:
        await clock.advance(1)


async def _comes_back(client: Agent, name: str, before: str) -> None:
    """Wait until the connection `before` has been followed by another."""
    await client.next(name, "reconnected")
    after = await client.invoke(name, "connectionId")
    assert after != before
    await client.invoke(name, "tellConnection", after, "welcome back")
    assert await client.next(name, "heard") == "welcome back"


@played("closed")
async def test_a_close_by_the_server_is_heard(cell: Cell) -> None:
    async with _cuttable(cell) as (client, _):
        await client.start("ann")
        await client.send("ann", "closeMe")
        told = await client.next("ann", "closed")
        # signalrcore tells no reasons.
        assert told is None if cell.client == "signalrcore" else "Come back soon." in told


@played("closed, comes back")
async def test_a_close_that_allows_it_is_followed_by_another_connection(cell: Cell) -> None:
    async with _cuttable(cell) as (client, _):
        await client.start("ann", reconnect=PATIENT)
        before = await client.invoke("ann", "connectionId")
        await client.send("ann", "closeMe")
        await _comes_back(client, "ann", before)


@played("dropped")
async def test_a_drop_is_heard(cell: Cell) -> None:
    async with _cuttable(cell) as (client, proxy):
        await client.start("ann")
        proxy.cut()
        await client.next("ann", "closed")


@played("dropped, comes back")
async def test_a_drop_is_followed_by_another_connection(cell: Cell) -> None:
    async with _cuttable(cell) as (client, proxy):
        await client.start("ann", reconnect=PATIENT)
        before = await client.invoke("ann", "connectionId")
        proxy.cut()
        await _comes_back(client, "ann", before)


@pytest.mark.requirement("negotiate.bearer")
@played("restart")
async def test_a_client_is_stopped_and_started_again_with_its_handlers(cell: Cell) -> None:
    async with _cuttable(cell) as (client, _):
        await client.start("ann")
        before = await client.invoke("ann", "connectionId")
        await client.stop("ann")
        await client.start("ann")
        assert await client.invoke("ann", "connectionId") != before
        await client.invoke("ann", "tellAll", "again")
        assert await client.next("ann", "heard") == "again"


@pytest.mark.requirement("completion.connected.closes")
@played("rejected")
async def test_who_is_rejected_hears_why_and_does_not_come_back(cell: Cell) -> None:
    async with _cuttable(cell) as (client, _):
        is_deaf = cell.client == "signalrcore"  # It tells no reasons, and with a reconnect policy tries on and on.
        try:
            await client.start("banned", reconnect=() if is_deaf else PATIENT)
        except ClientError as error:
            told = str(error)
        else:
            told = await client.next("banned", "closed")
        # With an event stream, the client's first ping is a request of its own, which may come when all is over.
        is_late = cell.transport == "ServerSentEvents" and told == "Not Found: Status code '404'"
        assert is_deaf or is_late or "You are banned." in told
        assert ("banned", "reconnecting") not in client.seen()


@pytest.mark.requirement("negotiate.expiration")
@played("expired")
async def test_a_connection_is_closed_when_its_token_is_over(cell: Cell) -> None:
    clock = ManualClock()
    async with _cuttable(cell, clock) as (client, _):
        token = ""
        if cell.goes_straight:
            token = client_token(KEY, now=clock.time(), lifetime=5, closes_at=clock.time() + 5)
        await client.start("brief", token=token)
        await clock.advance(6)
        await client.next("brief", "closed")


@played("expired, comes back")
@pytest.mark.requirement("clients.expired-reconnect")
async def test_a_client_comes_back_with_another_token_when_its_own_is_over(cell: Cell) -> None:
    clock = ManualClock()
    async with _cuttable(cell, clock) as (client, _):
        await client.start("brief", reconnect=PATIENT)
        before = await client.invoke("brief", "connectionId")
        await clock.advance(6)
        await _comes_back(client, "brief", before)


@played("comes back with a token that is over")
@pytest.mark.requirement("clients.expired-reconnect")
async def test_nobody_comes_back_with_a_token_that_is_over(cell: Cell) -> None:
    clock = ManualClock()
    async with _cuttable(cell, clock) as (client, proxy):
        is_direct = cell.client == "javascript" or cell.goes_straight
        # The official client would get itself another token at the app; the others keep what they have.
        direct = client_token(KEY, now=clock.time(), lifetime=5) if is_direct else ""
        await client.start("short", reconnect=IMPATIENT, token=direct)
        await clock.advance(6)
        if cell.transport == "WebSockets":  # Every request of the others shows its token.
            assert await client.invoke("short", "echo", "still here") == "still here"
        proxy.cut()
        await client.next("short", "closed")
        assert ("short", "reconnected") not in client.seen()


@asynccontextmanager
async def _restartable(cell: Cell) -> AsyncGenerator[tuple[Agent, ServerProcess]]:
    server = ServerProcess("tests.clients.matrix.restarted:app", _ROOT)
    await asyncio.to_thread(server.start)
    try:
        async with agent(cell, server.url) as client:
            yield client, server
    finally:
        await asyncio.to_thread(server.stop)


@played("server restart")
@pytest.mark.requirement("clients.server-restart")
async def test_a_server_that_stops_is_heard_and_who_can_comes_back_when_it_has_started_again(cell: Cell) -> None:
    coming_back: dict[str, bool] = {}  # The name of each, and whether it has stateful reconnect.
    if limit_of(cell, "server restart, comes back") is None:
        coming_back["ben"] = False
        if cell.client == "javascript" and cell.transport == "WebSockets":
            coming_back["cleo"] = True  # The new server knows nothing of its connection: it gets another one, too.
    async with _restartable(cell) as (client, server):
        await client.start("ann")
        for name, is_stateful in coming_back.items():
            await client.start(name, reconnect=PATIENT, stateful=is_stateful)
        before = {name: await client.invoke(name, "connectionId") for name in coming_back}
        await asyncio.to_thread(server.stop)
        await client.next("ann", "closed")
        await asyncio.to_thread(server.start)
        for name, connection_id in before.items():
            await _comes_back(client, name, connection_id)
        await client.start("dan")
        assert await client.invoke("dan", "echo", "again") == "again"
