"""Real uvicorn in a process of its own, for tests that kill it."""

import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

__all__ = ["ServerProcess"]

_ROOT = Path(__file__).parents[2]


class ServerProcess:
    """`uvicorn` on a port that the system chose once, so that it can be started again there.

    Args:
        app: as on uvicorn's command line.
        directory: where its module is.
    """

    def __init__(self, app: str, directory: Path) -> None:
        self._app = app
        self._directory = directory
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "uvicorn", self._app, "--app-dir", str(self._directory)]
        self._process = subprocess.Popen(  # noqa: S603 - a fixed command
            [*command, "--port", str(self._port)], cwd=_ROOT, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        seen: list[str] = []
        for line in self._process.stderr:
            seen.append(line)
            if "Uvicorn running on" in line:
                # Somebody has to read what it says from now on, or it would wait for that.
                self._reader = threading.Thread(target=_drain, args=[self._process.stderr], daemon=True)
                self._reader.start()
                return
        raise AssertionError(f"uvicorn did not start:\n{''.join(seen)}")

    def kill(self) -> None:
        """End it at once, as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._finish(self._process)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it in order, if it runs, with a signal."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._finish(self._process)

    def _finish(self, process: "subprocess.Popen[str]") -> None:
        process.wait(timeout=15)
        if self._reader is not None:
            self._reader.join(timeout=15)


def _drain(stream: IO[str]) -> None:
    with stream:
        stream.read()
