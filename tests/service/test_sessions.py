import asyncio

import pytest

from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.messages import Close
from serverless_hub.service.client import Client
from serverless_hub.service.ending import Ending
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.metrics import Outcome, TransportKind
from serverless_hub.service.session import Session
from serverless_hub.service.sessions import Sessions
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import ManualClock, settle
from tests.support.line import FakeLine
from tests.support.scripted_app import ScriptedApp

STOPPED = JSON.encode(Close("The service stopped.", allow_reconnect=True))


class BrokenMetrics:
    """Counts nothing, and fails where a connection ends."""

    def opened(self, transport: TransportKind) -> None: ...

    def closed(self, transport: TransportKind, ending: Ending, seconds: float) -> None:
        raise ZeroDivisionError(f"a bug behind {transport}, {ending} and {seconds}")

    def event(self, category: str, outcome: Outcome, seconds: float) -> None: ...

    def sent(self, messages: int) -> None: ...


class Bench:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.app = ScriptedApp()
        self.lines: list[FakeLine] = []
        self.sessions = Sessions()
        self.hub = ServiceHub("chat", self.clock)

    async def serve(self, *, stateful: bool = False) -> "asyncio.Task[None]":
        """Begin one session, as a server's request does."""
        line = FakeLine()
        self.lines.append(line)
        session = Session(
            Client(f"c{len(self.lines)}", "chat"), JSON, self.hub.registry, self.app,
            keys=["a-key-for-signatures"], settings=ServiceSettings(), clock=self.clock, stateful=stateful,
        )  # fmt: skip
        request = asyncio.create_task(self.sessions.serve(session, line, b"", f"token-{len(self.lines)}", lambda: None))
        await settle()
        return request


async def test_a_request_lasts_as_long_as_its_session() -> None:
    bench = Bench()
    request = await bench.serve()
    assert not request.done()
    bench.lines[0].leave()
    await request
    assert bench.app.events == ["connected", "disconnected"]


async def test_a_request_that_the_server_cancels_ends_its_session_in_order() -> None:
    bench = Bench()
    request = await bench.serve()
    request.cancel()
    await request  # without an error, which a server would log
    await settle()
    assert bench.app.events == ["connected", "disconnected"]
    assert bench.lines[0].heard.endswith(STOPPED)
    assert bench.lines[0].closed


@pytest.mark.requirement("closing.stop")
async def test_a_stop_tells_all_clients_that_they_may_come_back_and_waits_for_their_last_events() -> None:
    bench = Bench()
    requests = [await bench.serve() for _ in range(3)]
    bench.app.hold("disconnected")
    stop = asyncio.create_task(bench.sessions.stop(bench.clock, 30))
    await settle()
    assert not stop.done()
    assert all(line.heard.endswith(STOPPED) and line.closed for line in bench.lines)
    bench.app.release("disconnected")
    await stop
    assert bench.app.answered == ["connected"] * 3 + ["disconnected"] * 3
    await asyncio.gather(*requests)


async def test_a_stop_without_sessions_is_over_at_once() -> None:
    await Bench().sessions.stop(ManualClock(), 30)


async def test_a_stop_does_not_hang_on_an_app_that_never_answers(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.app.hold("connected")
    request = await bench.serve()
    stop = asyncio.create_task(bench.sessions.stop(bench.clock, 30))
    await settle()
    await bench.clock.advance(30)
    await stop
    await request
    assert "cut off" in caplog.text
    assert len(bench.hub.registry) == 0


async def test_the_request_of_a_stateful_session_ends_with_its_line_and_the_session_goes_on() -> None:
    bench = Bench()
    request = await bench.serve(stateful=True)
    bench.lines[0].leave("The connection was lost.")
    await request
    assert len(bench.sessions) == 1
    session = bench.sessions.find("token-1", "chat", None)
    assert session is not None
    again = asyncio.create_task(bench.sessions.resume(session, FakeLine()))
    await settle()
    assert not again.done()
    session.close(None, allow_reconnect=False)
    await again
    assert bench.app.events == ["connected", "disconnected"]
    assert len(bench.sessions) == 0
    assert bench.sessions.find("token-1", "chat", None) is None


async def test_a_session_is_found_by_its_token_for_its_hub_and_user_and_only_if_it_is_stateful() -> None:
    bench = Bench()
    requests = [await bench.serve(stateful=True), await bench.serve()]
    wrong = [("token-1", "other", None), ("token-1", "chat", "eve"), ("token-2", "chat", None), (None, "chat", None)]
    assert bench.sessions.find("token-1", "chat", None) is not None
    assert [bench.sessions.find(*what) for what in wrong] == [None] * 4
    for line in bench.lines:
        line.leave()
    await asyncio.gather(*requests)


async def test_a_session_that_ends_while_its_client_comes_back_closes_the_new_line() -> None:
    bench = Bench()
    request = await bench.serve(stateful=True)
    session = bench.sessions.find("token-1", "chat", None)
    assert session is not None
    session.close(None, allow_reconnect=False)
    late = FakeLine()
    await bench.sessions.resume(session, late)
    assert late.closed
    await request


async def test_a_resumed_request_that_the_server_cancels_ends_its_session_in_order() -> None:
    bench = Bench()
    request = await bench.serve(stateful=True)
    session = bench.sessions.find("token-1", "chat", None)
    assert session is not None
    line = FakeLine()
    again = asyncio.create_task(bench.sessions.resume(session, line))
    await settle()
    again.cancel()
    await asyncio.gather(request, again)
    await settle()
    assert line.heard.endswith(STOPPED)
    assert bench.app.events == ["connected", "disconnected"]


async def test_a_bug_at_the_end_of_a_session_is_logged_and_does_not_keep_it(caplog: pytest.LogCaptureFixture) -> None:
    bench, line = Bench(), FakeLine()
    session = Session(
        Client("c1", "chat"), JSON, bench.hub.registry, bench.app,
        keys=["a-key-for-signatures"], settings=ServiceSettings(), clock=bench.clock, metrics=BrokenMetrics(),
    )  # fmt: skip
    request = asyncio.create_task(bench.sessions.serve(session, line, b"", "token", lambda: None))
    await settle()
    line.leave()
    await settle()
    assert len(bench.sessions) == 0
    assert caplog.messages == ["connection c1 of hub chat failed"]
    request.cancel()
    await request


async def test_the_log_says_what_takes_long_and_whoever_will_not_wait_cuts_it_off(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    bench = Bench()
    bench.app.hold("disconnected")
    request = await bench.serve()
    stopping = asyncio.create_task(bench.sessions.stop(bench.clock, 30))
    await settle()
    await bench.clock.advance(1)
    waiting = "waiting for the app to end 1 events; Ctrl+C again stops at once"
    assert waiting in [record.getMessage() for record in caplog.records]
    assert not stopping.done()
    bench.sessions.hurry()
    await stopping
    await request
    assert len(bench.sessions) == 0
