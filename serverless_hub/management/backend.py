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
    """One hub of a service."""

    def sender(self, only: Collection[str] | None) -> HubSender:
        """Return what sends to its clients: at all endpoints, or `only` at those with these names or URLs."""
        ...

    async def connection_info(self, negotiation: Negotiation) -> SignalRConnectionInfo:
        """Return where a client connects, and its token."""
        ...

    def endpoints(self) -> Sequence[EndpointState]:
        """Return the endpoints of the service."""
        ...

    async def check(self) -> Sequence[EndpointState]:
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
        self._http = HttpClient()
        self._service = RemoteService(endpoints, self._http, clock, options, endpoint_router)

    def sender(self, only: Collection[str] | None) -> HubSender:
        """Return what sends to the hub's clients."""
        return self._service.sender(self._hub, only)

    async def connection_info(self, negotiation: Negotiation) -> SignalRConnectionInfo:
        """Return where a client connects, and its token."""
        return await self._service.connection_info(self._hub, negotiation)

    def endpoints(self) -> Sequence[EndpointState]:
        """Return the endpoints of the service."""
        return self._service.endpoints()

    async def check(self) -> Sequence[EndpointState]:
        """Ask all endpoints whether they work."""
        return await self._service.check()

    async def access_key(self, only: Collection[str] | None) -> AccessKey:
        """Ask the service for a temporary access key."""
        return await self._service.access_key(only)

    async def open(self) -> None:
        """Open the connections."""
        await self._service.start()

    async def close(self) -> None:
        """Close the connections."""
        await self._service.stop()
        await self._http.close()
