"""Secrets that a command makes once and keeps, in files that only their owner reads.

A file appears whole or not at all; one that others can read, or may have put there, is refused.
"""

import os
import secrets
import stat
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from serverless_hub.errors import ConfigurationError

__all__ = ["ACCESS_KEY_FILE", "IDENTITY_FILE", "keep_secret", "make_access_key", "state_folder"]

ACCESS_KEY_FILE = "access-key"
IDENTITY_FILE = "managed-identity.pem"
_KEY_BYTES = 32
_MAX_BYTES = 16 * 1024
_NAME = "serverless-hub"


def state_folder(environ: Mapping[str, str], platform: str, home: Callable[[], Path] = Path.home) -> Path:
    """Return where a user's programs keep what has to outlive them.

    Args:
        environ: may say where.
        platform: as `sys.platform` has it.
        home: returns the user's own folder.

    Raises:
        ConfigurationError: the user has no such folder.
    """
    variable = "LOCALAPPDATA" if platform == "win32" else "XDG_STATE_HOME"
    chosen = Path(environ.get(variable, ""))
    if chosen.is_absolute():  # The XDG specification: others are to be ignored.
        return chosen / _NAME
    try:
        base = home()
    except RuntimeError as error:
        raise ConfigurationError(
            f"this user has no home folder to keep a key in: set {variable} to a folder"
        ) from error
    match platform:
        case "win32":
            return base / "AppData" / "Local" / _NAME
        case "darwin":
            return base / "Library" / "Application Support" / _NAME
        case _:
            return base / ".local" / "state" / _NAME


def keep_secret(path: Path, make: Callable[[], str]) -> str:
    """Return the secret in the file at `path`; what `make` returns is put there where there is no file yet.

    Raises:
        ConfigurationError: the file or its folder is not this user's alone, or holds no secret; the text says what to
            do, and not what it holds.
        OSError: it cannot be written or read.
    """
    _prepare(path.parent)
    if not os.path.lexists(path):
        _create(path, make())
    return _read(path)


def make_access_key() -> str:
    """Return a random access key."""
    return secrets.token_urlsafe(_KEY_BYTES)


def _prepare(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise ConfigurationError(f"{folder} is no folder, or a link to one: remove it")
    _check(folder, found, "chmod 700")


def _create(path: Path, secret: str) -> None:
    """Write it beside its place, and put it there unless somebody has been faster."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "w", encoding="ascii") as stream:
            stream.write(f"{secret}\n")
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def _read(path: Path) -> str:
    found = path.lstat()  # Nobody else can put another in its place: the folder is this user's alone.
    if not stat.S_ISREG(found.st_mode):
        raise ConfigurationError(f"{path} is a link, or no file: remove it, and a key is made")
    _check(path, found, "chmod 600")
    with path.open("rb") as stream:
        data = stream.read(_MAX_BYTES)
    secret = data.strip()
    if not secret or not secret.isascii():
        raise ConfigurationError(f"{path} holds no key: remove it, and another is made")
    return secret.decode("ascii")


def _check(path: Path, found: os.stat_result, command: str) -> None:
    if sys.platform == "win32":  # pragma: no cover - Windows
        return  # A user's own folder there is closed to other users.
    if found.st_uid != os.geteuid():
        raise ConfigurationError(f"{path} belongs to another user: set XDG_STATE_HOME to a folder of your own")
    if stat.S_IMODE(found.st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(
            f"other users have access to {path}: {command} it, and remove it if they may have read it; another key is "
            "made then"
        )
