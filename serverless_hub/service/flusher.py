"""Writes what has been queued for many clients, once per turn of the event loop."""

import asyncio
from typing import Protocol

__all__ = ["Flushable", "Flusher"]

_BATCH = 256
"""After so many clients others get their turn."""


class Flushable(Protocol):
    """Has something to write."""

    def flush(self) -> None:
        """Write it."""


class Flusher:
    """Flushes whoever asks, once all that runs now has run: what is queued meanwhile goes out together."""

    def __init__(self) -> None:
        self._waiting: list[Flushable] = []
        self._lingers = True
        """Whether so many are let wait for one more turn, in which they may be given more to write."""

    def soon(self, one: Flushable) -> None:
        """Flush `one` soon; it asks once until then."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._run)
        self._waiting.append(one)

    def _run(self) -> None:
        if self._lingers and len(self._waiting) > _BATCH:
            self._lingers = False
            asyncio.get_running_loop().call_soon(self._run)
            return
        batch, later = iter(self._waiting[:_BATCH]), self._waiting[_BATCH:]
        self._waiting = []
        try:
            for one in batch:
                one.flush()
        finally:
            rest = [*batch, *later]  # Those behind one that has failed are flushed, too.
            if rest and not self._waiting:
                asyncio.get_running_loop().call_soon(self._run)
            self._waiting[:0] = rest
            self._lingers = not rest
