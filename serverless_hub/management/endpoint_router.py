"""Choosing the endpoint that a client is sent to.

Source: azure-signalr DefaultEndpointRouter.cs: a primary endpoint that is online, else a secondary one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random, SystemRandom
from typing import TYPE_CHECKING

from serverless_hub.errors import ConfigurationError, UnreachableError
from serverless_hub.hub.negotiation import Negotiation
from serverless_hub.management.endpoints import EndpointState

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["EndpointRouter", "NegotiateRequest", "WeightedRouter", "choose_endpoint"]


@dataclass(frozen=True, slots=True)
class NegotiateRequest:
    """Who has to be sent somewhere."""

    hub: str
    """Its name on the wire."""
    negotiation: Negotiation
    http: "Request | None" = None
    """What the client sent; None where the app negotiates on its own."""


EndpointRouter = Callable[[NegotiateRequest, Sequence[EndpointState]], EndpointState]
"""Returns the one of the candidates that a client is sent to.

There is at least one candidate: the primary endpoints that are online, or without any the secondary ones.
"""


class WeightedRouter:
    """Sends clients to all candidates, to each as many as its weight says.

    Args:
        random: where chance comes from.
    """

    def __init__(self, random: Random | None = None) -> None:
        self._random = random or SystemRandom()

    def __call__(self, _: NegotiateRequest, candidates: Sequence[EndpointState]) -> EndpointState:
        """Return one of the candidates."""
        (chosen,) = self._random.choices(candidates, [state.endpoint.weight for state in candidates])
        return chosen


def choose_endpoint(
    request: NegotiateRequest, states: Sequence[EndpointState], router: EndpointRouter
) -> EndpointState:
    """Return where a client is sent.

    Raises:
        UnreachableError: no endpoint is online.
        ConfigurationError: `router` returned something else than a candidate.
    """
    online = [state for state in states if state.online]
    candidates = [state for state in online if state.endpoint.primary] or online
    if not candidates:
        raise UnreachableError(
            f"none of {', '.join(state.url for state in states)} is online, so clients cannot be sent anywhere: look "
            "after these services; they are checked every two minutes"
        )
    chosen = router(request, candidates)
    if chosen not in candidates:
        raise ConfigurationError("endpoint_router= has to return one of the candidates that it was given")
    return chosen
