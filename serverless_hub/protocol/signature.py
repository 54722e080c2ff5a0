"""The signature of upstream calls: HMAC-SHA256 of the connection id under each access key.

Source: Azure docs `concept-upstream.md` "Signature", and the Functions extension's SignalRRequestResolver.cs.
"""

import hmac
from collections.abc import Collection, Iterable

from serverless_hub.protocol.mac import hmac_sha256

__all__ = ["sign_connection", "verify_connection"]

_PREFIX = "sha256="
_DIGEST_BYTES = 32
_MAX_SIGNATURES = 8
_MAX_PROVEN = 4096
_MAX_PROVEN_LENGTH = 1024
"""Characters of a connection id and its header that are remembered; no real ones are longer."""
_proven: dict[tuple[str, str], str] = {}
"""By which key a connection id and its header are proven."""


def sign_connection(connection_id: str, keys: Iterable[str]) -> str:
    """Return the signature header: one `sha256=<hex>` per key, joined by commas."""
    return ",".join(_PREFIX + hmac_sha256(connection_id.encode(), key).hex() for key in keys)


def verify_connection(connection_id: str, header: str, keys: Collection[str]) -> bool:
    """Tell whether any signature in `header` was made with any of `keys`, in constant time.

    A connection id with a dot proves nothing: client tokens `h.p.s` are signed with the same key, so the owner of one
    could otherwise call as connection `h.p`. What is proven stays so, as long as the key counts: services send the same
    header with every event of a connection.
    """
    if "." in connection_id:
        return False
    known = _proven.get((connection_id, header))
    if known is not None and known in keys:
        return True
    signatures = _signatures(header)
    proving: str | None = None
    for key in keys:
        expected = hmac_sha256(connection_id.encode(), key)
        for signature in signatures:
            if hmac.compare_digest(expected, signature):
                proving = key
    if proving is None:
        return False
    if len(connection_id) + len(header) <= _MAX_PROVEN_LENGTH:
        if len(_proven) >= _MAX_PROVEN:
            _proven.clear()
        _proven[connection_id, header] = proving
    return True


def _signatures(header: str) -> list[bytes]:
    signatures: list[bytes] = []
    for item in header.split(",", _MAX_SIGNATURES)[:_MAX_SIGNATURES]:
        try:
            digest = bytes.fromhex(item.strip().removeprefix(_PREFIX))
        except ValueError:
            continue
        if len(digest) == _DIGEST_BYTES:
            signatures.append(digest)
    return signatures
