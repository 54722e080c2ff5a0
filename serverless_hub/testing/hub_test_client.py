"""An app with its hubs, run in a test: no network, and time that the test moves."""

import asyncio
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal, Self

from serverless_hub.errors import ConfigurationError
from serverless_hub.hub.hub import ServerlessHub
from serverless_hub.hub.negotiation import Negotiation
from serverless_hub.protocol.codec import PROTOCOLS
from serverless_hub.routing.ports import LocalService, Service
from serverless_hub.routing.stand_in import STAND_IN, StandIn, StartedRouter
from serverless_hub.service.asgi import App
from serverless_hub.testing.client import Handler, HubClient
from serverless_hub.testing.clock import VirtualClock
from serverless_hub.testing.events import WatchedService
from serverless_hub.testing.lifespan import Lifespan
from serverless_hub.testing.lines import Target, Transport, open_line
from serverless_hub.testing.negotiating import Negotiator
from serverless_hub.testing.requests import Reply, Request, scope_of
from serverless_hub.testing.stage import Stage
from serverless_hub.testing.transcript import Transcript

__all__ = ["HubTestClient"]

_ROUND = 0.05
"""Seconds of real time after which an app that is told to stop is taken to wait for the clock."""

_Hub = type[ServerlessHub[Any]] | str
"""A hub's class, or the name of one that has functions only."""


class HubTestClient:
    """Runs `app` in an `async with` statement, and connects clients to its hubs.

        async with HubTestClient(app, Chat) as hub:
            ann = await hub.connect(user_id="ann")
            assert await ann.invoke("add", 40, 2) == 42

    Clients speak the real protocols through the app's own negotiate, an embedded service and the app's endpoint for
    events; all in this event loop and without ports. Whatever services the app works with otherwise, Azure's too, it
    works with a fresh embedded one here: with the settings of its own `EmbeddedService` if it has one.

    Args:
        app: a FastAPI app, or any ASGI app around one.
        hub: the hub that clients connect to; may be left out where the app has one.
        clock: what services and routers ask for the time; without it, one that stands at the current time.
        timeout: how many seconds of real time any wait may take, unless it says something else.
        base_url: where clients take the app to be.
    """

    def __init__(
        self,
        app: Any,
        hub: _Hub | None = None,
        *,
        clock: VirtualClock | None = None,
        timeout: float = 5.0,
        base_url: str = "http://testserver",
    ) -> None:
        self.clock: VirtualClock = clock or VirtualClock()
        """The time of the app's services and routers: it moves by `await clock.advance(seconds)` only."""
        self._app: App = app
        self._hub = hub
        self._base_url = base_url.rstrip("/")
        self._stage = Stage(self.clock, timeout)
        self._services: dict[int, WatchedService] = {}
        self._routers: list[StartedRouter] = []
        self._clients: list[HubClient] = []
        self._lifespan: Lifespan | None = None

    @property
    def transcript(self) -> Transcript:
        """What went over the wire, as text by `str`."""
        return self._stage.transcript

    async def __aenter__(self) -> Self:
        """Start the app; raises what its lifespan raises.

        Raises:
            ExpectationError: it does not start.
        """
        if self._lifespan is not None:
            raise RuntimeError("this HubTestClient has been used: make one for each test")
        self._lifespan = Lifespan(self._app)
        token = STAND_IN.set(StandIn(self.clock, self._service, self._routers.append))
        try:
            async with self._stage.limited("the app did not start: its lifespan has not come to its yield"):
                await self._lifespan.start()
        finally:
            STAND_IN.reset(token)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the app as a server does, and forget all clients.

        Raises:
            ExpectationError: it does not stop.
            Exception: what a client's handler raised where nobody waited for its answer.
        """
        assert self._lifespan is not None  # noqa: S101 - for type checkers: it has been entered
        stopping = self._lifespan.stop()
        has_stopped = await self._moves_until(stopping)
        for client in self._clients:
            await client.forget()
        if error is not None:
            return  # Whatever else there is follows from that.
        if not has_stopped:
            raise self.transcript.failure("the app did not stop: something in it still runs")
        stopping.result()
        if self._stage.failures:
            raise self._stage.failures[0]

    async def _moves_until(self, stopping: "asyncio.Task[None]") -> bool:
        """Return whether the app stops, moving the clock if it waits for that; cancel it otherwise."""
        seconds = 1
        try:
            async with asyncio.timeout(self._stage.timeout):
                while not (await asyncio.wait([stopping], timeout=_ROUND))[0]:
                    await self.clock.advance(seconds)
                    seconds *= 2
        except TimeoutError:
            stopping.cancel()
            await asyncio.wait([stopping])
            return False
        return True

    async def connect(
        self,
        *,
        user_id: str | None = None,
        claims: Mapping[str, Any] | None = None,
        negotiation: Negotiation | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        hub: _Hub | None = None,
        protocol: Literal["json", "messagepack"] = "json",
        transport: Transport = "websockets",
        handlers: Mapping[str, Handler] | None = None,
        name: str | None = None,
    ) -> HubClient:
        """Return a client once the app has answered its event `connected`; it may be closed by then.

        With `user_id`, `claims` or `negotiation`, that is who the client is, and the app is not asked. Without any, the
        app's own negotiate says it, as it would of a client that sends these `headers` and `params`.

        Args:
            user_id: whose connection it is.
            claims: what is known of the user.
            negotiation: all of that and more, as an app's negotiate would return it.
            headers: of the request for the app's negotiate.
            params: the query of the same.
            hub: another hub than the one that this was made for.
            protocol: what the client speaks.
            transport: how it connects.
            handlers: answer calls of the service, by target, as with `HubClient.on`; for those that come at once.
            name: what transcripts call it; without it, the user id.

        Raises:
            ConnectError: negotiate or the service refused it.
            ExpectationError: there is no answer in time.
        """
        if negotiation is None and (user_id is not None or claims is not None):
            negotiation = Negotiation(user_id=user_id, claims=claims or {})
        if negotiation is not None and (headers or params):
            raise TypeError("headers= and params= are for the app's own negotiate: leave out who the client is")
        if transport == "sse" and protocol == "messagepack":
            raise ValueError("Server-Sent Events carry text: use protocol='json', or another transport")
        user_id = None if negotiation is None else negotiation.user_id
        client = HubClient(
            name or user_id or f"client {len(self._clients) + 1}", self._stage, PROTOCOLS[protocol], handlers or {}
        )
        negotiator = self._negotiator(hub)
        async with self._stage.limited(f"{client.name} is not connected"):
            if negotiation is None:
                where = await negotiator.ask(self._app, headers or {}, params or {})
            else:
                where = await negotiator.decide(negotiation)
            url, client.connection_id = await negotiator.ask_service(*where)
            self._stage.events.names[client.connection_id] = client.name
            target = Target(negotiator.service, url, where[1], negotiator.state, client.take, client.line_ended)
            line = await open_line(transport, target)
        self._clients.append(client)
        await client.greet(line)
        return client

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, content: Any = None
    ) -> Reply:
        """Send a request to the app, for what it does besides its hubs.

        Args:
            method: such as `POST`.
            path: with the query.
            headers: of the request.
            content: sent as JSON, if there is any.
        """
        body = b"" if content is None else json.dumps(content).encode()
        media_type = {} if content is None else {"content-type": "application/json"}
        scope = scope_of("http", f"{self._base_url}{path}", {**media_type, **(headers or {})}, self._state)
        async with self._stage.limited(f"{method} {path.partition('?')[0]} had no answer"):
            return await Request(self._app, {**scope, "method": method}, body).run()

    @property
    def _state(self) -> dict[str, Any]:
        if self._lifespan is None:
            raise RuntimeError("the app does not run: say `async with HubTestClient(app) as hub:`")
        return self._lifespan.state

    def _service(self, default: Service | None) -> LocalService:
        """Return what stands in for a router's service: the same for the same."""
        if id(default) not in self._services:
            self._services[id(default)] = WatchedService.in_place_of(default, self.clock, self._stage.events)
        return self._services[id(default)]

    def _negotiator(self, hub: _Hub | None) -> Negotiator:
        state, wanted = self._state, hub or self._hub
        found = [
            Negotiator(router, wire_name, self._base_url, state)
            for router in self._routers
            for wire_name in router.catalog.wire_names
            if wanted is None or wire_name == router.catalog.wire_name(_name(wanted))
        ]
        if len(found) == 1:
            return found[0]
        names = ", ".join(name for router in self._routers for name in router.catalog.wire_names) or "none"
        text = "there is not one hub" if wanted is None else f"there is no hub {_name(wanted)!r}"
        raise ConfigurationError(
            f"{text} in this app, whose routers have started with: {names}; say HubTestClient(app, Chat)"
        )


def _name(hub: _Hub) -> str:
    return hub if isinstance(hub, str) else hub.hub_definition.name
