"""Sending a client to the SignalR service, with a token that says who it is."""

import logging
from http import HTTPStatus

from fastapi import HTTPException, Request

from serverless_hub.clock import Clock
from serverless_hub.errors import ConfigurationError, TokenError
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo
from serverless_hub.protocol.client_token import ClientOptions, client_claims, client_url
from serverless_hub.protocol.identity import IDENTITY_CLAIM
from serverless_hub.protocol.tokens import sign_token
from serverless_hub.routing.identities import Identities
from serverless_hub.routing.services import Services

__all__ = ["Negotiator"]

_logger = logging.getLogger("serverless_hub.routing")


class Negotiator:
    """Makes redirects.

    Args:
        services: where clients are sent.
        identities: seals who the client is.
        clock: for the lifetime of tokens.
    """

    def __init__(self, services: Services, identities: Identities, clock: Clock) -> None:
        self._services = services
        self._identities = identities
        self._clock = clock

    @staticmethod
    def app_url(request: Request) -> str:
        """Return where the app is, as the sender of `request` sees it."""
        # Not `base_url`, which leaves out what an app is mounted below.
        return str(request.url.replace(path=request.scope.get("root_path", ""), query=""))

    def redirect(
        self,
        app_url: str | None,
        hub: str,
        negotiation: Negotiation,
        *,
        proven: Negotiation | None = None,
        connection: str | None = None,
    ) -> SignalRConnectionInfo:
        """Return URL and token for a client.

        Args:
            app_url: where the app is, as the client sees it; None where no client asks.
            hub: the hub's name on the wire.
            negotiation: who the client is.
            proven: what of that the app knows for sure, where that is not all.
            connection: the setting that names the service, of a hub that only is sent to.

        Raises:
            HTTPException: 400 for a host that is not allowed; 500 for what the log explains.
        """
        try:
            service = self._services.of(hub, connection)
            endpoint = service.client_endpoint(app_url, self._services.base_path)
            if endpoint is None:
                raise HTTPException(HTTPStatus.BAD_REQUEST, "this host name is not allowed: the server's log says more")
            return self._connection_info(client_url(endpoint, hub), service.keys[0], hub, negotiation, proven)
        except (ConfigurationError, TokenError) as error:
            _logger.error("cannot negotiate: %s", error)  # noqa: TRY400 - its text says what to do
            raise HTTPException(HTTPStatus.INTERNAL_SERVER_ERROR) from error

    def _connection_info(
        self, url: str, key: str, hub: str, negotiation: Negotiation, proven: Negotiation | None
    ) -> SignalRConnectionInfo:
        now = self._clock.time()
        payload = client_claims(
            negotiation.user_id,
            {**negotiation.claims, IDENTITY_CLAIM: self._identities.seal(hub, proven or negotiation, key)},
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
        return SignalRConnectionInfo(url=url, accessToken=sign_token(payload, key))
