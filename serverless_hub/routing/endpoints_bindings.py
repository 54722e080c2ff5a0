"""Azure's SignalRNegotiation and SignalREndpoints bindings: for apps and clients that choose among endpoints.

Source: Functions extension, docs/sharding.md.
"""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import HTTPException, Request

from serverless_hub.errors import InvalidArgumentError
from serverless_hub.hub.endpoints import SignalREndpoint, SignalRNegotiation
from serverless_hub.hub.negotiation import Negotiation
from serverless_hub.routing.expressions import Expression
from serverless_hub.routing.negotiator import Negotiator

__all__ = ["endpoints_dependency", "negotiation_dependency", "urls_of"]


def negotiation_dependency(
    hub: Expression,
    user_id: Expression | None,
    connection: str | None,
    wire_name: Callable[[str], str],
    negotiator: Negotiator,
) -> Callable[[Request], Awaitable[SignalRNegotiation]]:
    """Return a FastAPI dependency that provides all endpoints of a hub with their connection infos."""

    async def negotiation(request: Request) -> SignalRNegotiation:
        user = None if user_id is None else user_id.evaluate(request)
        try:
            who = Negotiation(user_id=user or None)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        name = wire_name(hub.evaluate_hub(request))
        return SignalRNegotiation(
            endpoints=await negotiator.redirect_to_each(request, name, who, connection=connection)
        )

    return negotiation


def endpoints_dependency(
    hub: Expression, connection: str | None, wire_name: Callable[[str], str], negotiator: Negotiator
) -> Callable[[Request], Awaitable[list[SignalREndpoint]]]:
    """Return a FastAPI dependency that provides all endpoints of a hub."""

    async def endpoints(request: Request) -> list[SignalREndpoint]:
        return negotiator.endpoints(request, wire_name(hub.evaluate_hub(request)), connection=connection)

    return endpoints


def urls_of(wanted: Sequence[SignalREndpoint], known: Sequence[SignalREndpoint]) -> list[str]:
    """Return the URLs of the endpoints that an output names.

    Raises:
        InvalidArgumentError: one of them is not known by its name, URL and type.
    """
    for endpoint in wanted:
        if not any(endpoint.is_same(each) for each in known):
            raise InvalidArgumentError(
                f"the output is for an endpoint {endpoint.name!r} at {endpoint.endpoint!r}, which this hub does not "
                "have: give back what router.endpoints or router.negotiation provides"
            )
    return [endpoint.endpoint for endpoint in wanted]
