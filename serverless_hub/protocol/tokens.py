"""Signed tokens: JWT with HS256 under an access key. The only module that knows python-jose."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jose import jwt
from jose.exceptions import JOSEError

from serverless_hub.errors import TokenError

__all__ = ["MAX_TOKEN_LENGTH", "sign_token", "verify_token"]

MAX_TOKEN_LENGTH = 4096
"""Characters in a token: Azure refuses longer ones (azure-signalr AuthUtility.cs)."""

_ALGORITHM = "HS256"
# Lifetime and audience are checked here, against the injected clock and by path and hub.
_SIGNATURE_ONLY = {
    "verify_signature": True,
    **{f"verify_{name}": False for name in ("aud", "iat", "exp", "nbf", "iss", "sub", "jti", "at_hash")},
}


def sign_token(claims: Mapping[str, Any], key: str) -> str:
    """Return the JWT of `claims`; the key is used as the UTF-8 bytes of its text, not base64-decoded.

    Raises:
        TokenError: it would be longer than `MAX_TOKEN_LENGTH`.
    """
    token: str = jwt.encode(dict(claims), key, algorithm=_ALGORITHM)
    if len(token) > MAX_TOKEN_LENGTH:
        raise TokenError(
            f"the access token would have {len(token)} characters, more than the {MAX_TOKEN_LENGTH} that "
            "SignalR services take: put less into its claims"
        )
    return token


def verify_token(token: str, keys: Iterable[str], *, now: float, is_audience: Callable[[str], bool]) -> dict[str, Any]:
    """Return the claims of `token`.

    Args:
        token: the JWT.
        keys: any of them may have signed it.
        now: seconds since the epoch.
        is_audience: says of the token's audience whether it means us.

    Raises:
        TokenError: it is malformed, signed with none of the keys, not valid now, or for another audience.
    """
    claims = _verified_claims(token, keys)
    _check_lifetime(claims, now)
    audience = claims.get("aud")
    if not isinstance(audience, str) or not is_audience(audience):
        raise TokenError("the token is for another audience")
    return claims


def _verified_claims(token: str, keys: Iterable[str]) -> dict[str, Any]:
    if len(token) > MAX_TOKEN_LENGTH:
        raise TokenError(f"the token is longer than {MAX_TOKEN_LENGTH} characters")
    for key in keys:
        try:
            return jwt.decode(token, key, algorithms=[_ALGORITHM], options=_SIGNATURE_ONLY)
        except (JOSEError, ValueError, TypeError, RecursionError):
            continue
    raise TokenError("the token is malformed or signed with another key")


def _check_lifetime(claims: Mapping[str, Any], now: float) -> None:
    if _seconds(claims, "exp", default=None) <= now:
        raise TokenError("the token has expired")
    if _seconds(claims, "nbf", default=now) > now + _CLOCK_SKEW:
        raise TokenError("the token is not valid yet")


_CLOCK_SKEW = 300.0
"""Seconds by which the clock of another signer may be ahead: the default of .NET's token validation."""


def _seconds(claims: Mapping[str, Any], name: str, *, default: float | None) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TokenError(f"the token has no usable {name!r}")
    return value
