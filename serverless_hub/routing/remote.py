"""Azure SignalR Service, or whatever else a connection string names."""

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from starlette.types import ASGIApp

from serverless_hub.errors import ConfigurationError
from serverless_hub.hub.ports import HubSender
from serverless_hub.protocol.endpoint import Endpoint

__all__ = ["RemoteService"]


class RemoteService:
    """A service that reaches the app over HTTP."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.keys: Sequence[str] = (endpoint.access_key,)
        """The access keys."""

    def sender(self, hub: str) -> HubSender:
        """Return a sender that refuses: this version sends only through the embedded service."""
        return _Unable(f"hub {hub!r} cannot send through {self._endpoint.url}")

    def client_endpoint(self, request_url: str, path: str) -> str | None:
        """Return the service's own URL."""
        del request_url, path
        return self._endpoint.client_url

    async def start(self, app: ASGIApp, path: str, hubs: Iterable[str]) -> None:
        """Do nothing: the service is there already."""

    async def stop(self) -> None:
        """Do nothing: the service stays."""


class _Unable:
    def __init__(self, problem: str) -> None:
        self._problem = problem

    async def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise ConfigurationError(
            f"{self._problem}: this version takes events from a remote service, but does not send over its REST API "
            "yet; unset AzureSignalRConnectionString to use the embedded service"
        )

    send = add_to_group = remove_from_group = remove_from_all_groups = _refuse
    close_connection = connection_exists = _refuse
