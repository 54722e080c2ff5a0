"""Which access keys a service of its own has."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from serverless_hub.cli.key_file import ACCESS_KEY_FILE, keep_secret, make_access_key, state_folder
from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.secret import check_secret
from serverless_hub.service.local_only import is_loopback

__all__ = ["ACCESS_KEY_VARIABLE", "DEVELOPMENT_KEY", "AccessKeys", "choose_keys", "kept_access_key"]

ACCESS_KEY_VARIABLE = "SERVERLESS_HUB_ACCESS_KEY"
DEVELOPMENT_KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH"
"""That of Microsoft's emulator, which everybody knows (Azure docs, `signalr-howto-emulator.md`)."""


@dataclass(frozen=True, slots=True)
class AccessKeys:
    """What a service signs with."""

    keys: tuple[str, ...] = field(repr=False)
    """The first signs tokens, all sign events."""
    path: Path | None = None
    """The file that the key is kept in, where it was made for the user."""


def choose_keys(
    given: Sequence[str], address: str, environ: Mapping[str, str], *, generate: bool = False
) -> AccessKeys:
    """Return the access keys: those on the command line, else the one in the environment, else one that is known.

    Without any, this machine is served with the key that everybody knows, and others with a random one. That is kept in
    the user's state folder, so that clients survive a restart.

    Args:
        given: on the command line.
        address: where the service listens, as a number.
        environ: has the key of `SERVERLESS_HUB_ACCESS_KEY`, and may say where the state folder is.
        generate: whether the key is a random one at loopback addresses, too.

    Raises:
        ConfigurationError: one can be guessed, or cannot stand in a connection string, or the file cannot be used; the
            text holds none.
        OSError: the key cannot be kept.
    """
    set_key = environ.get(ACCESS_KEY_VARIABLE)
    if given:
        if generate:
            raise ConfigurationError("--generate-key and --access-key both say which key there is: give one of them")
        keys = AccessKeys(_checked("--access-key", given))
    elif set_key is not None and not generate:
        keys = AccessKeys(_checked(ACCESS_KEY_VARIABLE, (set_key,)))
    elif generate or not is_loopback(address):
        keys = kept_access_key(environ)
    else:
        keys = AccessKeys((DEVELOPMENT_KEY,))
    if DEVELOPMENT_KEY in keys.keys and not is_loopback(address):
        raise ConfigurationError(
            f"other machines may reach {address}, and everybody knows the emulator's access key: leave it away, and a "
            f"random one is made and kept, or set {ACCESS_KEY_VARIABLE} to a secret one"
        )
    return keys


def kept_access_key(environ: Mapping[str, str]) -> AccessKeys:
    """Return the random key in the user's state folder; made there when it is first needed.

    Raises:
        ConfigurationError: it cannot be used; the text says what to do.
        OSError: it cannot be kept.
    """
    path = state_folder(environ, sys.platform) / ACCESS_KEY_FILE
    try:
        return AccessKeys(_checked(str(path), (keep_secret(path, make_access_key),)), path)
    except OSError as error:
        reason = error.strerror or "it is not possible"
        raise OSError(
            f"the access key cannot be kept in {path} ({reason}): set {ACCESS_KEY_VARIABLE} to a secret one"
        ) from error


def _checked(name: str, keys: Sequence[str]) -> tuple[str, ...]:
    for key in keys:
        check_secret(name, key)
        if not key.isascii() or not key.isprintable() or ";" in key or " " in key:
            raise ConfigurationError(f"{name} cannot stand in a connection string: take letters and digits")
    return tuple(keys)
