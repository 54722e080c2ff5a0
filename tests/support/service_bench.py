"""One hub of the service with several connections in memory."""

import asyncio

from serverless_hub.protocol.codec import JSON, HubProtocol
from serverless_hub.service.client import Client
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.session import Session
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import ManualClock, settle
from tests.support.line import FakeLine
from tests.support.scripted_app import ScriptedApp
from tests.support.session_run import run_session

__all__ = ["ServiceBench"]


class ServiceBench:
    """A hub and the lines of its connections, by id."""

    def __init__(self, settings: ServiceSettings | None = None) -> None:
        self.clock = ManualClock()
        self.hub = ServiceHub("chat", self.clock, settings)
        self.lines: dict[str, FakeLine] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def connect(self, connection_id: str, user_id: str | None = None, protocol: HubProtocol = JSON) -> None:
        line = self.lines[connection_id] = FakeLine()
        session = Session(
            Client(connection_id, "chat", user_id), protocol, self.hub.registry, ScriptedApp(),
            keys=["a-key-for-signatures"], settings=ServiceSettings(), clock=self.clock,
        )  # fmt: skip
        self.tasks.append(asyncio.create_task(run_session(session, line)))
        await settle()

    async def heard(self, connection_id: str) -> bytes:
        """Return what came behind the answer to the handshake."""
        await settle()
        return self.lines[connection_id].heard.partition(b"\x1e")[2]

    async def leave(self) -> None:
        for line in self.lines.values():
            line.leave()
        await asyncio.gather(*self.tasks)
