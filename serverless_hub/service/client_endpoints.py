"""The endpoints that clients talk to: negotiate, WebSockets, and plain HTTP."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from http import HTTPStatus

from serverless_hub.clock import Clock, limit
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.service.asgi import Headers, Receive, Scope, Send, deny_websocket, header_of, respond
from serverless_hub.service.clients import Clients
from serverless_hub.service.direct import socket_of
from serverless_hub.service.gate import Gate
from serverless_hub.service.http_connections import HttpConnections, wants_stream
from serverless_hub.service.pending import Admission
from serverless_hub.service.request import ClientRequest, Refusal, read_request
from serverless_hub.service.session import Session
from serverless_hub.service.settings import ServiceSettings
from serverless_hub.service.websocket import WebSocketTransport

__all__ = ["ClientEndpoints"]

_logger = logging.getLogger("serverless_hub.service")
_GOODBYE_SECONDS = 1.0
"""How long the server does not hear of a stop because of clients that have not been told."""


class ClientEndpoints:
    """Takes the requests of clients to their connections.

    Args:
        clients: serves them.
        keys: the access keys; any may have signed a client's token.
        settings: times and limits.
        clock: what all timers ask.
        cors: which pages of other origins may ask.
    """

    def __init__(
        self, clients: Clients, keys: Sequence[str], settings: ServiceSettings, clock: Clock, cors: CorsPolicy
    ) -> None:
        self._clients = clients
        self._keys = keys
        self._settings = settings
        self._clock = clock
        self._cors = cors
        self._gate = Gate(settings, clock, self._count)
        self._http = HttpConnections(self._gate.admitted, clients.serve, settings, clock)
        self._websockets: dict[str, Admission] = {}

    def close_all(self) -> None:
        """End all connections, and let nobody in until `stop` has ended."""
        self._gate.closed = True
        self._clients.close_all()
        self._http.stop()

    def hurry(self) -> None:
        """Wait no longer for last events."""
        self._clients.hurry()

    async def say_goodbye(self) -> None:
        """Begin to stop as `close_all` does, and give all clients a moment to hear of it."""
        self.close_all()
        with suppress(TimeoutError):
            async with limit(self._clock, _GOODBYE_SECONDS):
                await self._clients.sessions.parted()

    async def stop(self) -> None:
        """End all connections, and wait until their last events have reached the app."""
        self.close_all()
        await self._clients.stop()
        await self._http.finish()
        self._gate.closed = False

    async def negotiate(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer `POST client/negotiate` (ASGI)."""
        del receive  # Clients send nothing worth reading here, and one sends a content type for nothing.

        async def answer(headers: Headers) -> None:
            if scope["method"] != "POST":
                raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "it has to be a POST")
            request = read_request(scope, self._keys, self._clock.time(), token_in_query=False)
            await respond(send, HTTPStatus.OK, self._gate.negotiated(request), headers=headers)

        await self._answer(scope, send, answer, "negotiate")

    async def client(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for `client/` (ASGI): an event stream, a poll, the end of polls, or what a client sends."""

        async def answer(headers: Headers) -> None:
            if scope["method"] not in {"GET", "POST", "DELETE"}:
                raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "it has to be a GET, a POST or a DELETE")
            request = read_request(scope, self._keys, self._clock.time(), token_in_query=wants_stream(scope))
            if self._is_websocket(request):
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
            admitted = self._resumable(request) or self._admitted(request)
        except Refusal as refusal:
            _logger.log(refusal.log_level, "refused a connection with %d: %s", refusal.status, refusal)
            await deny_websocket(scope, receive, send, refusal.status)
            return
        line = WebSocketTransport(receive, send, socket_of(scope))
        if isinstance(admitted, Session):
            if await line.accept():
                await self._clients.sessions.resume(admitted, line)
            return
        self._websockets[admitted.token] = admitted
        forget = partial(self._websockets.pop, admitted.token)
        await self._clients.serve(admitted, request.public_query, line, forget)

    def _count(self) -> int:
        return len(self._clients) + self._http.unstarted

    def _resumable(self, request: ClientRequest) -> Session | None:
        return self._clients.sessions.find(request.token, request.hub, request.identity.user_id)

    def _is_websocket(self, request: ClientRequest) -> bool:
        """Tell whether a request is about a WebSocket of the same user, or a connection that waits for one."""
        admission = self._websockets.get(request.token or "")
        is_open = admission is not None and admission.belongs_to(request.hub, request.identity)
        return is_open or self._resumable(request) is not None

    def _admitted(self, request: ClientRequest) -> Admission:
        """Return who connects; a client that did not negotiate here has no id and gets one."""
        if request.token is None:
            return self._gate.admitted_without_id(request)
        if request.token in self._websockets or self._http.has(request):
            raise Refusal(HTTPStatus.CONFLICT, "the connection is open already")
        return self._gate.admitted(request)

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
            _logger.log(refusal.log_level, "refused a %s with %d: %s", what, refusal.status, refusal)
            await respond(send, refusal.status, headers=[*headers, *refusal.headers])

    def _preflight(self, scope: Scope, origin: str | None) -> Headers:
        if origin is not None and not self._cors.allows(origin):
            _logger.warning(
                "refused the preflight of a page at %.200r: if it is yours, put that into allowed_origins", origin
            )
        return self._cors.preflight_headers(origin, header_of(scope, b"access-control-request-headers"))
