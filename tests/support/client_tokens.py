"""Client access tokens, good ones and others."""

from collections.abc import Mapping
from typing import Any

from serverless_hub.protocol.client_token import ClientOptions, client_claims
from serverless_hub.protocol.tokens import sign_token

__all__ = ["client_token"]


def client_token(
    key: str,
    *,
    now: float,
    hub: str = "chat",
    user_id: str | None = None,
    claims: Mapping[str, Any] | None = None,
    lifetime: float = 3600,
    audience: str | None = None,
    closes_at: float | None = None,
) -> str:
    """Return a token for `hub`, signed with `key`, from `now` on."""
    audience = audience or f"http://localhost/client/?hub={hub}"
    options = ClientOptions(closes_at=closes_at)
    return sign_token(
        client_claims(user_id, claims or {}, audience=audience, now=now, lifetime=lifetime, options=options), key
    )
