"""The service: its hubs, and the two endpoints that clients talk to (negotiate and connect)."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

from serverless_hub.clock import Clock
from serverless_hub.errors import TokenError
from serverless_hub.protocol.client_info import write_query
from serverless_hub.protocol.client_token import ClientIdentity
from serverless_hub.protocol.endpoint import HUB_NAME
from serverless_hub.protocol.negotiate import negotiate_version, service_answer
from serverless_hub.service.asgi import Receive, Scope, Send, deny_websocket, respond
from serverless_hub.service.auth import authenticate, bearer_token
from serverless_hub.service.client import Client
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.nowhere import Nowhere
from serverless_hub.service.pending import Admissions, TooManyPendingError, new_connection_id
from serverless_hub.service.ports import Upstream
from serverless_hub.service.session import Session
from serverless_hub.service.settings import ServiceSettings
from serverless_hub.service.websocket import WebSocketTransport

__all__ = ["SignalRService"]

_logger = logging.getLogger("serverless_hub.service")


class _Refusal(Exception):  # noqa: N818 - an answer, not an error
    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class _Request:
    """What every request of a client says."""

    hub: str
    identity: ClientIdentity
    query: Mapping[str, list[str]]


class SignalRService:
    """A SignalR service in serverless mode.

    Args:
        keys: the access keys; any may have signed a client's token, all sign upstream events.
        settings: times and limits.
        clock: what all timers ask.
    """

    def __init__(self, keys: Sequence[str], settings: ServiceSettings, clock: Clock) -> None:
        self._keys = keys
        self._settings = settings
        self._clock = clock
        self._hubs: dict[str, ServiceHub] = {}
        self._active: set[str] = set()
        self._admissions = Admissions(clock, settings.connect_timeout, settings.max_pending)
        self.upstreams: dict[str, Upstream] = {}
        """Where the events of a hub go, by its name in lower case."""

    def hub(self, name: str) -> ServiceHub:
        """Return the hub `name`, ignoring case."""
        name = name.lower()
        return self._hubs.setdefault(name, ServiceHub(name))

    async def negotiate(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST client/negotiate` (ASGI)."""
        del receive  # Clients send nothing worth reading here, and one sends a content type for nothing.
        if scope["method"] != "POST":
            await respond(send, HTTPStatus.METHOD_NOT_ALLOWED)
            return
        try:
            request = self._read(scope, token_in_query=False)
            version = negotiate_version(request.query.get("negotiateVersion", [None])[0])
            admission = self._admissions.admit(request.hub, request.identity, version)
        except _Refusal as refusal:
            _logger.warning("refused a negotiate with %d: %s", refusal.status, refusal)
            await respond(send, refusal.status)
        except ValueError:
            await respond(send, HTTPStatus.OK, {"error": "The client requested a non-integer protocol version."})
        except TooManyPendingError:
            _logger.error("refused a negotiate: %d clients have not connected yet", self._settings.max_pending)  # noqa: TRY400 - no bug
            await respond(send, HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            await respond(send, HTTPStatus.OK, service_answer(version, admission.connection_id, admission.token))

    async def connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the WebSocket `client/` (ASGI)."""
        try:
            request = self._read(scope, token_in_query=True)
            connection_id, token = self._admitted(request)
        except _Refusal as refusal:
            _logger.warning("refused a connection with %d: %s", refusal.status, refusal)
            await deny_websocket(scope, receive, send, refusal.status)
            return
        self._active.add(token)
        try:
            await receive()
            await send({"type": "websocket.accept"})
            await self._session(request, connection_id, scope).run(WebSocketTransport(receive, send))
        finally:
            self._active.discard(token)

    def _session(self, request: _Request, connection_id: str, scope: Scope) -> Session:
        identity = request.identity
        query = write_query(scope["query_string"].decode("latin-1"))
        return Session(
            Client(connection_id, request.hub, identity.user_id, identity.claims, query),
            self.hub(request.hub).registry,
            self.upstreams.get(request.hub, Nowhere()),
            keys=self._keys,
            settings=self._settings,
            clock=self._clock,
        )

    def _read(self, scope: Scope, *, token_in_query: bool) -> _Request:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        hubs = query.get("hub", [])
        if len(hubs) != 1 or not HUB_NAME.fullmatch(hubs[0]):
            raise _Refusal(HTTPStatus.BAD_REQUEST, "the query needs one valid hub name")
        hub = hubs[0].lower()
        try:
            token = bearer_token(scope["headers"], scope["query_string"], in_query=token_in_query)
            identity = authenticate(token, hub, self._keys, self._clock.time())
        except TokenError as error:
            raise _Refusal(HTTPStatus.UNAUTHORIZED, str(error)) from error
        return _Request(hub, identity, query)

    def _admitted(self, request: _Request) -> tuple[str, str]:
        """Return connection id and token; a client that did not negotiate here has no id and gets one."""
        token = request.query.get("id", [None])[0]
        if token is None:
            connection_id = new_connection_id()
            return connection_id, connection_id
        if token in self._active:
            raise _Refusal(HTTPStatus.CONFLICT, "the connection is open already")
        admission = self._admissions.take(token, request.hub, request.identity)
        if admission is None:
            seconds = self._settings.connect_timeout
            raise _Refusal(HTTPStatus.NOT_FOUND, f"the id was not given out within the last {seconds:g} seconds")
        return admission.connection_id, token
