"""The service: its hubs, its tokens, the endpoints of its clients, and its REST API."""

import math
from collections.abc import Sequence

from serverless_hub.clock import Clock
from serverless_hub.errors import InvalidArgumentError, TokenError
from serverless_hub.protocol.client_token import client_claims, client_url
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.protocol.rest import ErrorCode
from serverless_hub.protocol.tokens import sign_token
from serverless_hub.service.asgi import Receive, Scope, Send
from serverless_hub.service.client_endpoints import ClientEndpoints
from serverless_hub.service.clients import Clients
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.metrics import NO_METRICS, Metrics
from serverless_hub.service.nowhere import Nowhere
from serverless_hub.service.ports import Upstream
from serverless_hub.service.rest import RestApi
from serverless_hub.service.settings import ServiceSettings

__all__ = ["SignalRService"]


class SignalRService:
    """A SignalR service in serverless mode.

    Args:
        keys: the access keys; any may have signed a client's token, all sign upstream events.
        settings: times and limits.
        clock: what all timers ask.
        cors: which pages of other origins may connect.
        metrics: where connections and messages are counted.
    """

    def __init__(
        self,
        keys: Sequence[str],
        settings: ServiceSettings,
        clock: Clock,
        cors: CorsPolicy,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self._keys = keys
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._hubs: dict[str, ServiceHub] = {}
        self.upstreams: dict[str, Upstream] = {}
        """Where the events of a hub go, by its name in lower case."""
        self.default_upstream: Upstream = Nowhere()
        """Where the events of all other hubs go."""
        clients = Clients(self.hub, self._upstream, keys=keys, settings=settings, clock=clock, metrics=metrics)
        self._endpoints = ClientEndpoints(clients, keys, settings, clock, cors)
        self._rest = RestApi(self, keys, clock, settings.invoke_timeout)

    def hub(self, name: str) -> ServiceHub:
        """Return the hub `name`, ignoring case."""
        name = name.lower()
        hub = self._hubs.get(name)
        if hub is None:
            hub = self._hubs[name] = ServiceHub(name, self._clock, self._settings, metrics=self._metrics)
        return hub

    def generate_token(self, hub: str, user_id: str | None, lifetime: float, endpoint: str) -> str:
        """Return an access token for a client, signed with the first key.

        Args:
            hub: which it may connect to.
            user_id: whose connection it will be; None for somebody unknown.
            lifetime: how long it is valid, in seconds.
            endpoint: the URL of the service as its clients see it.

        Raises:
            InvalidArgumentError: the lifetime is not above zero, the user id is empty or has control characters, or the
                token would be longer than services take.
        """
        if not 0 < lifetime < math.inf:
            raise InvalidArgumentError("the lifetime of a token must be above zero", code=ErrorCode.INVALID_REQUEST)
        if user_id is not None and not (user_id and user_id.isprintable()):
            text = "a user id must not be empty nor have control characters; leave it out for somebody unknown"
            raise InvalidArgumentError(text, code=ErrorCode.INVALID_REQUEST)
        audience = client_url(endpoint, hub)
        claims = client_claims(user_id, {}, audience=audience, now=self._clock.time(), lifetime=lifetime)
        try:
            return sign_token(claims, self._keys[0])
        except TokenError as error:
            raise InvalidArgumentError(str(error), code=ErrorCode.INVALID_REQUEST) from None

    def close_all(self) -> None:
        """Begin to stop: close all connections, and let nobody in until `stop` has ended."""
        self._endpoints.close_all()

    def hurry(self) -> None:
        """Wait no longer for last events: whoever stops the process has said so twice."""
        self._endpoints.hurry()

    async def say_goodbye(self) -> None:
        """Begin to stop as `close_all` does, and give all clients a moment to hear of it."""
        await self._endpoints.say_goodbye()

    async def stop(self) -> None:
        """Close all connections, and wait until their last events have reached the app."""
        await self._endpoints.stop()

    async def negotiate(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST client/negotiate` (ASGI)."""
        await self._endpoints.negotiate(scope, receive, send)

    async def connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the WebSocket `client/` (ASGI)."""
        await self._endpoints.connect(scope, receive, send)

    async def client(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for `client/` (ASGI): an event stream, a poll, the end of polls, or what a client sends."""
        await self._endpoints.client(scope, receive, send)

    async def rest(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of the REST API (ASGI); `root_path` is where the service is, `/api/...` follows it."""
        await self._rest(scope, receive, send)

    def _upstream(self, hub: str) -> Upstream:
        return self.upstreams.get(hub, self.default_upstream)
