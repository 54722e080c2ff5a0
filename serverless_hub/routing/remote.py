"""Azure SignalR Service, or whatever else a connection string names."""

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from starlette.types import ASGIApp

from serverless_hub.errors import ConfigurationError
from serverless_hub.hub.ports import HubSender
from serverless_hub.protocol.endpoint import Endpoint

__all__ = ["RemoteService"]


class RemoteService:
    """A service that reaches the app over HTTP.

    Args:
        endpoints: where it is; several stand for one service in several places. Clients are sent to the first.
    """

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = sorted(endpoints, key=lambda endpoint: not endpoint.primary)
        self.keys: Sequence[str] = [key for endpoint in self._endpoints if (key := endpoint.access_key) is not None]
        """The access keys of all endpoints."""
        self.signs = len(self.keys) == len(self._endpoints)
        """Whether all endpoints have a key; one without cannot sign events with a key that we know."""

    def sender(self, hub: str) -> HubSender:
        """Return a sender that refuses: this version sends only through the embedded service."""
        return _Unable(f"hub {hub!r} cannot send through {self._endpoints[0].url}")

    def client_endpoint(self, app_url: str | None, path: str) -> str | None:
        """Return the service's own URL.

        Raises:
            ConfigurationError: it has no access key to sign a client's token with.
        """
        del app_url, path
        endpoint = self._endpoints[0]
        if endpoint.access_key is None:
            raise ConfigurationError(
                f"{endpoint.url} has no access key: this version signs the tokens of clients with one, and does not "
                "ask identity-based endpoints for them yet; use a connection string with an AccessKey"
            )
        return endpoint.client_url

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
            "yet; unset the connection string to use the embedded service"
        )

    send = add_to_group = remove_from_group = remove_from_all_groups = _refuse
    invoke = send_stream_item = complete_stream = group_members = _refuse
    exists = close = execute = generate_token = _refuse
    add_user_to_group = remove_user_from_group = remove_user_from_all_groups = user_in_group = _refuse
