"""The first negotiate: the app says who a client is, and sends it to the service with a token."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Response
from pydantic import BaseModel, Field

from serverless_hub.clock import Clock
from serverless_hub.errors import ConfigurationError, TokenError
from serverless_hub.hub.negotiation import Negotiation
from serverless_hub.protocol.client_token import ClientOptions, client_claims, client_url
from serverless_hub.protocol.identity import IDENTITY_CLAIM
from serverless_hub.protocol.negotiate import redirect_answer
from serverless_hub.protocol.tokens import sign_token
from serverless_hub.routing.choice import CurrentService
from serverless_hub.routing.identities import Identities

__all__ = ["NegotiateAnswer", "negotiate_endpoint"]

_logger = logging.getLogger("serverless_hub.routing")


class NegotiateAnswer(BaseModel):
    """Where to connect, and with what."""

    url: str = Field(description="The SignalR service's URL for clients of this hub")
    accessToken: str = Field(description="The bearer token for it")  # noqa: N815 - its name on the wire


async def _anonymous() -> Negotiation:
    return Negotiation()


def negotiate_endpoint(
    who: Callable[..., Any] | None, hub: str, service: CurrentService, identities: Identities, clock: Clock
) -> Callable[..., Awaitable[dict[str, str]]]:
    """Return FastAPI's endpoint for the negotiate of `hub`.

    Args:
        who: the dependency that returns a `Negotiation`; without one, clients are anonymous.
        hub: its name.
        service: where clients are sent.
        identities: seals who the client is.
        clock: for the lifetime of tokens.
    """

    async def negotiate(
        request: Request, response: Response, negotiation: Annotated[Any, Depends(who or _anonymous)]
    ) -> dict[str, str]:
        if not isinstance(negotiation, Negotiation):
            raise TypeError(f"negotiate= must return a Negotiation, not {type(negotiation).__name__}")
        response.headers["Cache-Control"] = "no-store"
        try:
            return _answer(request, negotiation)
        except (ConfigurationError, TokenError) as error:
            _logger.error("cannot negotiate: %s", error)  # noqa: TRY400 - its text says what to do
            raise HTTPException(HTTPStatus.INTERNAL_SERVER_ERROR) from error

    def _answer(request: Request, negotiation: Negotiation) -> dict[str, str]:
        current = service.get()
        endpoint = current.client_endpoint(*_base(request))
        if endpoint is None:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "this host name is not allowed: the server's log says more")
        url = client_url(endpoint, hub)
        claims = {**negotiation.claims, IDENTITY_CLAIM: identities.seal(hub, negotiation)}
        payload = client_claims(
            negotiation.user_id,
            claims,
            audience=url,
            now=clock.time(),
            lifetime=negotiation.lifetime.total_seconds(),
            options=ClientOptions(
                detailed_errors=negotiation.detailed_errors,
                diagnostic_client=negotiation.diagnostic_client,
                close_on_expiration=negotiation.close_on_authentication_expiration,
            ),
        )
        return redirect_answer(url, sign_token(payload, current.keys[0]))

    return negotiate


def _base(request: Request) -> tuple[str, str]:
    """Return where the app is, and below which prefix the router is included in it."""
    app = str(request.base_url).rstrip("/")
    router = str(request.url.replace(query="")).rsplit("/", 2)[0]
    return app, router.removeprefix(app)
