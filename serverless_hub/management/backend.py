"""What a `HubContext` needs below it, and the one that scripts have: a service over HTTP."""

from collections.abc import Collection, Sequence
from typing import Protocol

from serverless_hub.clock import Clock
from serverless_hub.http_client import HttpClient
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo
from serverless_hub.hub.ports import HubSender
from serverless_hub.management.access_keys import AccessKey
from serverless_hub.management.endpoint_router import EndpointRouter
from serverless_hub.management.endpoints import EndpointState
from serverless_hub.management.remote_service import RemoteService
from serverless_hub.management.send_options import SendOptions
from serverless_hub.protocol.endpoint import Endpoint

__all__ = ["HubBackend", "RemoteBackend"]


class HubBackend(Protocol):
    """One hub of a service; `only` names endpoints, by name or URL, where not all are meant."""

    def sender(self, only: Collection[str] | None) -> HubSender:
        """Return what sends to its clients."""
        ...

    async def connection_info(self, negotiation: Negotiation, only: Collection[str] | None) -> SignalRConnectionInfo:
        """Return where a client connects, and its token."""
        ...

    def endpoints(self, only: Collection[str] | None) -> Sequence[EndpointState]:
        """Return the endpoints of the service."""
        ...

    async def check(self, only: Collection[str] | None) -> Sequence[EndpointState]:
        """Ask all endpoints whether they work."""
        ...

    async def access_key(self, only: Collection[str] | None) -> AccessKey:
        """Ask the service for a temporary access key."""
        ...

    async def open(self) -> None:
        """Get ready, unless somebody else does."""

    async def close(self) -> None:
        """End, unless somebody else does."""


class RemoteBackend:
    """A hub of a service that is reached over HTTP connections of its own, kept from `open` to `close`.

    Args:
        endpoints: where the service is.
        hub: the hub's name on the wire.
        clock: for tokens and intervals.
        options: how to send.
        endpoint_router: chooses among several endpoints for a client.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        hub: str,
        clock: Clock,
        options: SendOptions | None = None,
        endpoint_router: EndpointRouter | None = None,
    ) -> None:
        self._hub = hub
        self._tracing = None if options is None else options.tracing
        self._http = HttpClient() if self._tracing is None else self._tracing.http_client()
        self._entered = 0
        self._service = RemoteService(endpoints, self._http, clock, options, endpoint_router)

    def sender(self, only: Collection[str] | None) -> HubSender:
        """Return what sends to the hub's clients."""
        sender = self._service.sender(self._hub, only)
        return sender if self._tracing is None else self._tracing.sender(self._hub, sender)

    async def connection_info(self, negotiation: Negotiation, only: Collection[str] | None) -> SignalRConnectionInfo:
        """Return where a client connects, and its token."""
        return await self._service.connection_info(self._hub, negotiation, only=only)

    def endpoints(self, only: Collection[str] | None) -> Sequence[EndpointState]:
        """Return the endpoints of the service."""
        return self._service.endpoints(only)

    async def check(self, only: Collection[str] | None) -> Sequence[EndpointState]:
        """Ask all endpoints whether they work."""
        return await self._service.check(only)

    async def access_key(self, only: Collection[str] | None) -> AccessKey:
        """Ask the service for a temporary access key."""
        return await self._service.access_key(only)

    async def open(self) -> None:
        """Open the connections, unless they are open."""
        self._entered += 1
        await self._service.start()

    async def close(self) -> None:
        """Close the connections, unless somebody else still needs them."""
        self._entered -= 1
        if self._entered:
            return
        await self._service.stop()
        await self._http.close()
