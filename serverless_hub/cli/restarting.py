"""A process that is started again at every change."""

import signal
import subprocess
from collections.abc import Callable, Iterable, Sequence

__all__ = ["Restarting"]

_SECONDS = 8.0
"""Longer than connections and their last events have."""


class Restarting:
    """Keeps one process.

    Args:
        command: makes the command line of the next process; is told whether that is the first.
        descriptors: what the process inherits, by the same numbers.
        patience: seconds that a process may take to end, before it is killed.
    """

    def __init__(
        self,
        command: Callable[[bool], Sequence[str]],
        descriptors: Sequence[int] = (),
        patience: float = _SECONDS,
    ) -> None:
        self._command = command
        self._patience = patience
        self._descriptors = tuple(descriptors)
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, changes: Iterable[object]) -> None:
        """Start it, and again at each of `changes`; end it behind the last, or when that raises."""
        try:
            self._start(first=True)
            for _ in changes:
                self._end()
                self._start(first=False)
        finally:
            self._end()

    def _start(self, *, first: bool) -> None:
        self._process = subprocess.Popen(self._command(first), pass_fds=self._descriptors)  # noqa: S603 - ours

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)  # Does nothing where it has ended.
        try:
            process.wait(self._patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
