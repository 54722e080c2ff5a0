"""Sealing what negotiate says of a client, and opening it again when an event of that client comes."""

from collections.abc import Sequence

from serverless_hub.clock import Clock
from serverless_hub.hub.identity import Identity
from serverless_hub.hub.negotiation import Negotiation
from serverless_hub.protocol.identity import IDENTITY_CLAIM, open_identity, seal_identity
from serverless_hub.protocol.multimap import MultiMap
from serverless_hub.routing.choice import CurrentService

__all__ = ["Identities"]


class Identities:
    """Knows the key: the one that was given, else the service's access keys.

    Args:
        key: for services without access keys.
        service: the current one.
        clock: for bundles that expire.
    """

    def __init__(self, key: str | None, service: CurrentService, clock: Clock) -> None:
        self._key = key
        self._service = service
        self._clock = clock

    def seal(self, hub: str, negotiation: Negotiation) -> str:
        """Return the claim for a client of `hub`."""
        lifetime = negotiation.lifetime.total_seconds()
        expires = self._clock.time() + lifetime if negotiation.close_on_authentication_expiration else None
        return seal_identity(hub, negotiation.user_id, negotiation.claims, self._keys()[0], expires=expires)

    def identify(self, hub: str, claims: MultiMap) -> Identity | None:
        """Return who a client with these raw claims is, as far as that is proven."""
        bundle = open_identity(claims.all(IDENTITY_CLAIM), hub, self._keys(), now=self._clock.time())
        return None if bundle is None else Identity(bundle.user_id, bundle.claims)

    def _keys(self) -> Sequence[str]:
        return self._service.get().keys if self._key is None else [self._key]
