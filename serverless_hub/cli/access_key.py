"""Which access keys a service of its own has."""

from collections.abc import Mapping, Sequence

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.secret import check_secret
from serverless_hub.service.local_only import is_loopback

__all__ = ["ACCESS_KEY_VARIABLE", "DEVELOPMENT_KEY", "choose_keys"]

ACCESS_KEY_VARIABLE = "SERVERLESS_HUB_ACCESS_KEY"
DEVELOPMENT_KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH"
"""That of Microsoft's emulator, which everybody knows (Azure docs, `signalr-howto-emulator.md`)."""


def choose_keys(given: Sequence[str], address: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the access keys: those on the command line, else the one in the environment, else the well-known one.

    Args:
        given: on the command line.
        address: where the service listens, as a number. Others than loopback addresses need a secret key.
        environ: has the key of `SERVERLESS_HUB_ACCESS_KEY`.

    Raises:
        ConfigurationError: one can be guessed, or cannot stand in a connection string; the text holds none.
    """
    set_key = environ.get(ACCESS_KEY_VARIABLE)
    name, keys = "--access-key", tuple(given)
    if not keys and set_key is not None:
        name, keys = ACCESS_KEY_VARIABLE, (set_key,)
    for key in keys:
        check_secret(name, key)
        if not key.isascii() or not key.isprintable() or ";" in key or " " in key:
            raise ConfigurationError(f"{name} cannot stand in a connection string: take letters and digits")
    keys = keys or (DEVELOPMENT_KEY,)
    if DEVELOPMENT_KEY in keys and not is_loopback(address):
        raise ConfigurationError(
            f"other machines may reach {address}, and everybody knows the default access key: set "
            f"{ACCESS_KEY_VARIABLE} to a secret one, such as what this prints: "
            'python -c "import secrets; print(secrets.token_urlsafe(32))"'
        )
    return keys
