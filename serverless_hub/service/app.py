"""The service as an ASGI app of its own: what Azure SignalR Service offers below its host name."""

from collections.abc import Callable
from http import HTTPStatus

from serverless_hub.http_client import HttpClient
from serverless_hub.service.asgi import Receive, Scope, Send, deny_websocket, respond
from serverless_hub.service.service import SignalRService
from serverless_hub.service.stop_signals import StopSignals

__all__ = ["ServiceApp"]


class ServiceApp:
    """Serves clients and the REST API, from the start of its lifespan to the end.

    Args:
        service: what answers.
        client: what its upstreams send with; opened and closed here.
        started: called once, when requests are served.
    """

    def __init__(self, service: SignalRService, client: HttpClient, started: Callable[[], None]) -> None:
        self._service = service
        self._client = client
        self._started = started

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live (ASGI)."""
        match scope["type"], scope.get("path", ""):
            case "lifespan", _:
                await self._live(receive, send)
            case "http", "/client/negotiate":
                await self._service.negotiate(scope, receive, send)
            case "http", "/client/" | "/client":
                await self._service.client(scope, receive, send)
            case "websocket", "/client/" | "/client":
                await self._service.connect(scope, receive, send)
            case "websocket", _:
                await deny_websocket(scope, receive, send, HTTPStatus.NOT_FOUND)
            case _, path if path.startswith("/api/"):
                await self._service.rest(scope, receive, send)
            case _:
                await respond(send, HTTPStatus.NOT_FOUND)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._client.open()
        signals = StopSignals(self._service.close_all)
        signals.listen()  # The server waits for event streams and polls before it says that it stops.
        try:
            await send({"type": "lifespan.startup.complete"})
            self._started()
            await receive()
            await self._service.stop()
        finally:  # A server that is told to hurry cancels this.
            signals.forget()
            await self._client.close()
        await send({"type": "lifespan.shutdown.complete"})
