"""Which SignalR service each hub works with, decided when the app starts."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from serverless_hub.errors import ConfigurationError, InvalidArgumentError
from serverless_hub.hub.catalog import HubCatalog
from serverless_hub.hub.ports import HubSender
from serverless_hub.management.remote_service import RemoteService, all_sign
from serverless_hub.management.settings import CONNECTION_STRING_SETTING, read_endpoints
from serverless_hub.protocol.endpoint import Endpoint
from serverless_hub.routing.arguments import check_service
from serverless_hub.routing.ports import Service
from serverless_hub.routing.stand_in import STAND_IN

if TYPE_CHECKING:
    from serverless_hub.tracing import Tracing

__all__ = ["Services"]

_logger = logging.getLogger("serverless_hub.routing")

_Chosen = dict[str | None, Service]
"""By the setting that holds the connection string; None is the router's."""


class Services:
    """The services of a router's hubs while its app runs.

    Args:
        catalog: the hubs.
        default: the service of hubs for which the settings name none.
        remote: makes a service of the endpoints that the settings name.
        tracing: makes spans of what goes to the services and of what comes from one in this process.
    """

    def __init__(
        self,
        catalog: HubCatalog,
        default: Service | None,
        remote: Callable[[Sequence[Endpoint]], RemoteService],
        tracing: "Tracing | None" = None,
    ) -> None:
        check_service(default)
        self._catalog = catalog
        self._default = default
        self._remote = remote
        self._tracing = tracing
        self._required: dict[str | None, None] = {}
        self._chosen: _Chosen | None = None
        self._of_hubs: dict[str, Service] = {}
        """Of hubs in the catalog, as they were found among the chosen ones."""
        self._running = AsyncExitStack()
        self.base_path = ""
        """Where the router is in its app."""
        self.loop: asyncio.AbstractEventLoop | None = None
        """Where the app runs."""

    def require(self, connection: str | None) -> None:
        """Choose a service for the setting `connection` too, although no hub needs it."""
        self._required[connection] = None

    def of(self, wire_name: str, connection: str | None = None) -> Service:
        """Return the service of a hub.

        Args:
            wire_name: the hub's name.
            connection: the setting that names the service, of a hub that only is sent to.

        Raises:
            ConfigurationError: the app's lifespan has not run.
        """
        known = self._of_hubs.get(wire_name)
        if known is not None:
            return known
        current = self._current()
        if wire_name not in self._catalog:
            return current[connection]
        self._of_hubs[wire_name] = service = current[self._catalog.connection_of(wire_name)]
        return service

    def sender(self, wire_name: str, connection: str | None = None, only: Collection[str] | None = None) -> HubSender:
        """Return what sends to the clients of a hub.

        Args:
            wire_name: the hub's name.
            connection: the setting that names the service, of a hub that only is sent to.
            only: the names or URLs of the endpoints to send to; None for every one that is online.

        Raises:
            ConfigurationError: the app's lifespan has not run.
            InvalidArgumentError: `only` names what is no endpoint; the embedded service has none.
        """
        service = self.of(wire_name, connection)
        if isinstance(service, RemoteService):
            sender = service.sender(wire_name, only)
        elif only is None:
            sender = service.sender(wire_name)
        else:
            raise InvalidArgumentError("the embedded service has no endpoints to choose among: use the context itself")
        return sender if self._tracing is None else self._tracing.sender(wire_name, sender)

    def proving(self, wire_name: str) -> list[Service]:
        """Return what an event of a hub may come from: for a hub that is unknown, every service; raises like `of`."""
        return [self.of(wire_name)] if wire_name in self._catalog else self.all()

    def keys(self, wire_name: str) -> Sequence[str]:
        """Return what may have signed an event of a hub; raises like `of`."""
        return [key for service in self.proving(wire_name) for key in service.keys]

    def signing_keys(self, wire_name: str) -> Sequence[str] | None:
        """Return the same, None where not every service signs its events; raises like `of`."""
        service = self._of_hubs.get(wire_name) or (self.of(wire_name) if wire_name in self._catalog else None)
        if service is not None:
            return service.keys if service.signs else None
        return self.keys(wire_name) if all(service.signs for service in self.all()) else None

    def all(self) -> list[Service]:
        """Return every service once; raises like `of`."""
        return _once(self._current())

    async def start(self, app: ASGIApp, path: str) -> None:
        """Choose the services, and begin to take events at `path` of `app`.

        Raises:
            ConfigurationError: the settings are malformed, or name no service and there is no default; or nothing is
                there that needs one.
        """
        if self._chosen is not None:
            raise ConfigurationError("the HubRouter runs already, in this app or another: make one for each app")
        chosen = self._choose()
        if not chosen:
            raise ConfigurationError("the HubRouter has no hub: say HubRouter(Chat), or declare functions with trigger")
        if self._tracing is not None:
            app = self._tracing.upstream(app)
        hubs: dict[int, list[str]] = {}
        for name in self._catalog.wire_names:
            hubs.setdefault(id(chosen[self._catalog.connection_of(name)]), []).append(name)
        async with AsyncExitStack() as running:
            for service in _once(chosen):
                await service.start(app, path, hubs.get(id(service), []))
                running.push_async_callback(service.stop)
            self._running = running.pop_all()
        self.loop = asyncio.get_running_loop()
        self._chosen = chosen

    async def stop(self) -> None:
        """End: first the services, which may still have events for the hubs."""
        await self._running.aclose()
        self._chosen = None
        self._of_hubs = {}

    def reload(self, check: Callable[[bool], None]) -> None:
        """Read the settings once more; keys and endpoints that they name count from now on.

        Args:
            check: is told whether all services sign their events, and raises `ConfigurationError` if that does not do.

        Raises:
            ConfigurationError: they are malformed, or `check` raised it, and the old ones stay; or the app's lifespan
                has not run.
        """
        current = self._current()
        found = {connection: read_endpoints(_setting(connection)) for connection in current}
        if any(bool(found[name]) is (service is self._default) for name, service in current.items()):
            raise ConfigurationError("the settings name another kind of service than when the app started: restart it")
        check(all(all_sign(found[name]) if found[name] else service.signs for name, service in current.items()))
        for name, service in current.items():
            if isinstance(service, RemoteService) and found[name]:
                service.replace(found[name])

    def _current(self) -> _Chosen:
        if self._chosen is None:
            raise ConfigurationError(
                "the HubRouter has not been started: its app's lifespan did not run. A mounted app has none: install "
                "the router in the outermost app, or enter `app.router.lifespan_context(app)` in the lifespan of that"
            )
        return self._chosen

    def _choose(self) -> _Chosen:
        connections = self._catalog.connections.union(self._required)
        return {connection: self._choose_one(_setting(connection)) for connection in connections}

    def _choose_one(self, setting: str) -> Service:
        if (stand_in := STAND_IN.get()) is not None:
            return stand_in.service(self._default)
        endpoints = read_endpoints(setting)
        if endpoints:
            return self._remote(endpoints)
        if self._default is None:
            raise ConfigurationError(
                f"there is no SignalR service: set {setting}, or say HubRouter(..., default_service=EmbeddedService())"
            )
        _logger.warning("%s is not set: using the embedded SignalR service", setting)
        return self._default


def _setting(connection: str | None) -> str:
    return CONNECTION_STRING_SETTING if connection is None else connection


def _once(chosen: _Chosen) -> list[Service]:
    return list({id(service): service for service in chosen.values()}.values())
