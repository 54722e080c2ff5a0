"""What a test puts in the place of an app's services and clocks, while the lifespan of that app runs in its context."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import NamedTuple

from fastapi import Request

from serverless_hub.clock import Clock
from serverless_hub.hub.catalog import HubCatalog
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo
from serverless_hub.routing.ports import LocalService, Service

__all__ = ["STAND_IN", "StandIn", "StartedRouter"]


class StartedRouter(NamedTuple):
    """A router whose lifespan has begun, as a test needs it."""

    catalog: HubCatalog
    redirect: Callable[[Request, str, Negotiation], Awaitable[SignalRConnectionInfo]]
    """Sends whoever makes a request to a hub's service."""
    service_of: Callable[[str], Service]
    """Returns the service of a hub, by its name on the wire."""
    path: str
    """Where it is in its app."""


class StandIn(NamedTuple):
    """What routers take instead of what they were given."""

    clock: Clock
    service: Callable[[Service | None], LocalService]
    """Returns a service in the place of the router's default, whatever the settings name."""
    started: Callable[[StartedRouter], None]
    """Is told of each router."""


STAND_IN: ContextVar[StandIn | None] = ContextVar("serverless_hub_stand_in", default=None)
"""A context variable, since a router that is included in an app cannot be found through that."""
