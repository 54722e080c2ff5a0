"""One request of the REST API, as an operation sees it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.rest_bodies import Body
from serverless_hub.service.rest_query import RestQuery

__all__ = ["RestCall", "RestHost"]


class RestHost(Protocol):
    """The service whose API it is."""

    def hub(self, name: str) -> ServiceHub:
        """Return the hub `name`."""
        ...

    def generate_token(self, hub: str, user_id: str | None, lifetime: float, endpoint: str) -> str:
        """Return an access token for a client of the service at `endpoint`, valid for `lifetime` seconds."""
        ...


@dataclass(frozen=True, slots=True)
class RestCall:
    """A request whose token and names are good."""

    host: RestHost
    hub_name: str
    """With its application, in lower case; empty where the path has none."""
    names: Mapping[str, str]
    """Of the path: `connection`, `group`, `user`, `stream`."""
    query: RestQuery
    read: Callable[[], Awaitable[Body]]
    """Read the body; raises RestRefusal, and OSError when the caller is gone."""
    endpoint: str
    """Where the service is, as the caller sees it."""
    path: str
    """From `/api` on, percent-encoded."""
    invoke_timeout: float
    """How many seconds a client may take for its answer."""

    @property
    def hub(self) -> ServiceHub:
        """The hub that it is about."""
        return self.host.hub(self.hub_name)
