"""Passwords and sessions: nothing here knows of FastAPI or of hubs."""

import os
import secrets
import threading
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt
from pwdlib import PasswordHash

__all__ = ["LIFETIME", "SessionToken", "hash_password", "is_password", "new_token", "read_token"]

LIFETIME: Final = timedelta(hours=8)
LEAST_SECRET: Final = 32  # characters
ALGORITHM: Final = "HS256"

_HASHES: Final = PasswordHash.recommended()  # Argon2id
_NOBODY: Final = _HASHES.hash(secrets.token_urlsafe())
_FEW: Final = threading.Semaphore(2)  # at once: each takes 64 MB and a good part of a processor, and strangers can ask


def _secret() -> str:
    """Return what sessions are signed with: from the environment, or made up, and then they end with the process."""
    secret = os.environ.get("CHAT_SECRET", "")
    if not secret:
        return secrets.token_urlsafe(LEAST_SECRET)
    if len(secret) < LEAST_SECRET:
        raise ValueError(
            f"CHAT_SECRET needs {LEAST_SECRET} characters or more; this makes one: "
            "python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return secret


_SECRET: Final = _secret()


def hash_password(password: str) -> str:
    with _FEW:
        return _HASHES.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether a password is the right one; without a hash to compare it with, it takes as long to say no."""
    with _FEW:
        return _HASHES.verify(password, password_hash or _NOBODY) and password_hash is not None


class SessionToken:
    """What a session's token says, once it is proven."""

    def __init__(self, claims: dict[str, Any]) -> None:
        self.name = str(claims["sub"])
        self.generation = int(claims["generation"])
        self.expires = datetime.fromtimestamp(claims["exp"], UTC)


def new_token(name: str, generation: int) -> str:
    claims = {"sub": name, "generation": generation, "exp": datetime.now(UTC) + LIFETIME}
    return jwt.encode(claims, _SECRET, ALGORITHM)


def read_token(token: str) -> SessionToken | None:
    """Return what a token says, or None where it is not ours, or too old."""
    try:
        claims = jwt.decode(token, _SECRET, [ALGORITHM], options={"require": ["exp", "sub", "generation"]})
    except jwt.InvalidTokenError:
        return None
    return SessionToken(claims)
