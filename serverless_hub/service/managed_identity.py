"""A stand-in for the managed identity of a SignalR service: signs tokens as Microsoft Entra ID issues them for it.

With `Auth: ManagedIdentity`, a service sends one with every event. Here they are of a tenant that does not exist, and
signed with a key that is made when it is first needed; the service publishes it where Entra ID publishes its own, so
that apps check these tokens as they check real ones. Tokens are of version 1.0, as Azure's are.

Sources: Azure docs `howto-use-managed-identity.md`; Microsoft identity platform, `access-token-claims-reference.md`;
RFC 7517 and RFC 7638 (keys and their thumbprints).
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from serverless_hub.clock import Clock
from serverless_hub.protocol.tokens import sign_rsa_token
from serverless_hub.protocol.values import to_json

__all__ = ["DEVELOPMENT_CLIENT", "DEVELOPMENT_OBJECT", "DEVELOPMENT_TENANT", "ManagedIdentity", "make_private_key"]

DEVELOPMENT_TENANT = "00000000-0000-4000-8000-000000000001"
"""The tenant of the tokens: what `EntraAuthentication` has as `tenant_id`."""
DEVELOPMENT_OBJECT = "00000000-0000-4000-8000-000000000002"
"""The object id of the identity (`oid`): one of its `callers`."""
DEVELOPMENT_CLIENT = "00000000-0000-4000-8000-000000000003"
"""The client id of the identity (`appid`): another name for the same caller."""

_ISSUER = f"https://sts.windows.net/{DEVELOPMENT_TENANT}/"
_KEYS_PATH = f"/{DEVELOPMENT_TENANT}/discovery/v2.0/keys"
_METADATA = ".well-known/openid-configuration"
_LIFETIME = 3600
"""Seconds that a token is valid."""
_RENEWED = 300
"""Seconds before its end from which on another one is signed."""
_KEPT = 100
"""Tokens for more resources than that are signed anew."""
_KEY_BITS = 2048


def make_private_key() -> str:
    """Return a new RSA key, in PEM (PKCS #8) without a password."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode()


class ManagedIdentity:
    """The identity of one service.

    Args:
        clock: what tokens are valid by.
        private_key: returns the key that signs, in PEM; asked once, when the key is first needed. A new one each time
            when left out.
    """

    def __init__(self, clock: Clock, private_key: Callable[[], str] = make_private_key) -> None:
        self._clock = clock
        self._private_key = private_key
        self._tokens: dict[str, tuple[str, float]] = {}

    def token(self, resource: str) -> str:
        """Return a token for `resource`, which is its audience; the same for most of its life."""
        now = self._clock.time()
        token, ends = self._tokens.get(resource, ("", 0.0))
        if ends - _RENEWED <= now:
            if len(self._tokens) >= _KEPT:
                self._tokens.clear()
            token, ends = sign_rsa_token(_claims(resource, int(now)), self._key.private, self._key.id), now + _LIFETIME
            self._tokens[resource] = (token, ends)
        return token

    def document(self, path: str, base_url: str) -> dict[str, Any] | None:
        """Return what is published at `path`, or None where nothing is.

        Args:
            path: of the request.
            base_url: where the service is, as the caller sees it: the `authority` of its `EntraAuthentication`.
        """
        match path.removeprefix(f"/{DEVELOPMENT_TENANT}/") if path.startswith(f"/{DEVELOPMENT_TENANT}/") else "":
            case "discovery/v2.0/keys":
                return {"keys": [self._key.public]}
            case ".well-known/openid-configuration":
                return _metadata(_ISSUER, base_url)
            case "v2.0/.well-known/openid-configuration":
                return _metadata(f"{base_url}/{DEVELOPMENT_TENANT}/v2.0", base_url)
            case _:
                return None

    @cached_property
    def _key(self) -> "_Key":
        """Made when it is first needed: that takes a moment."""
        return _read_key(self._private_key())


@dataclass(frozen=True, slots=True)
class _Key:
    private: str
    id: str
    public: dict[str, str]


def _read_key(pem: str) -> _Key:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the key of the managed identity has to be an RSA key")
    numbers = key.public_key().public_numbers()
    required = {"e": _encode(_to_bytes(numbers.e)), "kty": "RSA", "n": _encode(_to_bytes(numbers.n))}
    thumbprint = _encode(hashlib.sha256(to_json(required)).digest())
    return _Key(pem, thumbprint, {**required, "use": "sig", "alg": "RS256", "kid": thumbprint})


def _claims(resource: str, now: int) -> dict[str, Any]:
    return {
        "aud": resource,
        "iss": _ISSUER,
        "iat": now,
        "nbf": now,
        "exp": now + _LIFETIME,
        "appid": DEVELOPMENT_CLIENT,
        "appidacr": "2",
        "idp": _ISSUER,
        "idtyp": "app",
        "oid": DEVELOPMENT_OBJECT,
        "sub": DEVELOPMENT_OBJECT,
        "tid": DEVELOPMENT_TENANT,
        "ver": "1.0",
    }


def _metadata(issuer: str, base_url: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "jwks_uri": f"{base_url}{_KEYS_PATH}",
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["token"],
        "subject_types_supported": ["pairwise"],
    }


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _to_bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)
