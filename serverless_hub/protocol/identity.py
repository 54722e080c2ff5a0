"""The identity bundle: what our negotiate says of a client, in a form that nobody else can write.

Upstream headers prove only the connection id. So negotiate puts one more claim into the client's token, sealed under a
key derived from the access key, and the hub opens it when it comes back among the claims.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from serverless_hub.protocol.mac import hmac_sha256
from serverless_hub.protocol.values import to_json

__all__ = ["IDENTITY_CLAIM", "Bundle", "open_identity", "seal_identity"]

IDENTITY_CLAIM = "serverless_hub"
"""The name of the claim."""

_PURPOSE = b"serverless_hub identity bundle, version 1"
_MAX_KEYS = 64
_MAX_ANONYMOUS = 256
"""How many bundles of unknown clients are kept: one for each hub and key."""


class Bundle(msgspec.Struct, frozen=True):
    """What is sealed."""

    hub: str
    user_id: str | None
    claims: dict[str, Any]
    expires: float | None
    """Seconds since the epoch, where the connection is closed with the token."""


def seal_identity(
    hub: str, user_id: str | None, claims: Mapping[str, Any], key: str, *, expires: float | None = None
) -> str:
    """Return the claim's value: letters, digits, `-`, `_` and one dot, which no header can garble."""
    if user_id is None and not claims and expires is None:
        return _seal_anonymous(hub, key)
    return _seal({"hub": hub.lower(), "user_id": user_id, "claims": dict(claims), "expires": expires}, key)


def open_identity(values: Iterable[str], hub: str, keys: Iterable[str], *, now: float | None) -> Bundle | None:
    """Return the one valid bundle for `hub` among `values`; None when there is none, or more than one.

    A client may have smuggled other bundles into a claim of its own, so two valid ones prove nothing. `now` is None
    where it does not matter whether the bundle has expired.
    """
    keys = list(keys)
    opened = {value: bundle for value in values if (bundle := _open(value, keys)) is not None}
    if len(opened) != 1:
        return None
    (bundle,) = opened.values()
    has_expired = now is not None and bundle.expires is not None and bundle.expires <= now
    if bundle.hub != hub.lower() or has_expired:
        return None
    return bundle


def _open(value: str, keys: list[str]) -> Bundle | None:
    try:
        content, mac = (_decode(part) for part in value.split("."))
    except ValueError:
        return None
    valid = False
    for key in keys:
        valid |= hmac.compare_digest(mac, _mac(content, key))
    return msgspec.json.decode(content, type=Bundle) if valid else None


@lru_cache(_MAX_ANONYMOUS)
def _seal_anonymous(hub: str, key: str) -> str:
    """Return the bundle that says nothing of a client: always the same."""
    return _seal({"hub": hub.lower(), "user_id": None, "claims": {}, "expires": None}, key)


def _seal(bundle: dict[str, Any], key: str) -> str:
    content = to_json(bundle)
    return f"{_encode(content)}.{_encode(_mac(content, key))}"


def _mac(content: bytes, key: str) -> bytes:
    return hmac_sha256(content, _derived(key))


@lru_cache(_MAX_KEYS)
def _derived(key: str) -> bytes:
    return hmac_sha256(_PURPOSE, key)


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
