"""`HubRouter`: hubs as a FastAPI router."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any, cast
from uuid import uuid4

from fastapi import APIRouter, FastAPI
from fastapi.params import Depends
from starlette.routing import BaseRoute, Route, WebSocketRoute

from serverless_hub.clock import Clock, SystemClock
from serverless_hub.errors import ConfigurationError, HubDefinitionError
from serverless_hub.hub.call import ServiceSide
from serverless_hub.hub.descriptor import HubDescriptor, describe_hub
from serverless_hub.hub.dispatcher import Dispatcher
from serverless_hub.hub.filters import HubFilter
from serverless_hub.hub.hub import ServerlessHub
from serverless_hub.hub.rate_limit import RateLimit, RateLimiter
from serverless_hub.routing.asgi_endpoint import AsgiEndpoint
from serverless_hub.routing.choice import CurrentService, choose_service
from serverless_hub.routing.front import Front
from serverless_hub.routing.gate import Gate, RateLimiters
from serverless_hub.routing.identities import Identities
from serverless_hub.routing.injector import Injector
from serverless_hub.routing.negotiate import NegotiateAnswer, negotiate_endpoint
from serverless_hub.routing.openapi import event_operation
from serverless_hub.routing.paths import WEBHOOK_PATH, hub_parameter, upstream_pattern
from serverless_hub.routing.ports import LocalService, Service
from serverless_hub.routing.upstream import UpstreamEndpoint

__all__ = ["HubRouter"]

_MAX_BODY_BYTES = 2 * 1024 * 1024


class HubRouter(APIRouter):
    """Routes for some hubs: negotiate, upstream events in both URL forms, and an embedded service if there is one.

    Args:
        hubs: the hub classes.
        negotiate: a FastAPI dependency that says who the client is: it returns a `Negotiation`, or raises
            `HTTPException` to turn it away. Without one, clients are anonymous.
        default_service: the service to use where `AzureSignalRConnectionString` is not set.
        prefix: in front of every path.
        tags: of the operations in OpenAPI.
        dependencies: run for every negotiate and every event.
        strict_paths: answer 400 to an event whose path disagrees with its headers, instead of only logging it.
        detailed_errors: show clients the text of unexpected exceptions; for development only.
        max_body_bytes: the largest upstream call that is read, in bytes.
        filters: run around every method and hook of every hub, outside of the hubs' own.
        identity_key: what identities are sealed with, instead of the service's access key.
        upstream_code: what the upstream URL has to end in, as `?code=...`; it counts besides the signature.
        rate_limit: how many messages a connection may send; more are answered 429, and their clients get an error.
        user_rate_limit: how many messages all connections of a user may send.
        clock: what token lifetimes and rates are counted by.

    Raises:
        HubDefinitionError: a hub that cannot work, or two of one name.
    """

    def __init__(
        self,
        *hubs: type[ServerlessHub],
        negotiate: Callable[..., Any] | None = None,
        default_service: Service | None = None,
        prefix: str = "",
        tags: list[str | Enum] | None = None,
        dependencies: Sequence[Depends] = (),
        strict_paths: bool = False,
        detailed_errors: bool = False,
        max_body_bytes: int = _MAX_BODY_BYTES,
        filters: Sequence[HubFilter] = (),
        identity_key: str | None = None,
        upstream_code: str | None = None,
        rate_limit: RateLimit | None = None,
        user_rate_limit: RateLimit | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._hubs = _described(hubs, filters)
        clock = clock or SystemClock()
        self._default_service = default_service
        self._service = CurrentService()
        self._webhook_name = f"serverless_hub_{uuid4().hex}"
        identities = Identities(identity_key, self._service, clock)
        dispatcher = Dispatcher(self._hubs, detailed_errors=detailed_errors)
        self._endpoint = UpstreamEndpoint(
            dispatcher,
            Injector(dispatcher, dependencies),
            Gate(self._service, upstream_code, _limiters(rate_limit, user_rate_limit, clock)),
            lambda hub: ServiceSide(self._service.get().sender(hub), identities.identify),
            max_body_bytes=max_body_bytes,
            strict_paths=strict_paths,
        )
        routes = [*self._upstream_routes(prefix), *_service_routes(default_service, prefix)]
        super().__init__(prefix=prefix, tags=tags, dependencies=dependencies, routes=routes, lifespan=self._run)
        for method in (method for hub in self._hubs for method in hub.events.values()):
            self.add_api_route(**event_operation(method))
        for hub in self._hubs:
            self._add_negotiate(hub.name, negotiate_endpoint(negotiate, hub.name, self._service, identities, clock))

    def install(self, app: FastAPI) -> None:
        """Include this router in `app`, and answer upstream events before everything else in it.

        Call it last: middleware that is added later stands in front of events, and what was added earlier does not
        see them.

        Raises:
            ConfigurationError: another router is installed in `app` below the same prefix.
        """
        installed = (middleware.kwargs for middleware in app.user_middleware if cast("object", middleware.cls) is Front)
        if any(arguments.get("prefix") == self.prefix for arguments in installed):
            raise ConfigurationError(
                f"another HubRouter is installed below the prefix {self.prefix!r}: give all hubs to one router, as in "
                "HubRouter(Chat, News), or one of them another prefix="
            )
        app.include_router(self)
        pattern = upstream_pattern(self.prefix, self._names())
        app.add_middleware(Front, endpoint=self._endpoint, pattern=pattern, prefix=self.prefix)

    @asynccontextmanager
    async def _run(self, app: FastAPI) -> AsyncGenerator[None]:
        service = choose_service(self._default_service)
        await service.start(app, app.url_path_for(self._webhook_name), self._names())
        self._service.set(service)
        try:
            yield
        finally:
            self._service.set(None)
            await service.stop()

    def _names(self) -> list[str]:
        return [hub.name for hub in self._hubs]

    def _upstream_routes(self, prefix: str) -> list[BaseRoute]:
        event = f"{prefix}/{hub_parameter(self._names())}/api/{{category}}/{{event:path}}"
        return [
            Route(prefix + WEBHOOK_PATH, self._endpoint, name=self._webhook_name, include_in_schema=False),
            Route(event, self._endpoint, include_in_schema=False),
        ]

    def _add_negotiate(self, hub: str, endpoint: Callable[..., Any]) -> None:
        name = hub.lower()
        self.add_api_route(
            f"/{name}/negotiate",
            endpoint,
            methods=["POST"],
            response_model=NegotiateAnswer,
            name=f"{hub}.negotiate",
            operation_id=f"{name}_negotiate",
            summary=f"{hub}: negotiate",
            description="What SignalR clients call first: where to connect, and a token for it.",
        )
        self.add_api_route(f"/{hub_parameter([name])}/negotiate", endpoint, methods=["POST"], include_in_schema=False)


def _limiters(connection: RateLimit | None, user: RateLimit | None, clock: Clock) -> RateLimiters:
    return RateLimiters(
        None if connection is None else RateLimiter(connection, clock),
        None if user is None else RateLimiter(user, clock),
    )


def _service_routes(service: Service | None, prefix: str) -> list[BaseRoute]:
    """Return the routes of a service that serves clients itself; others have none here."""
    if not isinstance(service, LocalService):
        return []
    path = f"{prefix}{service.path}/client"
    return [
        Route(f"{path}/negotiate", AsgiEndpoint(service.negotiate), include_in_schema=False),
        WebSocketRoute(path, AsgiEndpoint(service.connect)),
        WebSocketRoute(f"{path}/", AsgiEndpoint(service.connect)),
    ]


def _described(hubs: Sequence[type[ServerlessHub]], filters: Sequence[HubFilter]) -> list[HubDescriptor]:
    if not hubs:
        raise HubDefinitionError("HubRouter needs at least one hub class: HubRouter(Chat)")
    described = [describe_hub(hub, filters) for hub in hubs]
    names = [hub.name.lower() for hub in described]
    for name in names:
        if names.count(name) > 1:
            raise HubDefinitionError(f"two hubs are called {name!r}, since case does not count: name one with hub=")
    return described
