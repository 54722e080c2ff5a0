"""Secrets that operators choose: long enough that nobody guesses them."""

from serverless_hub.errors import ConfigurationError

__all__ = ["check_secret"]

_MIN_LENGTH = 16


def check_secret(name: str, secret: str | None) -> None:
    """Raise `ConfigurationError` for a secret, given as the option `name`, that can be guessed; None is none."""
    if secret is not None and len(secret) < _MIN_LENGTH:
        raise ConfigurationError(f"{name} has fewer than {_MIN_LENGTH} characters: take random ones")
