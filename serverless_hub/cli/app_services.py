"""Which service each hub of an app works with, as the settings say now; nothing is reached for that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from serverless_hub.errors import ConfigurationError
from serverless_hub.management.settings import CONNECTION_STRING_SETTING, read_endpoints
from serverless_hub.protocol.endpoint import Endpoint
from serverless_hub.routing.overview import RouterOverview
from serverless_hub.routing.ports import LocalService

__all__ = ["UsedService", "services_of"]


@dataclass(frozen=True, slots=True)
class UsedService:
    """One connection of a router."""

    router: RouterOverview
    setting: str
    """The setting that would name it."""
    hubs: Sequence[str]
    """What it calls the hubs."""
    endpoints: Sequence[Endpoint]
    """Where it is; none for the one in the app's process."""
    local: LocalService | None
    """The one in the app's process."""

    @property
    def names(self) -> str:
        """The hosts of its endpoints."""
        return ", ".join(urlsplit(endpoint.url).netloc for endpoint in self.endpoints)


def services_of(routers: Iterable[RouterOverview], environ: Mapping[str, str]) -> list[UsedService]:
    """Return all services of `routers`.

    Raises:
        ConfigurationError: a setting is malformed, or there is neither one nor a default service.
    """
    return [
        _service(router, connection, environ)
        for router in routers
        for connection in sorted(router.catalog.connections, key=str)
    ]


def _service(router: RouterOverview, connection: str | None, environ: Mapping[str, str]) -> UsedService:
    catalog = router.catalog
    setting = CONNECTION_STRING_SETTING if connection is None else connection
    hubs = [name for name in catalog.wire_names if catalog.connection_of(name) == connection]
    endpoints = read_endpoints(setting, environ)
    if endpoints:
        return UsedService(router, setting, hubs, endpoints, None)
    local = router.default_service
    if not isinstance(local, LocalService):
        raise ConfigurationError(
            f"there is no SignalR service for {', '.join(hubs)}: set {setting}, or say "
            "HubRouter(..., default_service=EmbeddedService())"
        )
    return UsedService(router, setting, hubs, (), local)
