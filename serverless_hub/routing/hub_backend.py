"""What is below a `HubContext` of a router: whatever service the settings name, while the app runs."""

import asyncio
from collections.abc import Collection, Sequence

from serverless_hub.errors import UnauthorizedError
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo
from serverless_hub.hub.ports import HubSender
from serverless_hub.management.access_keys import AccessKey
from serverless_hub.management.endpoints import EndpointState
from serverless_hub.management.remote_service import RemoteService
from serverless_hub.routing.negotiator import Negotiator
from serverless_hub.routing.services import Services

__all__ = ["RouterBackend"]


class RouterBackend:
    """One hub of a router's services.

    Args:
        services: of the router.
        negotiator: sends clients to them.
        hub: the hub's name on the wire.
        connection: the setting that names the service, of a hub that only is sent to.
    """

    def __init__(self, services: Services, negotiator: Negotiator, hub: str, connection: str | None) -> None:
        self._services = services
        self._negotiator = negotiator
        self._hub = hub
        self._connection = connection

    def sender(self, only: Collection[str] | None) -> HubSender:
        """Return what sends to the hub's clients; raises ConfigurationError while the app does not run."""
        return self._services.sender(self._hub, self._connection, only)

    async def connection_info(self, negotiation: Negotiation, only: Collection[str] | None) -> SignalRConnectionInfo:
        """Return where a client connects, and its token."""
        return await self._negotiator.connection_info(
            None, self._hub, negotiation, connection=self._connection, only=only
        )

    def endpoints(self, only: Collection[str] | None) -> Sequence[EndpointState]:
        """Return the endpoints of the service; one in this process has none."""
        service = self._services.of(self._hub, self._connection)
        return service.endpoints(only) if isinstance(service, RemoteService) else []

    async def check(self, only: Collection[str] | None) -> Sequence[EndpointState]:
        """Ask all endpoints whether they work."""
        service = self._services.of(self._hub, self._connection)
        return await service.check(only) if isinstance(service, RemoteService) else []

    async def access_key(self, only: Collection[str] | None) -> AccessKey:
        """Ask the service for a temporary access key; one in this process gives none."""
        service = self._services.of(self._hub, self._connection)
        if isinstance(service, RemoteService):
            return await service.access_key(only)
        raise UnauthorizedError("the embedded service gives no access keys away: it works with the one that it has")

    async def open(self) -> None:
        """Do nothing: the app's lifespan opens the service.

        Raises:
            ConfigurationError: the app does not run.
            RuntimeError: this is another event loop than the app's.
        """
        self._services.of(self._hub, self._connection)
        if asyncio.get_running_loop() is not self._services.loop:
            raise RuntimeError(
                "the context of a router works in the event loop of its app: from a thread of the app use "
                "anyio.from_thread.run(...), and elsewhere HubContext.from_settings(...)"
            )

    async def close(self) -> None:
        """Do nothing: the app's lifespan closes the service."""
