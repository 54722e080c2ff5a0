"""Tokens that prove the access key to the REST API.

Source: Azure docs `signalr-reference-data-plane-rest-api.md`; azure-signalr AccessTokenHttpMessageHandler.cs.
"""

from collections import OrderedDict

from serverless_hub.clock import Clock
from serverless_hub.errors import InvalidArgumentError, TokenError
from serverless_hub.protocol.rest_token import rest_claims
from serverless_hub.protocol.tokens import sign_token

__all__ = ["AccessKeyTokens"]

_LIFETIME = 3600
_RENEWED_BEFORE_END = 300
"""Seconds; the clock of the service may be ahead."""
_MAX_TOKENS = 1024
"""A path has names of connections and users in it, so that there is no end of audiences."""


class AccessKeyTokens:
    """Signs a token for a URL once, and keeps it until shortly before its end.

    Args:
        key: the access key.
        clock: dates the tokens.
    """

    def __init__(self, key: str, clock: Clock) -> None:
        self._key = key
        self._clock = clock
        self._tokens: OrderedDict[str, tuple[str, float]] = OrderedDict()

    async def get(self, audience: str) -> str:
        """Return a token for `audience`, the URL of the request without its query.

        Raises:
            InvalidArgumentError: the audience is too long for a token.
        """
        now = self._clock.time()
        token, renewed_at = self._tokens.get(audience, ("", now))
        if now < renewed_at:
            self._tokens.move_to_end(audience)
            return token
        issued = int(now)
        try:
            token = sign_token(rest_claims(audience, issued, _LIFETIME), self._key)
        except TokenError:
            raise InvalidArgumentError(
                f"the names in a URL of {len(audience)} characters are too long: no token for it would be taken",
                retry_is_safe=True,
            ) from None
        self._tokens[audience] = token, issued + _LIFETIME - _RENEWED_BEFORE_END
        self._tokens.move_to_end(audience)
        if len(self._tokens) > _MAX_TOKENS:
            self._tokens.popitem(last=False)
        return token

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""
