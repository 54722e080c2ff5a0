"""A process that is told to stop while clients hold requests open which do not end by themselves."""

import asyncio
import signal
import threading
from collections.abc import Generator
from pathlib import Path

import aiohttp
import pytest

from serverless_hub.service.stop_signals import StopSignals
from tests.support.client import negotiate
from tests.support.clock import settle
from tests.support.http_transports import HANDSHAKE, HttpClient
from tests.support.process import ServerProcess

_ROOT = Path(__file__).parents[2]
_LIMIT = 20.0


async def nothing() -> None: ...


class Handler:
    """The handlers of a server for SIGINT and SIGTERM."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def __call__(self, number: int, frame: object) -> None:
        del frame
        self.heard.append(number)


@pytest.fixture
def handler() -> Generator[Handler]:
    """Be a server that handles both signals."""
    handler = Handler()
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    yield handler
    for number, previous in before.items():
        signal.signal(number, previous)


async def test_a_signal_is_heard_and_still_reaches_whom_it_was_for(handler: Handler) -> None:
    heard, told = asyncio.Event(), asyncio.Event()

    async def tell() -> None:
        heard.set()
        await told.wait()

    signals = StopSignals(tell)
    signals.listen()
    signals.listen()
    signal.raise_signal(signal.SIGTERM)
    await heard.wait()
    assert handler.heard == []
    told.set()
    await settle()
    assert handler.heard == [signal.SIGTERM]
    signals.forget()
    assert signal.getsignal(signal.SIGTERM) is handler
    assert signal.getsignal(signal.SIGINT) is handler
    signals.forget()


async def test_a_second_signal_does_not_wait_for_what_the_first_one_waits_for(handler: Handler) -> None:
    told = asyncio.Event()

    async def tell() -> None:
        await told.wait()

    hurried: list[str] = []
    signals = StopSignals(tell, lambda: hurried.append("at once"))
    signals.listen()
    signal.raise_signal(signal.SIGINT)
    await settle()
    assert hurried == []
    signal.raise_signal(signal.SIGINT)
    assert handler.heard == [signal.SIGINT]
    await settle()
    assert hurried == ["at once"]
    told.set()
    await settle()
    assert handler.heard == [signal.SIGINT, signal.SIGINT]
    signals.forget()


async def test_one_who_came_later_keeps_the_signal_and_we_only_pass_it_on(handler: Handler) -> None:
    calls: list[int] = []

    async def call() -> None:
        calls.append(0)

    signals = StopSignals(call)
    signals.listen()
    ours = signal.getsignal(signal.SIGTERM)
    assert callable(ours)

    def later(number: int, frame: object) -> None:
        ours(number, None)

    signal.signal(signal.SIGTERM, later)
    signals.forget()
    assert signal.getsignal(signal.SIGTERM) is later
    signal.raise_signal(signal.SIGTERM)
    await asyncio.sleep(0)
    assert (handler.heard, calls) == ([signal.SIGTERM], [])


async def test_a_signal_that_nobody_handles_keeps_its_effect(handler: Handler) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signals = StopSignals(nothing)
    signals.listen()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    signals.forget()


def test_a_loop_that_is_closed_is_no_error(handler: Handler) -> None:
    signals = StopSignals(nothing)

    async def listen() -> None:
        signals.listen()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(listen())
    loop.close()
    signal.raise_signal(signal.SIGTERM)
    assert handler.heard == [signal.SIGTERM]
    signals.forget()


def test_outside_of_the_main_thread_nothing_is_done(handler: Handler) -> None:
    async def listen() -> None:
        signals = StopSignals(nothing)
        signals.listen()
        signals.forget()

    thread = threading.Thread(target=lambda: asyncio.run(listen()))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is handler


@pytest.mark.requirement("service.stop.signal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
async def test_one_signal_ends_uvicorn_though_a_stream_and_a_poll_are_open(number: signal.Signals) -> None:
    server = ServerProcess("examples.quickstart.chat:app", _ROOT)
    await asyncio.to_thread(server.start)
    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(_LIMIT):
            streaming, polling = [await _client(session, server.url) for _ in range(2)]
            async with streaming.stream() as stream:
                assert await stream.content.readuntil(b"\r\n") == b":\r\n"
                await streaming.post(HANDSHAKE)
                assert b"{}" in await stream.content.readuntil(b"\r\n\r\n")
                await polling.poll()
                await polling.post(HANDSHAKE)
                assert (await polling.poll()).body == b"{}\x1e"
                polls = {asyncio.create_task(polling.poll()) for _ in range(2)}
                _, (poll,) = await asyncio.wait(polls, return_when=asyncio.FIRST_COMPLETED)
                stopping = asyncio.create_task(asyncio.to_thread(server.stop, number))
                assert b"The service stopped." in (await poll).body
                assert b"The service stopped." in await stream.content.read()
            await stopping
    finally:
        await asyncio.to_thread(server.kill)


async def _client(session: aiohttp.ClientSession, url: str) -> HttpClient:
    answer = await negotiate(url)
    client = HttpClient(session, answer["url"].partition("/?")[0], answer["accessToken"])
    await client.negotiate()
    return client
