"""`HubRouter`: hubs as a FastAPI router."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast
from uuid import uuid4

from fastapi import FastAPI
from fastapi.params import Depends
from starlette.routing import Route

from serverless_hub.clock import Clock, ReplaceableClock, SystemClock
from serverless_hub.errors import ConfigurationError
from serverless_hub.http_client import HttpClient
from serverless_hub.hub.call import ServiceSide
from serverless_hub.hub.catalog import HubCatalog
from serverless_hub.hub.definition import MethodOptions
from serverless_hub.hub.descriptor import describe_hub
from serverless_hub.hub.dispatcher import Dispatcher
from serverless_hub.hub.filters import FilterLike, as_filters
from serverless_hub.hub.functions import Trigger, describe_function
from serverless_hub.hub.hub import ServerlessHub
from serverless_hub.hub.rate_limit import RateLimit, RateLimiter
from serverless_hub.management.endpoint_router import EndpointRouter
from serverless_hub.management.remote_service import RemoteService
from serverless_hub.management.send_options import SendOptions
from serverless_hub.management.settings import resolve_setting
from serverless_hub.protocol.endpoint import Endpoint
from serverless_hub.protocol.entra import EntraAuthentication
from serverless_hub.protocol.upstream import WEBHOOK_PATH
from serverless_hub.routing.arguments import checked_hubs
from serverless_hub.routing.authentication import Authentication
from serverless_hub.routing.binding_methods import BindingMethods
from serverless_hub.routing.cors import Cors
from serverless_hub.routing.entra import EntraVerifier
from serverless_hub.routing.front import Front
from serverless_hub.routing.gate import Gate, RateLimiters
from serverless_hub.routing.hub_routes import HubRoutes, service_routes
from serverless_hub.routing.identities import Identities
from serverless_hub.routing.injector import Injector
from serverless_hub.routing.negotiator import Negotiator
from serverless_hub.routing.overview import RouterOverview
from serverless_hub.routing.paths import UpstreamPaths
from serverless_hub.routing.ports import Service
from serverless_hub.routing.redaction import install_redaction
from serverless_hub.routing.refusals import Refusals
from serverless_hub.routing.services import Services
from serverless_hub.routing.shortcut import events_first
from serverless_hub.routing.stand_in import STAND_IN, StartedRouter
from serverless_hub.routing.upstream import UpstreamEndpoint

if TYPE_CHECKING:
    from serverless_hub.tracing import Tracing

__all__ = ["HubRouter"]

_F = TypeVar("_F", bound=Callable[..., Any])

_MAX_BODY_BYTES = 2 * 1024 * 1024
_MAX_HEADER_BYTES = 32 * 1024


class HubRouter(BindingMethods):
    """Routes for some hubs: negotiate, upstream events in both URL forms, and an embedded service if there is one.

    Args:
        hubs: the hub classes; functions come with `trigger`.
        negotiate: a FastAPI dependency that says who the client is: it returns a `Negotiation`, or raises
            `HTTPException` or `ConnectionRejected` to turn it away. Without one, clients are anonymous.
        default_service: the service to use where the settings name none.
        application: stands before each hub's name on the wire, so that several apps can share a service.
        prefix: in front of every path.
        tags: of the operations in OpenAPI; without them, each hub's name is one.
        dependencies: run for every negotiate and every event.
        allowed_origins: of web pages that may negotiate from elsewhere, such as `https://www.example.com`.
        strict_paths: answer 400 to an event whose path disagrees with its headers, instead of only logging it.
        detailed_errors: show clients the text of unexpected exceptions; for development only.
        max_body_bytes: the largest upstream call that is read, in bytes.
        max_header_bytes: the largest headers of one, in bytes.
        filters: run around every method, hook and function, outside of their own.
        identity_key: what identities are sealed with, instead of the service's access key.
        trust_raw_claims: take what the headers of an event say of a user for proven, where our own negotiate did not
            say it; only for a service that nobody else can post as.
        upstream_code: what the upstream URL has to end in, as `?code=...`; it counts besides the signature.
        entra: whose Entra token an event has to bring, besides the signature where there is an access key.
        rate_limit: how many messages a connection may send; more are answered 429, and their clients get an error.
        user_rate_limit: how many messages all connections of a user may send.
        endpoint_router: chooses the endpoint that a client is sent to, where the settings name several; without one,
            their weights do.
        send_options: how to send to a service elsewhere.
        tracing: makes spans of events, methods and what they send: `serverless_hub.tracing.Tracing()`.
        clock: what token lifetimes and rates are counted by.

    Raises:
        HubDefinitionError: a hub that cannot work, or two of one name.
        ConfigurationError: an option that cannot work.
    """

    def __init__(
        self,
        *hubs: type[ServerlessHub[Any]],
        negotiate: Callable[..., Any] | None = None,
        default_service: Service | None = None,
        application: str | None = None,
        prefix: str = "",
        tags: list[str | Enum] | None = None,
        dependencies: Sequence[Depends] = (),
        allowed_origins: Iterable[str] = (),
        strict_paths: bool = False,
        detailed_errors: bool = False,
        max_body_bytes: int = _MAX_BODY_BYTES,
        max_header_bytes: int = _MAX_HEADER_BYTES,
        filters: Sequence[FilterLike] = (),
        identity_key: str | None = None,
        trust_raw_claims: bool = False,
        upstream_code: str | None = None,
        entra: EntraAuthentication | None = None,
        rate_limit: RateLimit | None = None,
        user_rate_limit: RateLimit | None = None,
        endpoint_router: EndpointRouter | None = None,
        send_options: SendOptions | None = None,
        tracing: "Tracing | None" = None,
        clock: Clock | None = None,
    ) -> None:
        clock = self._clock = ReplaceableClock(clock or SystemClock())
        self._filters = as_filters(filters if tracing is None else (tracing.method, *filters))
        self._catalog = HubCatalog(application)
        self._http = HttpClient() if tracing is None else tracing.http_client()
        remote = _remote(self._http, clock, send_options, endpoint_router)
        self._services = Services(self._catalog, default_service, remote, tracing)
        self._refusals = Refusals(self._services, clock)
        self._entra = None if entra is None else EntraVerifier(entra, self._http, clock)
        self._authentication = Authentication(self._services, upstream_code, self._entra)
        self._identities = Identities(identity_key, self._services, clock, trust_raw_claims=trust_raw_claims)
        self._negotiator = Negotiator(self._services, self._identities, clock)
        self._service_sides: dict[str, tuple[Service, ServiceSide]] = {}
        self._limiters = _limiters(rate_limit, user_rate_limit, clock)
        dispatcher = Dispatcher(detailed_errors=detailed_errors)
        self._endpoint = UpstreamEndpoint(
            self._catalog,
            dispatcher,
            Injector(dispatcher, dependencies),
            Gate(self._authentication, self._limiters, max_header_bytes),
            self._service_side,
            refusals=self._refusals,
            max_body_bytes=max_body_bytes,
            strict_paths=strict_paths,
        )
        self._endpoint.overview = RouterOverview(self._catalog, prefix, default_service, upstream_code, entra)
        self._paths = UpstreamPaths(prefix)
        self._cors = Cors(allowed_origins, self._services)
        self._routes = HubRoutes(
            self._catalog, self._endpoint, self._paths, negotiator=self._negotiator, who=negotiate, cors=self._cors
        )
        routes = [self._webhook(prefix), *service_routes(default_service, prefix)]
        super().__init__(prefix=prefix, tags=tags, dependencies=dependencies, routes=routes, lifespan=self._run)
        self._add_hubs(checked_hubs(hubs))

    def install(self, app: FastAPI) -> None:
        """Include this router in `app`, and answer upstream events before everything else in it.

        Call it last: middleware that is added later stands in front of events, and what was added earlier does not
        see them.

        Raises:
            ConfigurationError: another router is installed in `app` below the same prefix.
        """
        installed = (middleware.kwargs for middleware in app.user_middleware if cast("object", middleware.cls) is Front)
        if any(cast("UpstreamPaths", arguments["paths"]).prefix == self.prefix for arguments in installed):
            raise ConfigurationError(
                f"another HubRouter is installed below the prefix {self.prefix!r}: give all hubs to one router, as in "
                "HubRouter(Chat, News), or one of them another prefix="
            )
        app.router.routes.extend(self._routes.plain(app, self))
        app.include_router(self)
        app.add_middleware(Front, endpoint=self._endpoint, paths=self._paths)

    def trigger(
        self,
        *,
        hub: str,
        event: str,
        category: Literal["messages", "connections"] = "messages",
        parameter_names: Sequence[str] | None = None,
        connection: str | None = None,
        filters: Sequence[FilterLike] = (),
        cancel_on_disconnect: bool = False,
    ) -> Callable[[_F], _F]:
        """Run a function for an event: Azure's traditional model.

            @router.trigger(hub="chat", event="sendMessage", parameter_names=["room", "text"])
            async def send_message(context: InvocationContext, room: str, text: str) -> int: ...

        One parameter may take the whole event: as an `InvocationContext`, or in Azure's JSON as a `str`, a `dict`, a
        model or a dataclass. What FastAPI injects into endpoints is injected here, too.

        Args:
            hub: the hub's name; `%Name%` stands for the setting `Name`, here and in `event`.
            event: the target; `connected` or `disconnected` in the category `connections`.
            category: of the event.
            parameter_names: which parameters take the arguments, in order; or mark them with
                `Annotated[..., SignalRParameter()]`.
            connection: the setting that holds the connection string; without it, the router's.
            filters: run around the function, the first one outermost.
            cancel_on_disconnect: cancel the function when the service hangs up before it is done.

        Raises:
            HubDefinitionError: names or a signature that cannot work, or an event that has a function already.
            ConfigurationError: a setting that is missing.
        """

        def register(function: _F) -> _F:
            described = Trigger(
                hub=resolve_setting(hub),
                category=category,
                event=resolve_setting(event),
                parameter_names=parameter_names,
                filters=(*self._filters, *as_filters(filters)),
                options=MethodOptions(cancel_on_disconnect=cancel_on_disconnect),
            )
            method = describe_function(function, described)
            if self._catalog.add_function(method, connection):
                self._routes.add_hub(self, method.hub)
            self._routes.add_event(self, method)
            return function

        return register

    def reload(self) -> None:
        """Read the settings once more: access keys and endpoints that they name count from now on.

        Raises:
            ConfigurationError: they are malformed, or leave an endpoint without proof of its events; the old ones stay.
        """
        self._services.reload(self._authentication.check)

    def _webhook(self, prefix: str) -> Route:
        self._webhook_name = f"serverless_hub_{uuid4().hex}"
        return Route(prefix + WEBHOOK_PATH, self._endpoint, name=self._webhook_name, include_in_schema=False)

    def _add_hubs(self, hubs: Iterable[type[ServerlessHub]]) -> None:
        for hub in hubs:
            descriptor = describe_hub(hub, self._filters)
            self._catalog.add_hub(descriptor)
            self._routes.add_hub(self, descriptor.name, descriptor.events.values(), first=True)

    def _service_side(self, hub: str) -> ServiceSide:
        service = self._services.of(hub)
        known = self._service_sides.get(hub)
        if known is not None and known[0] is service:
            return known[1]
        identify = partial(self._identities.identify, hub)
        side = ServiceSide(self._services.sender(hub), identify, partial(self._negotiator.redirect, None, hub))
        self._service_sides[hub] = service, side
        return side

    @asynccontextmanager
    async def _run(self, app: FastAPI) -> AsyncGenerator[None]:
        install_redaction()
        path = str(app.url_path_for(self._webhook_name))
        self._services.base_path = path.removesuffix(WEBHOOK_PATH)
        stand_in = STAND_IN.get()
        self._limiters.refill()
        async with AsyncExitStack() as running:
            if stand_in is not None:
                running.enter_context(self._clock.replaced_by(stand_in.clock))
            running.push_async_callback(self._http.close)  # whoever needs it opens it
            if self._entra is not None and stand_in is None:
                await self._http.open()
                await self._entra.open()
                running.push_async_callback(self._entra.close)
            await self._services.start(events_first(app), path + self._authentication.query)
            running.push_async_callback(self._services.stop)
            running.push_async_callback(self._refusals.stop)
            self._authentication.check(all(service.signs for service in self._services.all()))
            self._cors.share()
            if stand_in is not None:
                redirect, service_of = self._negotiator.redirect, self._services.of
                stand_in.started(StartedRouter(self._catalog, redirect, service_of, self._services.base_path))
            yield


def _remote(
    http: HttpClient, clock: Clock, options: SendOptions | None, router: EndpointRouter | None
) -> Callable[[Sequence[Endpoint]], RemoteService]:
    return lambda endpoints: RemoteService(endpoints, http, clock, options, router)


def _limiters(connection: RateLimit | None, user: RateLimit | None, clock: Clock) -> RateLimiters:
    return RateLimiters(
        None if connection is None else RateLimiter(connection, clock),
        None if user is None else RateLimiter(user, clock),
    )
