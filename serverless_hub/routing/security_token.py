"""Azure's SecurityTokenValidation binding: who sends a request, as its bearer token says.

Source: Functions extension, Auth/DefaultSecurityTokenValidator.cs.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fastapi import Request

from serverless_hub.errors import TokenError

__all__ = ["SecurityTokenResult", "TokenVerifier", "bearer_token", "security_token", "verified_claims"]

TokenVerifier = Callable[[str], Mapping[str, Any] | Awaitable[Mapping[str, Any]]]
"""Returns the claims of a token that proves something, and raises `TokenError` for any other."""

_SCHEME = "bearer "


@dataclass(frozen=True, slots=True)
class SecurityTokenResult:
    """What became of a request's bearer token."""

    status: Literal["valid", "error", "empty"]
    claims: Mapping[str, Any] | None = field(default=None, repr=False)
    """Those of a valid token."""
    error: TokenError | None = None
    """Why a token proves nothing."""


def security_token(verifier: TokenVerifier) -> Callable[[Request], Awaitable[SecurityTokenResult]]:
    """Return a FastAPI dependency that validates the bearer token of a request, and lets every request pass.

        token: Annotated[SecurityTokenResult, Depends(security_token(verify))]

    Args:
        verifier: returns the claims of a token, or raises `TokenError`; any other exception is a failure of its own.
    """

    async def validated(request: Request) -> SecurityTokenResult:
        token = bearer_token(request.headers.get("authorization", ""))
        if token is None:
            return SecurityTokenResult("empty")
        try:
            return SecurityTokenResult("valid", await verified_claims(verifier, token))
        except TokenError as error:
            return SecurityTokenResult("error", error=error)

    return validated


def bearer_token(header: str) -> str | None:
    """Return the token in an Authorization header, None where there is none."""
    if header[: len(_SCHEME)].lower() != _SCHEME:
        return None
    return header[len(_SCHEME) :].strip() or None


async def verified_claims(verifier: TokenVerifier, token: str) -> Mapping[str, Any]:
    """Return the claims of `token`; raises what `verifier` raises."""
    claims = verifier(token)
    return await claims if inspect.isawaitable(claims) else claims
