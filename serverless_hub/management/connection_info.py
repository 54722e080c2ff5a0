"""What a client gets to connect with: a URL, and a token that we sign or the service makes."""

from serverless_hub.errors import ConfigurationError
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo
from serverless_hub.hub.ports import HubSender
from serverless_hub.protocol.client_token import ClientOptions, client_claims, client_url
from serverless_hub.protocol.identity import IDENTITY_CLAIM, seal_identity
from serverless_hub.protocol.tokens import sign_token

__all__ = ["made_connection_info", "sealed_identity", "signed_connection_info"]


def sealed_identity(hub: str, negotiation: Negotiation, key: str, *, now: float) -> str:
    """Return the claim by which an app that knows `key` is sure who a client of `hub` is."""
    return seal_identity(hub, negotiation.user_id, negotiation.claims, key, expires=negotiation.closes_at(now))


def signed_connection_info(
    client_endpoint: str, hub: str, negotiation: Negotiation, access_key: str, *, identity: str, now: float
) -> SignalRConnectionInfo:
    """Return what a client connects with, signed by us.

    Args:
        client_endpoint: where the service takes clients.
        hub: the hub's name on the wire.
        negotiation: who the client is.
        access_key: of the service.
        identity: the sealed identity.
        now: seconds since the epoch.

    Raises:
        TokenError: the token would be longer than services take.
    """
    url = client_url(client_endpoint, hub)
    payload = client_claims(
        negotiation.user_id,
        {**negotiation.claims, IDENTITY_CLAIM: identity},
        audience=url,
        now=now,
        lifetime=negotiation.lifetime.total_seconds(),
        options=ClientOptions(
            detailed_errors=negotiation.detailed_errors,
            diagnostic_client=negotiation.diagnostic_client,
            closes_at=negotiation.closes_at(now),
            transports=negotiation.transports,
        ),
    )
    return SignalRConnectionInfo(url=url, accessToken=sign_token(payload, access_key))


async def made_connection_info(
    client_endpoint: str, hub: str, negotiation: Negotiation, sender: HubSender
) -> SignalRConnectionInfo:
    """Return what a client connects with, its token made by the service: we have no key to sign with.

    Such a token says the user's id and nothing else, so the app has no verified identity of its client either
    (REST API 2024-12-01, `:generateToken`).

    Raises:
        ConfigurationError: the negotiation has something that such a token cannot carry.
        ServiceError: the service did not make it.
    """
    lost = [name for name, is_set in _not_carried(negotiation).items() if is_set]
    if lost:
        raise ConfigurationError(
            f"{client_endpoint} has no access key, so the service makes the tokens of clients, and they cannot carry "
            f"{', '.join(lost)} of a Negotiation: leave that out, or use a connection string with an AccessKey"
        )
    token = await sender.generate_token(negotiation.user_id, negotiation.lifetime.total_seconds())
    return SignalRConnectionInfo(url=client_url(client_endpoint, hub), accessToken=token)


def _not_carried(negotiation: Negotiation) -> dict[str, bool]:
    return {
        "claims": bool(negotiation.claims),
        "close_on_authentication_expiration": negotiation.close_on_authentication_expiration,
        "authentication_expires_on": negotiation.authentication_expires_on is not None,
        "detailed_errors": negotiation.detailed_errors,
        "diagnostic_client": negotiation.diagnostic_client,
        "transports": negotiation.transports is not None,
    }
