"""The signature of upstream calls: HMAC-SHA256 of the connection id under each access key.

Source: Azure docs `concept-upstream.md` "Signature", and the Functions extension's SignalRRequestResolver.cs.
"""

import hmac
from collections.abc import Iterable, Iterator

__all__ = ["sign_connection", "verify_connection"]

_PREFIX = "sha256="
_DIGEST_BYTES = 32
_MAX_SIGNATURES = 8


def sign_connection(connection_id: str, keys: Iterable[str]) -> str:
    """Return the signature header: one `sha256=<hex>` per key, joined by commas."""
    return ",".join(_PREFIX + _digest(connection_id, key).hex() for key in keys)


def verify_connection(connection_id: str, header: str, keys: Iterable[str]) -> bool:
    """Tell whether any signature in `header` was made with any of `keys`, in constant time.

    A connection id with a dot proves nothing: client tokens `h.p.s` are signed with the same key, so the owner of one
    could otherwise call as connection `h.p`.
    """
    if "." in connection_id:
        return False
    signatures = list(_signatures(header))
    valid = False
    for key in keys:
        expected = _digest(connection_id, key)
        for signature in signatures:
            valid |= hmac.compare_digest(expected, signature)
    return valid


def _digest(connection_id: str, key: str) -> bytes:
    return hmac.digest(key.encode(), connection_id.encode(), "sha256")


def _signatures(header: str) -> Iterator[bytes]:
    for item in header.split(",", _MAX_SIGNATURES)[:_MAX_SIGNATURES]:
        try:
            digest = bytes.fromhex(item.strip().removeprefix(_PREFIX))
        except ValueError:
            continue
        if len(digest) == _DIGEST_BYTES:
            yield digest
