"""Everybody who is connected or about to be: what lies between an admission and the end of its connection."""

from collections.abc import Callable, Sequence

from serverless_hub.clock import Clock
from serverless_hub.protocol.handshake import STATEFUL_VERSION
from serverless_hub.service.client import Client
from serverless_hub.service.ending import STOPPED
from serverless_hub.service.greeting import Greeting, greet
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.metrics import NO_METRICS, Metrics
from serverless_hub.service.pending import Admission
from serverless_hub.service.ports import Line, Upstream
from serverless_hub.service.session import Session
from serverless_hub.service.sessions import Sessions
from serverless_hub.service.settings import ServiceSettings

__all__ = ["Clients"]


class Clients:
    """Serves each client from its handshake on.

    Args:
        hub: returns a hub by its name.
        upstream: returns where the events of a hub go.
        keys: what events are signed with.
        settings: times and limits.
        clock: what all timers ask.
        metrics: where connections are counted.
    """

    def __init__(
        self,
        hub: Callable[[str], ServiceHub],
        upstream: Callable[[str], Upstream],
        *,
        keys: Sequence[str],
        settings: ServiceSettings,
        clock: Clock,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self._hub = hub
        self._upstream = upstream
        self._keys = keys
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._greeted = 0
        self._stopping = False
        self.sessions: Sessions = Sessions()
        """Those who have said who they are."""

    def __len__(self) -> int:
        """Count all, those included who are in their handshake or whose line is lost."""
        return len(self.sessions) + self._greeted

    async def serve(
        self, admission: Admission, query: str | None, line: Line, forget: Callable[[], object] = lambda: None
    ) -> None:
        """Serve one client over `line` to its end, or until its connection no longer needs this call.

        Args:
            admission: who it is.
            query: of its request, as the app may see it.
            line: has not been opened.
            forget: called when its connection has ended.
        """
        begun = False
        self._greeted += 1
        try:
            greeting = await self._greet(admission, line) if await line.accept() else None
            if greeting is None:
                return
            stateful = admission.stateful and line.resumable and greeting.version >= STATEFUL_VERSION
            session = self._session(admission, query, greeting, stateful=stateful)
            await session.answer_handshake(line)
            begun = True
        finally:
            self._greeted -= 1
            admission.leave()
            if not begun:
                forget()
        if self._stopping:  # Nobody else would end it.
            session.close(STOPPED, allow_reconnect=True)
        await self.sessions.serve(session, line, greeting.rest, admission.token, forget)

    def close_all(self) -> None:
        """End all, and whoever comes until `stop` has ended."""
        self._stopping = True
        self.sessions.close_all()

    def hurry(self) -> None:
        """Wait no longer for last events."""
        self.sessions.hurry()

    async def stop(self) -> None:
        """End all, and wait until their last events have reached the app."""
        self.close_all()
        await self.sessions.stop(self._clock, self._settings.stop_timeout)
        self._stopping = False

    async def _greet(self, admission: Admission, line: Line) -> Greeting | None:
        timeout = admission.identity.handshake_timeout
        return await greet(line, self._clock, self._settings, timeout=timeout, takes_binary=line.takes_binary)

    def _session(self, admission: Admission, query: str | None, greeting: Greeting, *, stateful: bool) -> Session:
        identity = admission.identity
        return Session(
            Client(
                admission.connection_id,
                admission.hub,
                identity.user_id,
                identity.claims,
                query,
                identity.closes_at,
                identity.detailed_errors,
            ),
            greeting.protocol,
            self._hub(admission.hub).registry,
            self._upstream(admission.hub),
            keys=self._keys,
            settings=self._settings,
            clock=self._clock,
            stateful=stateful,
            metrics=self._metrics,
        )
