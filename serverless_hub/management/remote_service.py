"""Azure SignalR Service, or whatever else connection strings name: one service, at one endpoint or at several."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from serverless_hub.clock import Clock
from serverless_hub.errors import InvalidArgumentError, ServiceError
from serverless_hub.http_client import HttpClient
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo
from serverless_hub.hub.ports import HubSender
from serverless_hub.management.access_keys import AccessKey, fetch_access_key
from serverless_hub.management.connection_info import made_connection_info, sealed_identity, signed_connection_info
from serverless_hub.management.endpoint_router import (
    EndpointRouter,
    NegotiateRequest,
    WeightedRouter,
    choose_endpoint,
)
from serverless_hub.management.endpoints import EndpointState, distinct, labels
from serverless_hub.management.fan_out import FanOutSender, Target
from serverless_hub.management.health import CHECK_TIMEOUT, HealthMonitor
from serverless_hub.management.rest_sender import RestSender
from serverless_hub.management.send_options import SendOptions
from serverless_hub.management.service_client import ServiceClient
from serverless_hub.protocol.endpoint import Endpoint

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["RemoteService", "Seal", "all_sign"]

Seal = Callable[[str], str]
"""From an access key to the identity of a client, sealed so that the app opens it again."""


def all_sign(endpoints: Iterable[Endpoint]) -> bool:
    """Tell whether all endpoints have a key; one without cannot sign events with a key that we know."""
    return all(endpoint.access_key is not None for endpoint in endpoints)


class _Place(NamedTuple):
    endpoint: Endpoint
    label: str
    client: ServiceClient


class _Configured(NamedTuple):
    keys: Sequence[str]
    signs: bool
    places: Sequence[_Place]


class RemoteService:
    """A service that is reached over HTTP, and reaches the app over HTTP.

    Args:
        endpoints: where it is. Clients are sent to a primary one that is online, else to a secondary one; messages
            and management go to every one that is online, or to all when none is. Of several with one URL, which is
            for rotating keys, the first is used.
        http: how to send; whoever made it closes it.
        clock: for tokens and intervals.
        options: how to send.
        endpoint_router: chooses among several endpoints for a client; without one, their weights do.

    Raises:
        ConfigurationError: there is no endpoint.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        http: HttpClient,
        clock: Clock,
        options: SendOptions | None = None,
        endpoint_router: EndpointRouter | None = None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._options = options or SendOptions()
        self._router = endpoint_router or WeightedRouter()
        self._health = HealthMonitor(self._is_healthy, clock)
        self._clients: dict[Endpoint, ServiceClient] = {}
        self._configured = self._configure(endpoints)

    @property
    def keys(self) -> Sequence[str]:
        """The access keys of all endpoints."""
        return self._configured.keys

    @property
    def signs(self) -> bool:
        """Whether all endpoints have a key."""
        return self._configured.signs

    def endpoints(self, only: Collection[str] | None = None) -> list[EndpointState]:
        """Return the endpoints, primary ones first, and whether they are online: all, or `only` those named."""
        return [self._state(place) for place in self._places(only)]

    def replace(self, endpoints: Sequence[Endpoint]) -> None:
        """Use these endpoints from now on; senders follow.

        Raises:
            ConfigurationError: there is none.
        """
        self._configured = self._configure(endpoints)

    def sender(self, hub: str, only: Collection[str] | None = None) -> HubSender:
        """Return what sends to the clients of `hub`.

        Args:
            hub: its name on the wire.
            only: the names or URLs of the endpoints to send to, online or not; None for every one that is online.

        Raises:
            InvalidArgumentError: `only` is empty, or names what is no endpoint.
            TypeError: `only` is a single text.
        """
        self._places(only)
        return FanOutSender(partial(self._targets, hub, only))

    async def connection_info(
        self,
        hub: str,
        negotiation: Negotiation,
        seal: Seal | None = None,
        *,
        request: "Request | None" = None,
        only: Collection[str] | None = None,
    ) -> SignalRConnectionInfo:
        """Return where a client connects, and its token.

        Args:
            hub: the hub's name on the wire.
            negotiation: who the client is. For an endpoint without access key it has a user id and a lifetime only:
                the service makes the token then, and the app has no verified identity of its client.
            seal: seals the identity; without it, it is sealed with the endpoint's access key, as apps expect it that
                have no `identity_key`.
            request: what the client sent, for the endpoint router.
            only: the names or URLs of the endpoints that it may be sent to.

        Raises:
            UnreachableError: no endpoint is online.
            ServiceError: the endpoint does not make a token.
            ConfigurationError: the negotiation has what such a token cannot carry, or the endpoint router is wrong.
            TokenError: the token would be too long.
        """
        asked = NegotiateRequest(hub, negotiation, request)
        state = choose_endpoint(asked, self.endpoints(only), self._router)
        return await self._connection_info(state.endpoint, hub, negotiation, seal)

    async def connection_infos(
        self, hub: str, negotiation: Negotiation, seal: Seal | None = None
    ) -> list[tuple[EndpointState, SignalRConnectionInfo]]:
        """Return the same for every endpoint, for clients that choose; those that make no token now are left out.

        Raises:
            ServiceError: none makes one.
            ConfigurationError: the negotiation has what such a token cannot carry.
            TokenError: the token would be too long.
        """
        states = self.endpoints()
        found = await asyncio.gather(
            *(self._connection_info(state.endpoint, hub, negotiation, seal) for state in states),
            return_exceptions=True,
        )
        errors = [each for each in found if isinstance(each, BaseException)]
        for error in errors:
            if not isinstance(error, ServiceError) or len(errors) == len(found):
                raise error
        return [(state, info) for state, info in zip(states, found, strict=True) if not isinstance(info, BaseException)]

    async def check(self, only: Collection[str] | None = None) -> list[EndpointState]:
        """Ask every endpoint, or `only` those named, whether it works now; one that gives no answer does not."""
        endpoints = [place.endpoint for place in self._places(only)]
        health = await asyncio.gather(*map(self._is_healthy, endpoints), return_exceptions=True)
        for error in health:
            if isinstance(error, BaseException) and not isinstance(error, ServiceError):
                raise error
        return [_checked(endpoint, found) for endpoint, found in zip(endpoints, health, strict=True)]

    async def access_key(self, only: Collection[str] | None = None) -> AccessKey:
        """Ask an endpoint for a temporary access key.

        Raises:
            InvalidArgumentError: there are several endpoints, and a key is for one.
            ServiceError: the endpoint gives none.
        """
        places = self._places(only)
        if len(places) > 1:
            raise InvalidArgumentError(
                f"an access key is for one endpoint: choose one of {', '.join(place.label for place in places)}"
            )
        return await fetch_access_key(places[0].client)

    async def start(self, app: object = None, path: str = "", hubs: Iterable[str] = ()) -> None:
        """Begin to look after the endpoints; where events go, the service's own upstream settings say."""
        del app, path, hubs
        await self._http.open()
        await self._health.start()

    async def stop(self) -> None:
        """End; the service stays."""
        await self._health.stop()
        for client in self._clients.values():
            await client.close()

    def _configure(self, endpoints: Sequence[Endpoint]) -> _Configured:
        used = distinct(endpoints)
        label = labels(used)
        for endpoint in used:
            if endpoint not in self._clients:
                self._clients[endpoint] = ServiceClient(endpoint, self._http, self._clock, self._options)
        for endpoint in [known for known in self._clients if known not in used and known.credential is None]:
            del self._clients[endpoint]  # Those with a credential have to be closed, which `stop` does.
        self._health.follow(used)
        ordered = sorted(endpoints, key=lambda endpoint: not endpoint.primary)
        return _Configured(
            keys=[endpoint.access_key for endpoint in ordered if endpoint.access_key is not None],
            signs=all_sign(endpoints),
            places=[_Place(endpoint, label[endpoint.url], self._clients[endpoint]) for endpoint in used],
        )

    def _state(self, place: _Place) -> EndpointState:
        return EndpointState(place.endpoint, self._health.is_online(place.endpoint))

    def _targets(self, hub: str, only: Collection[str] | None) -> Sequence[Target]:
        places = self._places(only)
        if only is None:
            places = [place for place in places if self._health.is_online(place.endpoint)] or places
        return [
            Target(place.endpoint.url, place.label, RestSender(place.endpoint, hub, place.client)) for place in places
        ]

    def _places(self, only: Collection[str] | None) -> Sequence[_Place]:
        places = self._configured.places
        if only is None:
            return places
        if isinstance(only, str):
            raise TypeError(f"several endpoints are a list: write [{only!r}]")
        known = {name for place in places for name in (place.endpoint.name, place.endpoint.url)}
        unknown = [name for name in only if not name or name not in known]
        if unknown or not only:
            wrong = f"{unknown[0]!r} is no endpoint" if unknown else "no endpoint is named"
            raise InvalidArgumentError(f"{wrong}: there are {', '.join(place.label for place in places)}")
        return [place for place in places if place.endpoint.name in only or place.endpoint.url in only]

    async def _connection_info(
        self, endpoint: Endpoint, hub: str, negotiation: Negotiation, seal: Seal | None
    ) -> SignalRConnectionInfo:
        if endpoint.access_key is None:
            sender = self.sender(hub, [endpoint.url])
            return await made_connection_info(endpoint.client_url, hub, negotiation, sender)
        now, key = self._clock.time(), endpoint.access_key
        identity = sealed_identity(hub, negotiation, key, now=now) if seal is None else seal(key)
        return signed_connection_info(endpoint.client_url, hub, negotiation, key, identity=identity, now=now)

    async def _is_healthy(self, endpoint: Endpoint) -> bool:
        client = self._clients.get(endpoint)
        return client is not None and await client.is_healthy(CHECK_TIMEOUT)


def _checked(endpoint: Endpoint, found: bool | BaseException) -> EndpointState:
    """Return an endpoint with what a check has found."""
    if found is True:
        return EndpointState(endpoint)
    problem = str(found) if isinstance(found, BaseException) else "it says that it does not work"
    return EndpointState(endpoint, online=False, problem=problem)
