"""One session of the service between a line and an app in memory, on a clock that a test moves."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from serverless_hub.protocol.codec import JSON, HubProtocol
from serverless_hub.protocol.messages import Completion, HubMessage, Invocation
from serverless_hub.service.client import Client
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.session import Session
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import ManualClock, settle
from tests.support.direct_socket import DirectLine
from tests.support.line import FakeLine
from tests.support.scripted_app import ScriptedApp
from tests.support.session_run import run_session

__all__ = ["KEY", "SessionBench", "only_over_tasks", "over_each_line", "session_bench"]

KEY = "key-of-the-session-bench"
_LIMIT = 10.0
_lines: list[type[FakeLine]] = [FakeLine]


def _make_line() -> FakeLine:
    """Return a line of the kind that the running test is about."""
    return _lines[-1]()


@pytest.fixture(params=[FakeLine, DirectLine], ids=["tasks", "direct"], autouse=True)
def over_each_line(request: pytest.FixtureRequest) -> Generator[None]:
    """Run the tests of the module that has this twice: over an ASGI call, and directly over a socket."""
    _lines.append(request.param)
    yield
    _lines.pop()


only_over_tasks = pytest.mark.parametrize("over_each_line", [FakeLine], indirect=True, ids=["tasks"])
"""For what is different directly over a socket, and tested in test_direct.py."""


class SessionBench:
    """The connection `c1` of the user `ann` to the hub `chat`, its handshake read."""

    def __init__(
        self,
        protocol: HubProtocol,
        settings: ServiceSettings,
        app: ScriptedApp,
        received: bytes,
        *,
        closes_in: float | None = None,
        stateful: bool = False,
        line: FakeLine | None = None,
    ) -> None:
        self.protocol = protocol
        self.clock = ManualClock()
        self.line = line or _make_line()
        self.app = app
        self.hub = ServiceHub("chat", self.clock)
        self.session = Session(
            Client("c1", "chat", "ann", closes_at=None if closes_in is None else self.clock.time() + closes_in),
            protocol,
            self.hub.registry,
            app,
            keys=[KEY],
            settings=settings,
            clock=self.clock,
            stateful=stateful,
        )
        self.released = asyncio.Event()
        """Set once the session no longer needs the line that it began with."""
        self.run = asyncio.create_task(run_session(self.session, self.line, received, self.released.set))

    def say(self, *messages: HubMessage) -> None:
        """Send `messages` to the service in one frame."""
        self.line.say(b"".join(self.protocol.encode(message) for message in messages))

    def call(self, target: str, *arguments: Any, invocation_id: str | None = None) -> None:
        self.say(Invocation(target, arguments, invocation_id))

    def come_back(self) -> "asyncio.Future[None]":
        """Go on over a new line, whatever has become of the old one; it says nothing by itself.

        Returns:
            Done when the session does not need the new line any more.
        """
        self.line = FakeLine()
        return self.session.resume(self.line)

    @property
    def records(self) -> list[bytes]:
        """What arrived, split into messages, the answer to the handshake first where the protocol is JSON."""
        return JSON.splitter(1 << 24).feed(self.line.heard)

    @property
    def messages(self) -> list[HubMessage | None]:
        """What arrived behind the answer to the handshake."""
        rest = self.line.heard.removeprefix(b"{}\x1e")
        return [self.protocol.decode(payload) for payload in self.protocol.splitter(1 << 24).feed(rest)]

    def error_of(self, invocation_id: str) -> str | None:
        """Return the error in the only completion of a call."""
        (found,) = [m for m in self.messages if isinstance(m, Completion) and m.invocation_id == invocation_id]
        return found.error

    async def ended(self) -> None:
        """Wait for the end of the session."""
        async with asyncio.timeout(_LIMIT):
            await asyncio.wait([self.run])


@asynccontextmanager
async def session_bench(
    protocol: HubProtocol = JSON,
    settings: ServiceSettings | None = None,
    app: ScriptedApp | None = None,
    received: bytes = b"",
    closes_in: float | None = None,
    *,
    stateful: bool = False,
) -> AsyncGenerator[SessionBench]:
    """Yield a session that has begun; afterwards its client leaves, and nothing of it may be left."""
    before = asyncio.all_tasks()
    settings, app = settings or ServiceSettings(), app or ScriptedApp()
    bench = SessionBench(protocol, settings, app, received, closes_in=closes_in, stateful=stateful)
    await settle()
    yield bench
    bench.line.leave()
    await bench.ended()
    await settle()
    assert asyncio.all_tasks() - before == set(), "a task has been left"
    assert [timer for timer in bench.clock.timers if not timer.cancelled] == [], "a timer has been left"
    assert len(bench.hub.registry) == 0, "the session is still registered"
    if not bench.run.cancelled():
        bench.run.result()
