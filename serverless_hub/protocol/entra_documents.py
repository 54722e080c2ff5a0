"""What a tenant of Microsoft Entra ID publishes: its metadata and its signing keys.

Sources: OpenID Connect Discovery 1.0, RFC 7517, and Microsoft identity platform, `access-tokens.md`.
"""

from collections.abc import Iterator
from typing import Any, Literal, TypeVar

import msgspec

from serverless_hub.errors import TokenError
from serverless_hub.protocol.entra import EntraAuthentication
from serverless_hub.protocol.entra_urls import split_url
from serverless_hub.protocol.tokens import RsaKey, read_rsa_key

__all__ = ["MAX_DOCUMENT_BYTES", "read_keys", "read_metadata"]

MAX_DOCUMENT_BYTES = 256 * 1024
"""The largest document that is read; Entra's are below 20 KiB."""

_ANY_TENANT = "{tenantid}"
_Document = TypeVar("_Document", bound=msgspec.Struct)


class _Metadata(msgspec.Struct, frozen=True):
    issuer: str
    jwks_uri: str


class _KeySet(msgspec.Struct, frozen=True):
    keys: list[Any]


class _Key(msgspec.Struct, frozen=True):
    """A key for signatures with our algorithm."""

    kty: Literal["RSA"]
    kid: str
    n: str
    e: str
    use: Literal["sig"] = "sig"
    alg: Literal["RS256"] = "RS256"
    issuer: str | msgspec.UnsetType = msgspec.UNSET
    """Entra says of each key whose it is, with a placeholder where it is every tenant's; others need not."""

    def belongs_to(self, settings: EntraAuthentication) -> bool:
        """Tell whether the tenant's tokens may be signed with it (`access-tokens.md`, "signing key issuer")."""
        if isinstance(self.issuer, msgspec.UnsetType):
            return True
        return self.issuer.replace(_ANY_TENANT, settings.tenant_id) == settings.issuer


def read_metadata(document: bytes, settings: EntraAuthentication) -> str:
    """Return the URL of the keys.

    Raises:
        TokenError: the document is malformed, of another issuer, or sends us elsewhere for the keys.
    """
    metadata = _read("metadata", document, _Metadata)
    if metadata.issuer != settings.issuer:
        raise TokenError("the metadata names another issuer: is the authority that of the tenant's cloud?")
    try:
        origin, _ = split_url(metadata.jwks_uri)
    except ValueError as error:
        raise TokenError(f"the metadata names no usable URL of keys: {error}") from None
    if origin not in settings.key_sources:
        raise TokenError(f"the metadata names keys at {origin}: add it to key_origins if you trust it")
    return metadata.jwks_uri


def read_keys(document: bytes, settings: EntraAuthentication) -> dict[str, RsaKey]:
    """Return the keys with which the tenant's tokens may be signed, by their ids.

    Keys for other purposes, of other kinds or of other issuers are passed over.

    Raises:
        TokenError: the document is malformed, or has no such key.
    """
    keys: dict[str, RsaKey] = {}
    for key_id, key in _usable(_read("key set", document, _KeySet).keys, settings):
        keys.setdefault(key_id, key)
    if not keys:
        raise TokenError("the key set has no usable RSA key")
    return keys


def _usable(entries: list[Any], settings: EntraAuthentication) -> Iterator[tuple[str, RsaKey]]:
    for entry in entries:
        try:
            key = msgspec.convert(entry, _Key)
            if key.belongs_to(settings):
                yield key.kid, read_rsa_key(key.n, key.e)
        except (msgspec.ValidationError, TokenError):
            continue


def _read(name: str, document: bytes, kind: type[_Document]) -> _Document:
    if len(document) > MAX_DOCUMENT_BYTES:
        raise TokenError(f"the {name} has more than {MAX_DOCUMENT_BYTES} bytes")
    try:
        return msgspec.json.decode(document, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise TokenError(f"the {name} is malformed or incomplete") from None
