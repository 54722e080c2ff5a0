"""Servers in processes of their own."""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from benchmarks.harness.cores import pin, server_core

__all__ = ["KEY", "ROOT", "Absent", "Server", "cpu_of", "free_port"]

ROOT = Path(__file__).parents[2]
KEY = "benchmark-benchmark-benchmark-32"
"""The access key of every service here."""
_PORTS = range(20_000, 32_000)
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_TICK = os.sysconf("SC_CLK_TCK")


def cpu_of(pid: int) -> float:
    """Return the seconds of CPU that a process has used, in user and in kernel mode."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


class Absent(Exception):  # noqa: N818 - it is no error: the table says why a row is missing
    """A contender cannot be measured here; the text says what to do."""


def free_port() -> int:
    """Return a port that nobody listens at, below those that systems give to whoever asks for any."""
    while True:
        port = random.choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Server:
    """One process that listens, pinned to a core.

    Args:
        command: `{port}` in it is replaced.
        env: more of the environment.
        core: where it runs; the servers' core when left out.
    """

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str] | None = None, *, core: int | None = None
    ) -> None:
        self.port = free_port()
        self.command = [word.format(port=self.port) for word in command]
        self._env = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
        self._core = server_core() if core is None else core
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        """What it says on stderr; a pipe that nobody reads would stop it one day."""

    @classmethod
    def python(cls, *arguments: str, env: Mapping[str, str] | None = None, core: int | None = None) -> Self:
        """Return a server that is `python -m` with `arguments`."""
        return cls([sys.executable, "-m", *arguments], env, core=core)

    @classmethod
    def uvicorn(cls, app: str, *options: str, env: Mapping[str, str] | None = None, core: int | None = None) -> Self:
        """Return plain uvicorn with `app`, without its access log."""
        quiet = ("--no-access-log", "--log-level", "warning")
        return cls.python("uvicorn", app, "--port", "{port}", *quiet, *options, env=env, core=core)

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it takes connections; raises Absent where it does not."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Begin to start it, on any core: servers import much, and start side by side.

        Raises:
            Absent: something that it needs is missing; the text says what to do.
        """
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - it is open as long as the server may run
        self._process = subprocess.Popen(
            self.command, cwd=ROOT, env=self._env, stdout=subprocess.DEVNULL, stderr=self._said
        )

    def wait(self) -> None:
        """Wait until it takes connections, and keep it on its core from then on.

        Raises:
            Absent: it does not start; the text has the last line that it said.
        """
        assert self._process is not None
        latest = time.monotonic() + _START_SECONDS
        while time.monotonic() < latest and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                pin(self.pid, self._core)
                return
            time.sleep(0.02)
        raise Absent(f"it does not start: {self._last_words()}")

    def stop(self) -> None:
        """End it, in order if it can."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        if self._said is not None:
            self._said.close()

    def cpu(self) -> float:
        """Return the seconds of CPU that it has used, in user and in kernel mode."""
        return cpu_of(self.pid)

    def resident(self) -> float:
        """Return its resident memory in KiB."""
        status = Path(f"/proc/{self.pid}/status").read_text("utf-8")
        return float(status.partition("VmRSS:")[2].split()[0])

    def _last_words(self) -> str:
        assert self._said is not None
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        self.stop()
        return lines[-1] if lines else "it says nothing"
