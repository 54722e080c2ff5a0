"""Passwords of the chat with a login, hashed in no time: the real thing takes its time, and a test makes many."""

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from examples.chat_with_auth import security

__all__ = ["use_cheap_passwords"]


def use_cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with as little effort as Argon2 allows, until the test is over."""
    cheap = PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)])
    monkeypatch.setattr(security, "_HASHES", cheap)
    monkeypatch.setattr(security, "_NOBODY", cheap.hash("nobody's"))
