"""The service: its hubs, the two endpoints that clients talk to (negotiate and connect), and the REST API."""

import logging
import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from serverless_hub.clock import Clock
from serverless_hub.errors import InvalidArgumentError, TokenError
from serverless_hub.protocol.client_token import client_claims, client_url
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.protocol.negotiate import negotiate_version, service_answer
from serverless_hub.protocol.rest import ErrorCode
from serverless_hub.protocol.tokens import sign_token
from serverless_hub.service.asgi import Receive, Scope, Send, deny_websocket, header_of, respond
from serverless_hub.service.client import Client
from serverless_hub.service.greeting import greet
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.metrics import NO_METRICS, Metrics
from serverless_hub.service.nowhere import Nowhere
from serverless_hub.service.pending import Admissions, TooManyPendingError, new_connection_id
from serverless_hub.service.ports import Upstream
from serverless_hub.service.request import ClientRequest, Refusal, read_request
from serverless_hub.service.rest import RestApi
from serverless_hub.service.session import Session
from serverless_hub.service.sessions import Sessions
from serverless_hub.service.settings import ServiceSettings
from serverless_hub.service.websocket import WebSocketTransport

__all__ = ["SignalRService"]

_logger = logging.getLogger("serverless_hub.service")


class SignalRService:
    """A SignalR service in serverless mode.

    Args:
        keys: the access keys; any may have signed a client's token, all sign upstream events.
        settings: times and limits.
        clock: what all timers ask.
        cors: which pages of other origins may negotiate.
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
        self._cors = cors
        self._metrics = metrics
        self._hubs: dict[str, ServiceHub] = {}
        self._active: set[str] = set()
        self._admissions = Admissions(clock, settings.connect_timeout, settings.max_pending)
        self._sessions = Sessions()
        self._rest = RestApi(self, keys, clock, settings.invoke_timeout)
        self.upstreams: dict[str, Upstream] = {}
        """Where the events of a hub go, by its name in lower case."""
        self.default_upstream: Upstream = Nowhere()
        """Where the events of all other hubs go."""

    def hub(self, name: str) -> ServiceHub:
        """Return the hub `name`, ignoring case."""
        name = name.lower()
        return self._hubs.setdefault(name, ServiceHub(name, self._clock, metrics=self._metrics))

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

    async def stop(self) -> None:
        """Close all connections, and wait until their last events have reached the app."""
        await self._sessions.stop(self._clock, self._settings.stop_timeout)

    async def negotiate(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST client/negotiate` (ASGI)."""
        del receive  # Clients send nothing worth reading here, and one sends a content type for nothing.
        origin = header_of(scope, b"origin")
        headers = self._cors.headers(origin)
        try:
            if scope["method"] == "OPTIONS":
                await respond(send, HTTPStatus.NO_CONTENT, headers=self._preflight(scope, origin))
            else:
                await respond(send, HTTPStatus.OK, self._negotiated(scope), headers=headers)
        except Refusal as refusal:
            _logger.warning("refused a negotiate with %d: %s", refusal.status, refusal)
            await respond(send, refusal.status, headers=headers)

    async def connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the WebSocket `client/` (ASGI).

        Its `Origin` is not looked at: no browser sends a token by itself, and no other page can read one.
        """
        try:
            request = read_request(scope, self._keys, self._clock.time(), token_in_query=True)
            connection_id, token = self._admitted(request)
        except Refusal as refusal:
            _logger.warning("refused a connection with %d: %s", refusal.status, refusal)
            await deny_websocket(scope, receive, send, refusal.status)
            return
        self._active.add(token)
        try:
            await self._serve(request, connection_id, WebSocketTransport(receive, send))
        finally:
            self._active.discard(token)

    async def rest(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of the REST API (ASGI); `root_path` is where the service is, `/api/...` follows it."""
        await self._rest(scope, receive, send)

    async def _serve(self, request: ClientRequest, connection_id: str, transport: WebSocketTransport) -> None:
        if not await transport.accept():
            return
        greeting = await greet(transport, self._clock, self._settings)
        if greeting is None:
            return
        identity = request.identity
        session = Session(
            Client(
                connection_id,
                request.hub,
                identity.user_id,
                identity.claims,
                request.public_query,
                identity.closes_at,
            ),
            greeting.protocol,
            self.hub(request.hub).registry,
            self.upstreams.get(request.hub, self.default_upstream),
            keys=self._keys,
            settings=self._settings,
            clock=self._clock,
            metrics=self._metrics,
        )
        await self._sessions.serve(session, transport, greeting.rest)

    def _preflight(self, scope: Scope, origin: str | None) -> list[tuple[bytes, bytes]]:
        if origin is not None and not self._cors.allows(origin):
            _logger.warning(
                "refused the preflight of a page at %.200r: if it is yours, put that into allowed_origins", origin
            )
        return self._cors.preflight_headers(origin, header_of(scope, b"access-control-request-headers"))

    def _negotiated(self, scope: Scope) -> dict[str, Any]:
        if scope["method"] != "POST":
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "it has to be a POST")
        request = read_request(scope, self._keys, self._clock.time(), token_in_query=False)
        try:
            version = negotiate_version(request.parameters.get("negotiateVersion", [None])[0])
        except ValueError:
            _logger.warning("a client negotiated for a version that is not a number")
            return {"error": "The client requested a non-integer protocol version."}
        try:
            admission = self._admissions.admit(request.hub, request.identity, version)
        except TooManyPendingError as error:
            reason = f"{self._settings.max_pending} clients have not connected yet"
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, reason) from error
        return service_answer(version, admission.connection_id, admission.token)

    def _admitted(self, request: ClientRequest) -> tuple[str, str]:
        """Return connection id and token; a client that did not negotiate here has no id and gets one."""
        token = request.parameters.get("id", [None])[0]
        if token is None:
            connection_id = new_connection_id()
            return connection_id, connection_id
        if token in self._active:
            raise Refusal(HTTPStatus.CONFLICT, "the connection is open already")
        admission = self._admissions.take(token, request.hub, request.identity)
        if admission is None:
            seconds = self._settings.connect_timeout
            raise Refusal(HTTPStatus.NOT_FOUND, f"the id was not given out within the last {seconds:g} seconds")
        return admission.connection_id, token
