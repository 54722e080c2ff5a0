"""Keeps the embedded service in one process: its siblings would serve clients that it does not know.

Workers are recognised by what their servers document: those of uvicorn, hypercorn and granian are children of
`multiprocessing`, and gunicorn sets `SERVER_SOFTWARE`. Siblings with the same hubs share a lock file, named after their
parent; the system lets go of it when its holder dies. A reload of uvicorn ends one process before it begins the next.
"""

import hashlib
import multiprocessing
import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from serverless_hub.clock import Clock, sleep
from serverless_hub.errors import ConfigurationError

if sys.platform == "win32":  # pragma: no cover - Windows
    import msvcrt
else:
    import fcntl

__all__ = ["OnlyProcess", "parent_of_siblings"]

_PATIENCE = 5.0
"""Seconds that a process which ends may keep the lock from the one that follows it."""
_INTERVAL = 0.1
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class OnlyProcess:
    """The lock that one of some siblings has.

    Args:
        parent: the process id of their parent.
        hubs: what is served; processes with other hubs are other apps.
        clock: what the wait for the lock is counted by.
        folder: where the lock file is; the system's folder for such files when left out.
    """

    def __init__(self, parent: int, hubs: Iterable[str], clock: Clock, folder: Path | None = None) -> None:
        digest = hashlib.sha256("\n".join(sorted(name.lower() for name in hubs)).encode()).hexdigest()[:16]
        name = f"serverless-hub-{_user()}-{parent}-{digest}.lock"
        self._path = (folder or Path(tempfile.gettempdir())) / name
        self._clock = clock
        self._file: int | None = None

    async def take(self) -> None:
        """Take the lock, and keep it until `give_back` or the end of the process.

        Raises:
            ConfigurationError: another process has it, or the file cannot be used; the text says what to do.
        """
        latest = self._clock.monotonic() + _PATIENCE
        while not self._try():
            if self._clock.monotonic() >= latest:
                raise ConfigurationError(
                    "the embedded SignalR service runs in another worker of this server already, and serves one "
                    "process only: run one worker (--workers 1), or run `serverless-hub service` beside your workers "
                    "and set AzureSignalRConnectionString to what it prints"
                )
            await sleep(self._clock, _INTERVAL)

    def give_back(self) -> None:
        """Let the next one have it."""
        if self._file is None:
            return
        with suppress(OSError):  # Windows keeps what is open.
            self._path.unlink(missing_ok=True)  # Whoever waits looks for the file again.
        os.close(self._file)
        self._file = None

    def _try(self) -> bool:
        file = self._open()
        if not self._is_locked(file):
            os.close(file)
            return False
        self._file = file
        return True

    def _is_locked(self, file: int) -> bool:
        try:
            _lock(file)
            return os.path.samestat(os.fstat(file), self._path.lstat())
        except OSError:  # Somebody else has it, or has just taken the file away.
            return False

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            file = os.open(self._path, flags, 0o600)
        except OSError as error:
            raise ConfigurationError(f"{self._path} cannot be opened ({error.strerror}): {_REMEDY}") from error
        if not _is_ours(os.fstat(file)):
            os.close(file)
            raise ConfigurationError(f"{self._path} is not a file of this user alone: {_REMEDY}")
        return file


_REMEDY = "it keeps the embedded SignalR service in one process; remove it, or set TMPDIR to a folder of your own"


def parent_of_siblings(environ: Mapping[str, str]) -> int | None:
    """Return the process id of what has started this process as one of several workers; None where nothing has.

    Args:
        environ: has `SERVER_SOFTWARE` under gunicorn.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        return parent.pid
    return os.getppid() if environ.get("SERVER_SOFTWARE", "").lower().startswith("gunicorn") else None


def _user() -> int:
    return 0 if sys.platform == "win32" else os.geteuid()


def _is_ours(found: os.stat_result) -> bool:
    if sys.platform == "win32":  # pragma: no cover - Windows
        return stat.S_ISREG(found.st_mode)
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & _OTHERS


def _lock(file: int) -> None:
    """Lock it, or raise `OSError`. A process that has the lock gets it again; a child does not inherit it."""
    if sys.platform == "win32":  # pragma: no cover - Windows
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
