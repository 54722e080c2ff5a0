"""The endpoints of a service as they are now: where it can be reached, and whether it answers there."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.endpoint import Endpoint

__all__ = ["EndpointState", "distinct", "labels"]

_logger = logging.getLogger("serverless_hub.management")


@dataclass(frozen=True, slots=True)
class EndpointState:
    """An endpoint and what is known of it."""

    endpoint: Endpoint
    online: bool = True
    """Whether it passed its last health check; one that was not checked yet, or is the only one, counts as online."""
    problem: str | None = None
    """Why it did not pass, where that has just been checked; None where it did."""

    @property
    def name(self) -> str:
        """What the settings call it; empty where they do not."""
        return self.endpoint.name

    @property
    def url(self) -> str:
        """Its URL; no two endpoints of a service have the same."""
        return self.endpoint.url

    @property
    def type(self) -> Literal["Primary", "Secondary"]:
        """What Azure calls its role."""
        return "Primary" if self.endpoint.primary else "Secondary"


def distinct(endpoints: Iterable[Endpoint]) -> Sequence[Endpoint]:
    """Return the endpoints that are sent to: primary ones first, and one for each URL, in the order in which they came.

    The same URL with another key is for rotating keys: who sent to both would send twice (azure-signalr
    ServiceEndpointManager.cs takes the first one, too).

    Raises:
        ConfigurationError: there is none.
    """
    found: dict[str, Endpoint] = {}
    for endpoint in sorted(endpoints, key=lambda endpoint: not endpoint.primary):
        if found.setdefault(endpoint.url, endpoint) is not endpoint:
            _logger.info("%s is configured more than once: it is sent to once, as the first of them says", endpoint.url)
    if not found:
        raise ConfigurationError("a service has at least one endpoint: name one")
    return tuple(found.values())


def labels(endpoints: Sequence[Endpoint]) -> dict[str, str]:
    """Return what errors call the endpoints, by URL: the name where no other has it, or the URL."""
    names = [endpoint.name for endpoint in endpoints]
    return {one.url: one.name if one.name and names.count(one.name) == 1 else one.url for one in endpoints}
