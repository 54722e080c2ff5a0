"""Sealing what negotiate says of a client, and opening it again when an event of that client comes."""

from collections.abc import Sequence

from serverless_hub.clock import Clock
from serverless_hub.hub.identity import Identity
from serverless_hub.hub.negotiation import Negotiation
from serverless_hub.management.connection_info import sealed_identity
from serverless_hub.protocol.identity import IDENTITY_CLAIM, open_identity
from serverless_hub.protocol.multimap import MultiMap
from serverless_hub.protocol.secret import check_secret
from serverless_hub.protocol.upstream import DISCONNECTED, UpstreamEvent
from serverless_hub.routing.services import Services

__all__ = ["Identities"]


class Identities:
    """Knows the key: the one that was given, else the access keys of the hub's service.

    Args:
        key: for services without access keys.
        services: the current ones.
        clock: for bundles that expire.
        trust_raw_claims: take what a header says for proven where there is no bundle.

    Raises:
        ConfigurationError: a key that can be guessed.
    """

    def __init__(self, key: str | None, services: Services, clock: Clock, *, trust_raw_claims: bool) -> None:
        check_secret("identity_key", key)
        self._key = key
        self._services = services
        self._clock = clock
        self._trust_raw_claims = trust_raw_claims

    def seal(self, hub: str, negotiation: Negotiation, access_key: str) -> str:
        """Return the claim for a client of `hub`, whose service has `access_key`."""
        key = access_key if self._key is None else self._key
        return sealed_identity(hub, negotiation, key, now=self._clock.time())

    def identify(self, hub: str, claims: MultiMap, event: UpstreamEvent) -> Identity | None:
        """Return who a client with these raw claims is, as far as that is proven.

        That a client has gone may be told after its identity has expired; often that is why it went.
        """
        now = None if event.key[2] == DISCONNECTED else self._clock.time()
        bundle = open_identity(claims.all(IDENTITY_CLAIM), hub, self._keys(hub), now=now)
        if bundle is not None:
            return Identity(bundle.user_id, bundle.claims)
        if self._trust_raw_claims:
            return Identity(event.user_id, {name: list(claims.all(name)) for name in claims if name != IDENTITY_CLAIM})
        return None

    def _keys(self, hub: str) -> Sequence[str]:
        return self._services.keys(hub) if self._key is None else [self._key]
