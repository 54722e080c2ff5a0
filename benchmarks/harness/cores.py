"""Which process runs on which core: the server on the first, its load on the last."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["load_core", "on_core", "pin", "second_core", "server_core"]

_CORES = sorted(os.sched_getaffinity(0))


def server_core() -> int:
    """Return the core of whatever is measured."""
    return _CORES[0]


def load_core() -> int:
    """Return the core of the load; the server's, where there is no other."""
    return _CORES[-1]


def second_core() -> int:
    """Return the core of a server's partner, such as the app of a service; the load's, where there are two only."""
    return _CORES[1] if len(_CORES) > 2 else _CORES[-1]  # noqa: PLR2004 - server, partner and load


def pin(pid: int, core: int) -> None:
    """Keep a process on `core` from now on, with all its threads and those that they start."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})


@contextmanager
def on_core(core: int) -> Generator[None]:
    """Let processes that are started here run on `core` only, with all their threads."""
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, _CORES)
