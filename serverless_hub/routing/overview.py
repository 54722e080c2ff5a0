"""What a router says of itself to tools: its hubs, where their events come in, and which services they need.

Nothing has to run for that: it is known when the app's module is imported.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fastapi.routing import APIRouter
from starlette.applications import Starlette

from serverless_hub.hub.catalog import HubCatalog
from serverless_hub.hub.descriptor import MethodDescriptor
from serverless_hub.protocol.entra import EntraAuthentication
from serverless_hub.protocol.upstream import WEBHOOK_PATH
from serverless_hub.routing.ports import Service

__all__ = ["RouterOverview", "overviews"]


@dataclass(frozen=True, slots=True)
class RouterOverview:
    """One router."""

    catalog: HubCatalog
    """Its hubs; functions may still come."""
    prefix: str
    """In front of its paths."""
    default_service: Service | None
    """What is used where the settings name no service."""
    code: str | None = field(repr=False)
    """What the URL of events has to end in, as `?code=...`, if anything."""
    entra: EntraAuthentication | None
    """Whose token an event has to bring, if anybody's."""

    @property
    def webhook(self) -> str:
        """The path that takes all events."""
        return f"{self.prefix}{WEBHOOK_PATH}"

    def client_name(self, wire_name: str) -> str:
        """Return what stands for a hub in the URL that its clients negotiate at: its name without the application."""
        return wire_name.removeprefix(self.catalog.wire_name(""))

    def methods(self) -> Iterator[tuple[str, MethodDescriptor]]:
        """Yield every event with what services call its hub; hooks only where somebody has written one."""
        for wire_name, method in self.catalog.methods():
            if method.function is not None:
                yield wire_name, method


def overviews(app: object, others: Iterable[object] = ()) -> list[RouterOverview]:
    """Return the routers of `app`, each once.

    Args:
        app: routers are found by `HubRouter.install`.
        others: routers themselves are among these, such as what the app's module holds: one that was only included
            cannot be found in the app.
    """
    endpoints: list[object] = []
    if isinstance(app, Starlette):
        endpoints += [middleware.kwargs.get("endpoint") for middleware in app.user_middleware]
    for other in others:
        if isinstance(other, APIRouter):
            endpoints += [getattr(route, "endpoint", None) for route in other.routes]
    found = [getattr(endpoint, "overview", None) for endpoint in endpoints]
    return list({id(each): each for each in found if isinstance(each, RouterOverview)}.values())
