"""Sending a client to the SignalR service, with a token that says who it is."""

import logging
from collections.abc import Collection, Generator
from contextlib import contextmanager
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from fastapi import HTTPException, Request
from starlette.datastructures import URL

from serverless_hub.clock import Clock
from serverless_hub.errors import (
    ConfigurationError,
    ServiceError,
    ServiceTimeoutError,
    ThrottledError,
    TokenError,
    UnreachableError,
)
from serverless_hub.hub.endpoints import SignalREndpoint, SignalREndpointConnectionInfo
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo
from serverless_hub.management.connection_info import signed_connection_info
from serverless_hub.management.endpoints import EndpointState
from serverless_hub.management.remote_service import RemoteService, Seal
from serverless_hub.routing.identities import Identities
from serverless_hub.routing.ports import LocalService
from serverless_hub.routing.services import Services

__all__ = ["Negotiator"]

_logger = logging.getLogger("serverless_hub.routing")


class Negotiator:
    """Makes redirects.

    Args:
        services: where clients are sent.
        identities: seals who the client is.
        clock: for the lifetime of tokens.
    """

    def __init__(self, services: Services, identities: Identities, clock: Clock) -> None:
        self._services = services
        self._identities = identities
        self._clock = clock

    async def redirect(
        self,
        request: Request | None,
        hub: str,
        negotiation: Negotiation,
        *,
        proven: Negotiation | None = None,
        connection: str | None = None,
    ) -> SignalRConnectionInfo:
        """Return URL and token for a client that asks; arguments as of `connection_info`.

        Raises:
            HTTPException: 400 for a host that is not allowed; 502 or 503 for a service that cannot be reached; 500 for
                other things that the log explains.
        """
        with _http_errors():
            return await self.connection_info(request, hub, negotiation, proven=proven, connection=connection)

    async def connection_info(
        self,
        request: Request | None,
        hub: str,
        negotiation: Negotiation,
        *,
        proven: Negotiation | None = None,
        connection: str | None = None,
        only: Collection[str] | None = None,
    ) -> SignalRConnectionInfo:
        """Return URL and token for a client.

        Args:
            request: what the client asks with; None where no client asks.
            hub: the hub's name on the wire.
            negotiation: who the client is.
            proven: what of that the app knows for sure, where that is not all.
            connection: the setting that names the service, of a hub that only is sent to.
            only: the endpoints that the client may be sent to, by name or URL.

        Raises:
            HTTPException: 400 for a host that is not allowed.
            ConfigurationError: where clients reach the service is not known here.
            ServiceError: the service did not make a token.
            TokenError: the token would be too long.
        """
        service = self._services.of(hub, connection)
        seal = self._seal(hub, proven or negotiation)
        if isinstance(service, RemoteService):
            return await service.connection_info(hub, negotiation, seal, request=request, only=only)
        return self._signed(service, request, hub, negotiation, seal)

    async def redirect_to_each(
        self, request: Request, hub: str, negotiation: Negotiation, *, connection: str | None = None
    ) -> list[SignalREndpointConnectionInfo]:
        """Return the endpoints of a hub's service, with URL and token for each; otherwise as `redirect`."""
        with _http_errors():
            service = self._services.of(hub, connection)
            seal = self._seal(hub, negotiation)
            if isinstance(service, RemoteService):
                found = await service.connection_infos(hub, negotiation, seal)
                return [_with_info(_described(state), info) for state, info in found]
            info = self._signed(service, request, hub, negotiation, seal)
            return [_with_info(endpoint, info) for endpoint in self.endpoints(request, hub, connection=connection)]

    def endpoints(self, request: Request, hub: str, *, connection: str | None = None) -> list[SignalREndpoint]:
        """Return the endpoints of a hub's service; a service in this process has one.

        Raises:
            HTTPException: 400 for a host that is not allowed; 500 for what the log explains.
        """
        with _http_errors():
            service = self._services.of(hub, connection)
            if isinstance(service, RemoteService):
                return [_described(state) for state in service.endpoints()]
            return [SignalREndpoint(endpoint=self._client_endpoint(service, request))]

    def _seal(self, hub: str, proven: Negotiation) -> Seal:
        return lambda key: self._identities.seal(hub, proven, key)

    def _signed(
        self, service: LocalService, request: Request | None, hub: str, negotiation: Negotiation, seal: Seal
    ) -> SignalRConnectionInfo:
        endpoint, key = self._client_endpoint(service, request), service.keys[0]
        return signed_connection_info(endpoint, hub, negotiation, key, identity=seal(key), now=self._clock.time())

    def _client_endpoint(self, service: LocalService, request: Request | None) -> str:
        app_url = None if request is None else _app_url(request)
        endpoint = service.client_endpoint(app_url, self._services.base_path)
        if endpoint is None:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "this host name is not allowed: the server's log says more")
        return endpoint


@contextmanager
def _http_errors() -> Generator[None]:
    """Log what the operator has to know, and tell the client no more than whether to come back."""
    try:
        yield
    except (ConfigurationError, TokenError, ServiceError) as error:
        _logger.error("cannot negotiate: %s", error)  # noqa: TRY400 - its text says what to do
        raise HTTPException(_status(error)) from error


def _status(error: Exception) -> HTTPStatus:
    if isinstance(error, UnreachableError | ServiceTimeoutError | ThrottledError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.BAD_GATEWAY if isinstance(error, ServiceError) else HTTPStatus.INTERNAL_SERVER_ERROR


def _app_url(request: Request) -> str:
    """Return where the app is, as the sender of `request` sees it."""
    scope = request.scope
    server = scope.get("server")
    reached = None if server is None else tuple(server)
    return _url(scope["scheme"], request.headers.get("host"), reached, scope.get("root_path", ""))


@lru_cache(maxsize=256)
def _url(scheme: str, host: str | None, server: tuple[Any, ...] | None, root_path: str) -> str:
    # Not `base_url`, which leaves out what an app is mounted below.
    headers = [] if host is None else [(b"host", host.encode("latin-1"))]
    scope = {"scheme": scheme, "server": server, "path": "", "query_string": b"", "headers": headers}
    return str(URL(scope=scope).replace(path=root_path, query=""))


def _described(state: EndpointState) -> SignalREndpoint:
    return SignalREndpoint(endpoint_type=state.type, name=state.name, endpoint=state.url, online=state.online)


def _with_info(endpoint: SignalREndpoint, info: SignalRConnectionInfo) -> SignalREndpointConnectionInfo:
    return SignalREndpointConnectionInfo(**endpoint.model_dump(), connection_info=info)
