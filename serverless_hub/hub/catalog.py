"""Every hub of a router: what runs for which event, found ignoring case as Azure does."""

from collections.abc import Iterable
from http import HTTPStatus

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.descriptor import HubDescriptor, MethodDescriptor
from serverless_hub.hub.functions import no_function
from serverless_hub.protocol.hub_name import application_prefix
from serverless_hub.protocol.upstream import CONNECTED, DISCONNECTED, UpstreamEvent, UpstreamRefusal

__all__ = ["HubCatalog"]

_MAX_SHOWN = 20


class HubCatalog:
    """Hubs by their names on the wire.

    Args:
        application: stands before the name of each hub, as in `app_chat`, so that several apps can share a service.

    Raises:
        ConfigurationError: an application that no service takes.
    """

    def __init__(self, application: str | None = None) -> None:
        self._prefix = application_prefix(application)
        self._methods: dict[tuple[str, str, str], MethodDescriptor] = {}
        self._connections: dict[str, str | None] = {}

    def wire_name(self, hub: str) -> str:
        """Return what a service calls `hub`: with the prefix of the application, in lower case."""
        return f"{self._prefix}{hub}".lower()

    def __contains__(self, wire_name: str) -> bool:
        return wire_name in self._connections

    @property
    def wire_names(self) -> list[str]:
        """What services call the hubs."""
        return list(self._connections)

    @property
    def connections(self) -> frozenset[str | None]:
        """The settings that hold connection strings; None stands for the router's."""
        return frozenset(self._connections.values())

    def connection_of(self, wire_name: str) -> str | None:
        """Return which setting holds the connection string of a hub, None for the router's."""
        return self._connections[wire_name]

    def add_hub(self, hub: HubDescriptor) -> None:
        """Add a hub class.

        Raises:
            HubDefinitionError: there is a hub of that name.
        """
        name = self.wire_name(hub.name)
        if name in self._connections:
            raise HubDefinitionError(f"two hubs are called {hub.name!r}, since case does not count: name one with hub=")
        self._add(name, hub.connection, hub.events.values())

    def add_function(self, method: MethodDescriptor, connection: str | None) -> bool:
        """Add a function, and its hub if it is the first for that; return whether it is.

        Raises:
            HubDefinitionError: something runs for this event already, or the hub has another connection.
        """
        name = self.wire_name(method.hub)
        is_new = name not in self._connections
        if is_new:
            self._add(name, connection, [no_function(method.hub, event) for event in (CONNECTED, DISCONNECTED)])
        elif connection is not None and connection != self._connections[name]:
            raise HubDefinitionError(
                f"hub {method.hub!r} has the connection {self._connections[name]!r} already, not {connection!r}: all "
                "of its events come from one service"
            )
        known = self._methods.get(_key(name, method))
        if known is not None and known.function is not None:
            raise HubDefinitionError(
                f"{known.function.__qualname__} runs for {method.category} event {method.event!r} of hub "
                f"{method.hub!r} already, and case does not count: one event has one function"
            )
        self._methods[_key(name, method)] = method
        return is_new

    def find(self, event: UpstreamEvent) -> MethodDescriptor:
        """Return what runs for `event`.

        Raises:
            UpstreamRefusal: 404 when nothing does.
        """
        method = self._methods.get(event.key)
        if method is None:
            raise UpstreamRefusal(HTTPStatus.NOT_FOUND, self._missing(event))
        return method

    def methods(self) -> list[tuple[str, MethodDescriptor]]:
        """Return every event with the name of its hub on the wire."""
        return [(name, method) for (name, _, _), method in self._methods.items()]

    def _missing(self, event: UpstreamEvent) -> str:
        hub, category, _ = event.key
        if hub not in self._connections:
            return f"there is no hub {event.hub!r}: there are {_listed(self._connections)}"
        names = [method.event for (name, kind, _), method in self._methods.items() if (name, kind) == (hub, category)]
        return f"hub {event.hub!r} has no {event.category!r} event {event.event!r}: it has {_listed(names)}"

    def _add(self, name: str, connection: str | None, methods: Iterable[MethodDescriptor]) -> None:
        self._connections[name] = connection
        self._methods.update((_key(name, method), method) for method in methods)


def _key(name: str, method: MethodDescriptor) -> tuple[str, str, str]:
    return name, method.category, method.event.lower()


def _listed(names: Iterable[str]) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - _MAX_SHOWN} more" if len(shown) > _MAX_SHOWN else ""
    return (", ".join(shown[:_MAX_SHOWN]) or "none") + more
