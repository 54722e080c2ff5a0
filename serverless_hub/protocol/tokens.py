"""Signed tokens: JWT with HS256 under an access key, or RS256 with a public key.

The only module that knows python-jose.
"""

import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jose import jwk, jwt
from jose.backends.base import Key
from jose.exceptions import JOSEError

from serverless_hub.errors import TokenError
from serverless_hub.protocol.mac import hmac_sha256
from serverless_hub.protocol.values import to_json

__all__ = [
    "MAX_RSA_TOKEN_LENGTH",
    "MAX_TOKEN_LENGTH",
    "RsaKey",
    "read_key_id",
    "read_rsa_key",
    "sign_rsa_token",
    "sign_token",
    "unverified_claims",
    "verify_rsa_token",
    "verify_token",
]

MAX_TOKEN_LENGTH = 4096
"""Characters in a token: Azure refuses longer ones (azure-signalr AuthUtility.cs)."""

MAX_RSA_TOKEN_LENGTH = 8192
"""Characters in a token of an identity provider: what common servers take as one header line."""

_ALGORITHM = "HS256"
_RSA_ALGORITHM = "RS256"
_MAX_KEYS = 64
_RSA_BITS = range(2048, 8193)  # RFC 7518, section 3.3, demands 2048; the other end bounds the work
_MAX_EXPONENT_BITS = 32
_MAX_KEY_ID_LENGTH = 256
# What python-jose raises for hostile input, besides its own errors.
_JOSE_ERRORS = (JOSEError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)
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
    _check_key(key)
    signed = _HEADER + _encode(to_json(dict(claims)))
    token = (signed + b"." + _encode(hmac_sha256(signed, key))).decode("ascii")
    if len(token) > MAX_TOKEN_LENGTH:
        raise TokenError(
            f"the access token would have {len(token)} characters, more than the {MAX_TOKEN_LENGTH} that "
            "SignalR services take: put less into its claims"
        )
    return token


def sign_rsa_token(claims: Mapping[str, Any], private_key: str, key_id: str) -> str:
    """Return the JWT of `claims` with RS256.

    Args:
        claims: what it says.
        private_key: of RSA, as PEM without a password.
        key_id: what whoever verifies it finds the public key by.
    """
    token: str = jwt.encode(dict(claims), private_key, algorithm=_RSA_ALGORITHM, headers={"kid": key_id})
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


def unverified_claims(token: str) -> dict[str, Any]:
    """Return the claims of `token`, whoever wrote them: nothing is proven.

    Raises:
        TokenError: it is malformed or too long.
    """
    if len(token) > MAX_RSA_TOKEN_LENGTH:
        raise TokenError(f"the token is longer than {MAX_RSA_TOKEN_LENGTH} characters")
    try:
        return jwt.get_unverified_claims(token)
    except _JOSE_ERRORS:
        raise TokenError("the token is malformed") from None  # what caused it quotes the token


@dataclass(frozen=True, slots=True)
class RsaKey:
    """A public key that can verify."""

    prepared: Key = field(repr=False)
    """As python-jose takes it."""


def read_rsa_key(modulus: str, exponent: str) -> RsaKey:
    """Return the key whose JWK has these members `n` and `e` (RFC 7518, section 6.3.1).

    Raises:
        TokenError: they are no RSA key, or one that is too short, or so long that verifying with it is costly.
    """
    try:
        n, e = (int.from_bytes(urlsafe_b64decode(f"{part}===")) for part in (modulus, exponent))
        if n.bit_length() not in _RSA_BITS or e.bit_length() > _MAX_EXPONENT_BITS:
            raise TokenError("the RSA key has an unusual size")
        return RsaKey(jwk.construct({"kty": "RSA", "n": modulus, "e": exponent}, _RSA_ALGORITHM))
    except _JOSE_ERRORS:
        raise TokenError("the RSA key is malformed") from None


def read_key_id(token: str) -> str:
    """Return the id of the key that is said to have signed `token`. Nothing is proven by that.

    Raises:
        TokenError: it is malformed, too long, not signed with RS256, or has critical extensions.
    """
    if len(token) > MAX_RSA_TOKEN_LENGTH:
        raise TokenError(f"the token is longer than {MAX_RSA_TOKEN_LENGTH} characters")
    try:
        header = jwt.get_unverified_header(token)
    except _JOSE_ERRORS:
        raise TokenError("the token is malformed") from None  # what caused it quotes the token
    if header.get("alg") != _RSA_ALGORITHM:
        raise TokenError(f"the token is not signed with {_RSA_ALGORITHM}")
    if "crit" in header:
        raise TokenError("the token has critical extensions, of which none is known here")
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not 0 < len(key_id) <= _MAX_KEY_ID_LENGTH:
        raise TokenError("the token does not say which key has signed it")
    return key_id


def verify_rsa_token(token: str, key: RsaKey, *, now: float) -> dict[str, Any]:
    """Return the claims of `token`; whom they mean is for the caller to check.

    Args:
        token: the JWT.
        key: the one that has to have signed it.
        now: seconds since the epoch.

    Raises:
        TokenError: it is malformed, signed with another key or algorithm, or not valid now.
    """
    read_key_id(token)
    try:
        claims = jwt.decode(token, key.prepared, algorithms=[_RSA_ALGORITHM], options=_SIGNATURE_ONLY)
    except _JOSE_ERRORS:
        raise TokenError("the token is malformed or signed with another key") from None
    _check_lifetime(claims, now)
    return claims


@lru_cache(_MAX_KEYS)
def _check_key(key: str) -> None:
    """Raise for a key that python-jose does not verify with, such as a public one."""
    jwk.construct(key, _ALGORITHM)


def _encode(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


_HEADER = _encode(to_json({"alg": _ALGORITHM, "typ": "JWT"})) + b"."


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
    try:
        if not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value):
            return value
    except OverflowError:  # an integer that no float can hold
        pass
    raise TokenError(f"the token has no usable {name!r}")
