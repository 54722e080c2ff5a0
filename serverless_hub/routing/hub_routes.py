"""The routes of a hub: its negotiate, its events below a path of their own, and an operation for each in OpenAPI."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute, Route, WebSocketRoute

from serverless_hub.hub.catalog import HubCatalog
from serverless_hub.hub.descriptor import MethodDescriptor
from serverless_hub.routing.arguments import plain_dependency
from serverless_hub.routing.asgi_endpoint import AsgiEndpoint
from serverless_hub.routing.cors import Cors
from serverless_hub.routing.negotiate import NegotiateAnswer, negotiate_endpoint, negotiate_route
from serverless_hub.routing.negotiator import Negotiator
from serverless_hub.routing.openapi import event_operation
from serverless_hub.routing.paths import UpstreamPaths, hub_parameter
from serverless_hub.routing.plain_negotiate import PlainNegotiate
from serverless_hub.routing.ports import LocalService, Service
from serverless_hub.routing.upstream import UpstreamEndpoint

__all__ = ["HubRoutes", "service_routes"]


class HubRoutes:
    """Adds routes to a router, hub by hub.

    Args:
        catalog: knows the names of hubs on the wire.
        endpoint: takes events.
        paths: of events.
        negotiator: sends clients to the service.
        who: the dependency that says who they are.
        cors: from where they may come.
    """

    def __init__(
        self,
        catalog: HubCatalog,
        endpoint: UpstreamEndpoint,
        paths: UpstreamPaths,
        *,
        negotiator: Negotiator,
        who: Callable[..., Any] | None,
        cors: Cors,
    ) -> None:
        self._catalog = catalog
        self._endpoint = endpoint
        self._paths = paths
        self._negotiator = negotiator
        self._who = plain_dependency(who)
        self._cors = cors
        self._first: dict[str, str] = {}
        """The hubs whose negotiate is compared before all else, and its path in the router."""

    def add_hub(
        self, router: APIRouter, hub: str, methods: Iterable[MethodDescriptor] = (), *, first: bool = False
    ) -> None:
        """Add the routes of one hub.

        Args:
            router: where to.
            hub: its name.
            methods: its events.
            first: compare requests with its negotiate before all else; only while nobody has added routes of their own.
        """
        wire_name = self._catalog.wire_name(hub)
        self._paths.add(wire_name)
        self._add_negotiate(router, hub, wire_name, first=first)
        path = f"{router.prefix}/{hub_parameter(wire_name)}/api/{{category}}/{{event:path}}"
        router.add_route(path, cast("Any", self._endpoint), include_in_schema=False)
        for method in methods:
            self.add_event(router, method)

    def add_event(self, router: APIRouter, method: MethodDescriptor) -> None:
        """Document one event."""
        router.add_api_route(**event_operation(method, self._catalog.wire_name(method.hub), tagged=not router.tags))

    def plain(self, app: FastAPI, router: APIRouter) -> Iterator[PlainNegotiate]:
        """Yield what may stand before `router` in `app`, so that anonymous clients wait for no dependencies."""
        if self._who is None:
            for hub, place in self._first.items():
                path = router.prefix + place
                yield PlainNegotiate(path, hub, self._negotiator, cors=self._cors.policy, app=app, router=router)

    def _add_negotiate(self, router: APIRouter, hub: str, wire_name: str, *, first: bool) -> None:
        name = hub.lower()
        endpoint = negotiate_endpoint(self._who, wire_name, self._negotiator)
        route_class = negotiate_route(self._cors.policy, wire_name)
        router.add_api_route(
            f"/{name}/negotiate",
            endpoint,
            methods=["POST"],
            response_model=NegotiateAnswer,
            response_model_exclude_none=True,
            name=f"{hub}.negotiate",
            operation_id=f"{wire_name}_negotiate",
            summary=f"{hub}: negotiate",
            description="What SignalR clients call first: where to connect, and a token for it.",
            tags=None if router.tags else [hub],
            route_class_override=route_class,
        )
        if first:
            router.routes.insert(0, router.routes.pop())
            self._first[wire_name] = f"/{name}/negotiate"
        in_any_case = f"/{hub_parameter(name)}/negotiate"
        router.add_api_route(
            in_any_case,
            endpoint,
            name="negotiate",
            methods=["POST"],
            response_model=NegotiateAnswer,
            response_model_exclude_none=True,
            include_in_schema=False,
            route_class_override=route_class,
        )
        preflight = self._cors.preflight(wire_name)
        router.add_route(router.prefix + in_any_case, preflight, methods=["OPTIONS"], include_in_schema=False)


def service_routes(service: Service | None, prefix: str) -> list[BaseRoute]:
    """Return the routes of a service that serves clients itself; others have none here."""
    if not isinstance(service, LocalService):
        return []
    path = f"{prefix}{service.path}/client"
    rest = f"{prefix}{service.path}/api/{{rest:path}}"
    return [
        Route(f"{path}/negotiate", AsgiEndpoint(service.negotiate), include_in_schema=False),
        *(Route(place, AsgiEndpoint(service.client), include_in_schema=False) for place in (path, f"{path}/")),
        *(WebSocketRoute(place, AsgiEndpoint(service.connect)) for place in (path, f"{path}/")),
        Route(rest, AsgiEndpoint(service.rest), include_in_schema=False),
    ]
