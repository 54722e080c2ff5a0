"""A SignalR service as the router sees it: one elsewhere, such as Azure's, or one in this process."""

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from starlette.types import ASGIApp, Receive, Scope, Send

from serverless_hub.hub.ports import HubSender
from serverless_hub.management.remote_service import RemoteService
from serverless_hub.protocol.cors import CorsPolicy

__all__ = ["LocalService", "Service"]


@runtime_checkable
class LocalService(Protocol):
    """A service that lives in this process and serves clients itself."""

    path: str
    """Where, below the prefix of the router."""
    cors: CorsPolicy
    """Which web pages from elsewhere may talk to it."""

    @property
    def keys(self) -> Sequence[str]:
        """The access keys: the first signs client tokens, any may have signed an event."""
        ...

    @property
    def signs(self) -> bool:
        """Whether every event from it is signed with one of the keys."""
        ...

    def sender(self, hub: str) -> HubSender:
        """Return what sends to the clients of `hub`."""
        ...

    def client_endpoint(self, app_url: str | None, path: str) -> str | None:
        """Return where clients connect, None to refuse a request by its host.

        Args:
            app_url: where the app is, as the client sees it: scheme, host, port and root path; None where no client
                asks.
            path: where the router is in the app.

        Raises:
            ConfigurationError: it cannot be known.
        """
        ...

    async def start(self, app: ASGIApp, path: str, hubs: Iterable[str]) -> None:
        """Begin; events of `hubs` are taken at `path` of `app`, with its query where it has one."""

    async def stop(self) -> None:
        """End."""

    async def negotiate(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the second negotiate of a client."""

    async def connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a client's WebSocket."""

    async def client(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a client without a WebSocket."""

    async def rest(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of the REST API."""


Service = LocalService | RemoteService
"""What upstream events come from, and messages go to."""
