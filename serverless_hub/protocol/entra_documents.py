"""What a tenant of Microsoft Entra ID publishes: its metadata and its signing keys.

Sources: OpenID Connect Discovery 1.0, RFC 7517, and Microsoft identity platform, `access-tokens.md`.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from serverless_hub.errors import TokenError
from serverless_hub.protocol.entra import EntraAuthentication
from serverless_hub.protocol.entra_urls import split_url
from serverless_hub.protocol.tokens import RsaKey, read_rsa_key

__all__ = ["MAX_DOCUMENT_BYTES", "read_keys", "read_metadata"]

MAX_DOCUMENT_BYTES = 256 * 1024
"""The largest document that is read; Entra's are below 20 KiB."""

_ANY_TENANT = "{tenantid}"


def read_metadata(document: bytes, settings: EntraAuthentication) -> str:
    """Return the URL of the keys.

    Raises:
        TokenError: the document is malformed, of another issuer, or sends us elsewhere for the keys.
    """
    metadata = _read_object(document)
    if metadata.get("issuer") != settings.issuer:
        raise TokenError("the metadata names another issuer: is the authority that of the tenant's cloud?")
    url = metadata.get("jwks_uri")
    try:
        origin, _ = split_url(url if isinstance(url, str) else "")
    except ValueError as error:
        raise TokenError(f"the metadata names no usable URL of keys: {error}") from None
    if origin not in settings.key_sources:
        raise TokenError(f"the metadata names keys at {origin}: add it to key_origins if you trust it")
    return str(url)


def read_keys(document: bytes, settings: EntraAuthentication) -> dict[str, RsaKey]:
    """Return the keys with which the tenant's tokens may be signed, by their ids.

    Keys for other purposes, of other kinds or of other issuers are passed over.

    Raises:
        TokenError: the document is malformed, or has no such key.
    """
    entries = _read_object(document).get("keys")
    if not isinstance(entries, list):
        raise TokenError("the key set has no list of keys")
    keys: dict[str, RsaKey] = {}
    for key_id, key in _usable(entries, settings):
        keys.setdefault(key_id, key)
    if not keys:
        raise TokenError("the key set has no usable RSA key")
    return keys


def _usable(entries: list[Any], settings: EntraAuthentication) -> Iterator[tuple[str, RsaKey]]:
    for entry in entries:
        match entry:
            case {"kty": "RSA", "kid": str(key_id), "n": str(modulus), "e": str(exponent)} if _signs(entry, settings):
                try:
                    yield key_id, read_rsa_key(modulus, exponent)
                except TokenError:
                    continue
            case _:
                continue


def _signs(entry: dict[str, Any], settings: EntraAuthentication) -> bool:
    """Tell whether a key is for signatures with our algorithm, by our issuer.

    Entra says in each key of its version 2.0 key sets whose it is, with a placeholder where it is every tenant's
    (`access-tokens.md`, "Validate the signing key issuer").
    """
    issuer = str(entry.get("issuer", settings.issuer))
    return (
        entry.get("use", "sig") == "sig"
        and entry.get("alg", "RS256") == "RS256"
        and issuer.replace(_ANY_TENANT, settings.tenant_id) == settings.issuer
    )


def _read_object(document: bytes) -> dict[str, Any]:
    if len(document) > MAX_DOCUMENT_BYTES:
        raise TokenError(f"the document has more than {MAX_DOCUMENT_BYTES} bytes")
    try:
        content = orjson.loads(document)
    except orjson.JSONDecodeError:
        raise TokenError("the document is no JSON") from None
    if not isinstance(content, dict):
        raise TokenError("the document is no JSON object")
    return content
