"""Azure's SignalRConnectionInfo input binding: negotiate by hand, in an endpoint of one's own.

Source: Functions extension, AzureSignalRClient.cs; Azure docs, `functions-bindings-signalr-service-input.md`.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request

from serverless_hub.errors import TokenError
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo
from serverless_hub.protocol.tokens import unverified_claims
from serverless_hub.routing.expressions import Expression
from serverless_hub.routing.negotiator import Negotiator
from serverless_hub.routing.security_token import SecurityTokenResult, TokenVerifier, bearer_token, verified_claims

__all__ = ["ConnectionInfoBinding", "connection_info_dependency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionInfoBinding:
    """What the binding is declared with."""

    hub: Expression
    connection: str | None = None
    """The setting that names the service of a hub that only is sent to."""
    user_id: Expression | None = None
    id_token: Expression | None = None
    claim_type_list: Collection[str] = ()
    """The claims of the id token that are copied; case counts."""
    verifier: TokenVerifier | None = None
    """Verifies the id token; without one its claims are copied as they are, and never part of the identity."""
    security_token: Callable[..., Any] | None = None
    """A dependency as `security_token` makes it; unless its result is valid there is no connection info."""


async def _nothing() -> None: ...


def connection_info_dependency(
    binding: ConnectionInfoBinding, wire_name: Callable[[str], str], negotiator: Negotiator
) -> Callable[..., Awaitable[SignalRConnectionInfo | None]]:
    """Return a FastAPI dependency that provides the connection info of `binding`."""

    async def connection_info(
        request: Request,
        checked: Annotated[SecurityTokenResult | None, Depends(binding.security_token or _nothing)],
    ) -> SignalRConnectionInfo | None:
        if binding.security_token is not None and (checked is None or checked.status != "valid"):
            return None
        user_id = binding.user_id.evaluate(request) if binding.user_id is not None else None
        claims = await _claims(binding, request)
        try:
            negotiation = Negotiation(user_id=user_id or None, claims=claims)
            proven = negotiation if binding.verifier is not None else replace(negotiation, claims={})
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        hub = wire_name(binding.hub.evaluate_hub(request))
        return await negotiator.redirect(request, hub, negotiation, proven=proven, connection=binding.connection)

    return connection_info


async def _claims(binding: ConnectionInfoBinding, request: Request) -> Mapping[str, Any]:
    if binding.id_token is None or not binding.claim_type_list:
        return {}
    text = binding.id_token.evaluate(request)
    token = bearer_token(text) or text
    try:
        claims = await verified_claims(binding.verifier or unverified_claims, token)
    except TokenError as error:
        raise HTTPException(401, "the id token proves nothing") from error
    return {name: claims[name] for name in binding.claim_type_list if name in claims}
