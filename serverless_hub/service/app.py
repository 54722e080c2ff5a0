"""The service as an ASGI app of its own: what Azure SignalR Service offers below its host name, and metrics."""

from collections.abc import Callable
from http import HTTPStatus

from serverless_hub.http_client import HttpClient
from serverless_hub.service.asgi import Receive, Scope, Send, deny_websocket, respond, respond_bytes, without_body
from serverless_hub.service.managed_identity import ManagedIdentity
from serverless_hub.service.rest_answers import RestRefusal
from serverless_hub.service.rest_path import base_url
from serverless_hub.service.service import SignalRService
from serverless_hub.service.settings_watch import SettingsWatch
from serverless_hub.service.stop_signals import StopSignals

__all__ = ["ServiceApp"]

_METRICS_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
"""Of the text format of Prometheus."""


class ServiceApp:
    """Serves clients and the REST API, from the start of its lifespan to the end.

    Args:
        service: what answers.
        client: what its upstreams send with; opened and closed here.
        started: called once, when requests are served.
        watch: what follows the settings; it runs as long as the app.
        identity: whose keys are published.
        metrics: returns all numbers in the text format of Prometheus; without it, there is no `/metrics`.
    """

    def __init__(
        self,
        service: SignalRService,
        client: HttpClient,
        started: Callable[[], None],
        *,
        watch: SettingsWatch | None = None,
        identity: ManagedIdentity | None = None,
        metrics: Callable[[], bytes] | None = None,
    ) -> None:
        self._service = service
        self._client = client
        self._started = started
        self._watch = watch
        self._identity = identity
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live (ASGI)."""
        path = scope.get("path", "")
        match scope["type"], path:
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
            case _ if path.startswith("/api/"):
                await self._service.rest(scope, receive, send)
            case _:
                await self._show(path, scope, send)

    async def _show(self, path: str, scope: Scope, send: Send) -> None:
        """Answer what can only be read: metrics, and the keys of the managed identity."""
        try:
            document = None if self._identity is None else self._identity.document(path, base_url(scope))
        except RestRefusal as refusal:
            await respond(send, refusal.status)
            return
        shows_metrics = path == "/metrics" and self._metrics is not None
        if document is None and not shows_metrics:
            await respond(send, HTTPStatus.NOT_FOUND)
            return
        if scope["method"] not in {"GET", "HEAD"}:
            await respond(send, HTTPStatus.METHOD_NOT_ALLOWED, headers=[(b"allow", b"GET, HEAD")])
            return
        if scope["method"] == "HEAD":
            send = without_body(send)
        if self._metrics is not None and shows_metrics:
            await respond_bytes(send, self._metrics(), _METRICS_TYPE)
        else:
            await respond(send, HTTPStatus.OK, document)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._client.open()
        signals = StopSignals(self._service.say_goodbye, self._service.hurry)
        signals.listen()  # The server waits for event streams and polls before it says that it stops.
        if self._watch is not None:
            self._watch.start()
        try:
            await send({"type": "lifespan.startup.complete"})
            self._started()
            await receive()
            await self._service.stop()
        finally:  # A server that is told to hurry cancels this.
            signals.forget()
            if self._watch is not None:
                self._watch.stop()
            await self._client.close()
        await send({"type": "lifespan.shutdown.complete"})
