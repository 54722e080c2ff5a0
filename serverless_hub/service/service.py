"""The service: its hubs, the endpoints that clients talk to (negotiate, WebSockets, plain HTTP), and the REST API."""

import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

from serverless_hub.clock import Clock
from serverless_hub.errors import InvalidArgumentError, TokenError
from serverless_hub.protocol.client_token import client_claims, client_url
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.protocol.negotiate import negotiate_version, service_answer
from serverless_hub.protocol.rest import ErrorCode
from serverless_hub.protocol.tokens import sign_token
from serverless_hub.service.asgi import Headers, Receive, Scope, Send, deny_websocket, header_of, respond
from serverless_hub.service.client import Client
from serverless_hub.service.greeting import greet
from serverless_hub.service.http_connections import HttpConnections, wants_stream
from serverless_hub.service.http_transport import STOPPED, HttpTransport
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.nowhere import Nowhere
from serverless_hub.service.pending import Admission, Admissions, TooManyPendingError, new_connection_id
from serverless_hub.service.ports import Transport, Upstream
from serverless_hub.service.request import ClientRequest, Refusal, allowed_transports, read_request
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
    """

    def __init__(self, keys: Sequence[str], settings: ServiceSettings, clock: Clock, cors: CorsPolicy) -> None:
        self._keys = keys
        self._settings = settings
        self._clock = clock
        self._cors = cors
        self._hubs: dict[str, ServiceHub] = {}
        self._websockets: dict[str, Admission] = {}
        self._admissions = Admissions(clock, settings.connect_timeout, settings.max_pending)
        self._sessions = Sessions()
        self._rest = RestApi(self, keys, clock, settings.invoke_timeout)
        self._http = HttpConnections(self._admitted, self._serve_http, settings, clock)
        self._stopping = False
        self.upstreams: dict[str, Upstream] = {}
        """Where the events of a hub go, by its name in lower case."""
        self.default_upstream: Upstream = Nowhere()
        """Where the events of all other hubs go."""

    def hub(self, name: str) -> ServiceHub:
        """Return the hub `name`, ignoring case."""
        name = name.lower()
        return self._hubs.setdefault(name, ServiceHub(name, self._clock))

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
        self._stopping = True
        for hub in self._hubs.values():
            hub.close("all", (), STOPPED)
        self._http.stop()

    async def stop(self) -> None:
        """Close all connections, and wait until their last events have reached the app."""
        self.close_all()
        await self._sessions.stop(self._clock, self._settings.stop_timeout)
        await self._http.finish()
        self._stopping = False

    async def negotiate(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST client/negotiate` (ASGI)."""
        del receive  # Clients send nothing worth reading here, and one sends a content type for nothing.

        async def answer(headers: Headers) -> None:
            await respond(send, HTTPStatus.OK, self._negotiated(scope), headers=headers)

        await self._answer(scope, send, answer, "negotiate")

    async def client(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for `client/` (ASGI): an event stream, a poll, the end of polls, or what a client sends."""

        async def answer(headers: Headers) -> None:
            if scope["method"] not in {"GET", "POST", "DELETE"}:
                raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "it has to be a GET, a POST or a DELETE")
            request = read_request(scope, self._keys, self._clock.time(), token_in_query=wants_stream(scope))
            websocket = self._websockets.get(request.token or "")
            if websocket is not None and websocket.belongs_to(request.hub, request.identity):
                posts = scope["method"] == "POST"
                status = HTTPStatus.METHOD_NOT_ALLOWED if posts else HTTPStatus.BAD_REQUEST
                raise Refusal(status, "the connection is a WebSocket")
            await self._http.handle(scope, receive, send, request, headers)

        await self._answer(scope, send, answer, f"{scope['method']} request")

    async def connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the WebSocket `client/` (ASGI).

        Its `Origin` is not looked at: no browser sends a token by itself, and no other page can read one.
        """
        try:
            request = read_request(scope, self._keys, self._clock.time(), token_in_query=True)
            request.check_transport("WebSockets", self._settings.transports)
            admission = self._admitted_websocket(request)
        except Refusal as refusal:
            _logger.warning("refused a connection with %d: %s", refusal.status, refusal)
            await deny_websocket(scope, receive, send, refusal.status)
            return
        self._websockets[admission.token] = admission
        try:
            transport = WebSocketTransport(receive, send)
            if await transport.accept():
                await self._serve(admission, request.public_query, transport)
        finally:
            del self._websockets[admission.token]

    async def rest(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of the REST API (ASGI); `root_path` is where the service is, `/api/...` follows it."""
        await self._rest(scope, receive, send)

    async def _serve_http(self, admission: Admission, query: str | None, transport: HttpTransport) -> None:
        await self._serve(admission, query, transport, takes_binary=transport.takes_binary)

    async def _serve(
        self, admission: Admission, query: str | None, transport: Transport, *, takes_binary: bool = True
    ) -> None:
        identity = admission.identity
        timeout = identity.handshake_timeout
        greeting = await greet(transport, self._clock, self._settings, timeout=timeout, takes_binary=takes_binary)
        if greeting is None:
            return
        session = Session(
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
            self.hub(admission.hub).registry,
            self.upstreams.get(admission.hub, self.default_upstream),
            keys=self._keys,
            settings=self._settings,
            clock=self._clock,
        )
        if self._stopping:  # Nobody would end it.
            session.close(STOPPED, allow_reconnect=True)
        await self._sessions.serve(session, transport, greeting.rest)

    async def _answer(self, scope: Scope, send: Send, answer: Callable[[Headers], Awaitable[None]], what: str) -> None:
        """Answer a preflight, or else with `answer`, which gets the headers that every response has.

        Args:
            scope: of the request.
            send: takes the answer.
            answer: sends it, or raises a refusal.
            what: is asked for, for the log.
        """
        origin = header_of(scope, b"origin")
        if scope["method"] == "OPTIONS":
            await respond(send, HTTPStatus.NO_CONTENT, headers=self._preflight(scope, origin))
            return
        headers = self._cors.headers(origin)
        try:
            await answer(headers)
        except Refusal as refusal:
            _logger.warning("refused a %s with %d: %s", what, refusal.status, refusal)
            await respond(send, refusal.status, headers=headers)

    def _preflight(self, scope: Scope, origin: str | None) -> Headers:
        if origin is not None and not self._cors.allows(origin):
            _logger.warning(
                "refused the preflight of a page at %.200r: if it is yours, put that into allowed_origins", origin
            )
        return self._cors.preflight_headers(origin, header_of(scope, b"access-control-request-headers"))

    def _negotiated(self, scope: Scope) -> dict[str, Any]:
        if scope["method"] != "POST":
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "it has to be a POST")
        request = read_request(scope, self._keys, self._clock.time(), token_in_query=False)
        self._check_open()
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
        transports = allowed_transports(request.identity, self._settings.transports)
        return service_answer(version, admission.connection_id, admission.token, transports)

    def _admitted_websocket(self, request: ClientRequest) -> Admission:
        """Return who connects; a client that did not negotiate here has no id and gets one."""
        token = request.token
        if token is None:
            self._check_open()
            connection_id = new_connection_id()
            return Admission(request.hub, request.identity, connection_id, connection_id)
        if token in self._websockets or self._http.has(request):
            raise Refusal(HTTPStatus.CONFLICT, "the connection is open already")
        return self._admitted(request)

    def _admitted(self, request: ClientRequest) -> Admission:
        self._check_open()
        admission = self._admissions.take(request.token or "", request.hub, request.identity)
        if admission is None:
            seconds = self._settings.connect_timeout
            raise Refusal(HTTPStatus.NOT_FOUND, f"the id was not given out within the last {seconds:g} seconds")
        return admission

    def _check_open(self) -> None:
        if self._stopping:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the service stops")
