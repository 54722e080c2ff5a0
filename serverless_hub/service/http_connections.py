"""The connections of clients without a WebSocket: several requests each, which belong together by the token."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from serverless_hub.clock import Clock
from serverless_hub.protocol.client_token import TransportName
from serverless_hub.service.asgi import Headers, Receive, Scope, Send, header_of, respond
from serverless_hub.service.ending import STOPPED
from serverless_hub.service.http_transport import HttpTransport
from serverless_hub.service.inbound import Inbound
from serverless_hub.service.long_polling import LongPolling
from serverless_hub.service.pending import Admission
from serverless_hub.service.request import ClientRequest, Refusal
from serverless_hub.service.settings import ServiceSettings
from serverless_hub.service.sse import EventStream

__all__ = ["HttpConnections", "wants_stream"]

_MAX_POSTED_BYTES = 64 * 1024
"""So much is taken of what a client posts before it is read; the rest of the body stays in the network."""

_Serve = Callable[[Admission, str | None, HttpTransport], Awaitable[None]]


class _Connection:
    """One client: what it posts, and, once it has asked for one, the way back."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.inbound = Inbound(_MAX_POSTED_BYTES)
        self.transport: HttpTransport | None = None
        self._posting = asyncio.Lock()

    @property
    def over(self) -> bool:
        return self.inbound.ended if self.transport is None else self.transport.over

    async def post(self, receive: Receive) -> None:
        """Take a body, one after the other.

        Raises:
            Refusal: 404 when the connection has ended.
        """
        async with self._posting:
            taken = more = False
            while more or not taken:
                message = await receive()
                if message["type"] == "http.disconnect":
                    if taken:  # Half a message is there, and what comes next would be taken for its other half.
                        self.inbound.end("A request of the client broke off.")
                    return
                body: bytes = message.get("body", b"")
                if body and not await self.inbound.put(body):
                    raise Refusal(HTTPStatus.NOT_FOUND, "the connection has ended", ordinary=True)
                taken, more = True, message.get("more_body", False)


class HttpConnections:
    """Takes a client's requests to its connection, and opens one where it has been admitted.

    Args:
        admit: gives the admission that a request's token opens; raises `Refusal`.
        serve: serves a client until its end.
        settings: times and limits.
        clock: what the times are counted by.
    """

    def __init__(
        self, admit: Callable[[ClientRequest], Admission], serve: _Serve, settings: ServiceSettings, clock: Clock
    ) -> None:
        self._admit = admit
        self._serve = serve
        self._settings = settings
        self._clock = clock
        self._open: dict[str, _Connection] = {}
        self._unstarted: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def unstarted(self) -> int:
        """How many there are whose clients have posted, and asked for no way back yet."""
        return len(self._unstarted)

    def has(self, request: ClientRequest) -> bool:
        """Tell whether a request is about one of these, and of the same user."""
        connection = self._open.get(request.token or "")
        return connection is not None and connection.admission.belongs_to(request.hub, request.identity)

    async def handle(
        self, scope: Scope, receive: Receive, send: Send, request: ClientRequest, headers: Headers
    ) -> None:
        """Answer one request (ASGI), with more `headers`.

        Raises:
            Refusal: the request cannot be served.
        """
        if request.token is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, "without a WebSocket, the query needs the id that negotiate gave")
        match scope["method"]:
            case "POST":
                await self._find(request, admit=True).post(receive)
                await respond(send, HTTPStatus.OK, headers=headers)
            case "DELETE":
                self._leave(self._find(request))
                await respond(send, HTTPStatus.ACCEPTED, headers=headers)
            case _ if wants_stream(scope):
                await self._stream(self._find(request, "ServerSentEvents", admit=True), request, receive, send, headers)
            case _:
                await self._poll(self._find(request, "LongPolling", admit=True), request, receive, send, headers)

    def stop(self) -> None:
        """Serve nobody any more; what waits for a poll that is open still gets there."""
        for connection in self._open.values():
            connection.inbound.end(STOPPED)

    async def finish(self) -> None:
        """Wait until all are served."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _find(self, request: ClientRequest, by: TransportName | None = None, *, admit: bool = False) -> _Connection:
        """Return the connection that a request is for; one of somebody else is as good as unknown."""
        if by is not None:
            request.check_transport(by, self._settings.transports)
        connection = self._open.get(request.token or "")
        if connection is None and admit:
            connection = self._opened(self._admit(request))
        if connection is None or connection.over or not connection.admission.belongs_to(request.hub, request.identity):
            raise Refusal(HTTPStatus.NOT_FOUND, "there is no such connection", ordinary=True)
        return connection

    def _opened(self, admission: Admission) -> _Connection:
        connection = self._open[admission.token] = _Connection(admission)
        self._unstarted.add(admission.token)

        def expire() -> None:
            if connection.transport is None:
                connection.inbound.end()
                admission.leave()
                self._unstarted.discard(admission.token)
                self._open.pop(admission.token, None)

        self._clock.call_later(self._settings.connect_timeout, expire)
        return connection

    def _leave(self, connection: _Connection) -> None:
        if not isinstance(connection.transport, LongPolling):
            raise Refusal(HTTPStatus.BAD_REQUEST, "only long polling ends with a DELETE")
        connection.transport.leave()

    async def _stream(
        self, connection: _Connection, request: ClientRequest, receive: Receive, send: Send, headers: Headers
    ) -> None:
        if isinstance(connection.transport, EventStream):
            raise Refusal(HTTPStatus.CONFLICT, "the connection has a stream already")
        if connection.transport is not None:
            raise Refusal(HTTPStatus.BAD_REQUEST, "the connection is one of long polling")
        stream = EventStream(connection.inbound, send, self._clock)
        self._start(connection, stream, request)
        await stream.serve(receive, headers)

    async def _poll(
        self, connection: _Connection, request: ClientRequest, receive: Receive, send: Send, headers: Headers
    ) -> None:
        polls = connection.transport
        if polls is None:
            polls = LongPolling(connection.inbound, self._settings, self._clock)
            self._start(connection, polls, request)
        if not isinstance(polls, LongPolling):
            raise Refusal(HTTPStatus.BAD_REQUEST, "the connection is one of Server-Sent Events")
        await polls.poll(receive, send, headers)

    def _start(self, connection: _Connection, transport: HttpTransport, request: ClientRequest) -> None:
        """Serve the client in a task of its own, which outlives the requests."""
        connection.transport = transport
        self._unstarted.discard(connection.admission.token)
        task = asyncio.create_task(self._run(connection.admission, request.public_query, transport))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, admission: Admission, query: str | None, transport: HttpTransport) -> None:
        try:
            await self._serve(admission, query, transport)
        finally:
            transport.abandon()
            # The client may still have to hear of the end.
            self._clock.call_later(self._settings.close_timeout, lambda: self._forget(admission.token))

    def _forget(self, token: str) -> None:
        """Hold nothing any more for a client that has not come for it."""
        transport = self._open.pop(token).transport
        if isinstance(transport, LongPolling):
            transport.leave()


def wants_stream(scope: Scope) -> bool:
    """Tell whether a request asks for Server-Sent Events."""
    return scope["method"] == "GET" and "text/event-stream" in (header_of(scope, b"accept") or "")
