"""A snippet under `uvicorn` on the command line, as a reader starts it, and what it prints."""

import asyncio
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import ModuleType

from tests.docs.pages import ROOT

__all__ = ["Running", "running"]

_LIMIT = 15.0
"""Seconds that a test waits for a line."""


@dataclass
class Running:
    """A process that runs an app."""

    process: asyncio.subprocess.Process
    url: str = ""
    lines: list[str] = field(default_factory=list[str])
    """What it has printed, as far as it was read."""

    async def line(self, pattern: str) -> re.Match[str]:
        """Read until a line has `pattern` in it."""
        assert self.process.stderr is not None
        async with asyncio.timeout(_LIMIT):
            async for line in self.process.stderr:
                self.lines.append(line.decode().rstrip())
                if found := re.search(pattern, self.lines[-1]):
                    return found
        raise AssertionError(f"no line has {pattern!r}: {self.lines}")


@asynccontextmanager
async def running(snippet: ModuleType, *options: str, stdout: int = DEVNULL) -> AsyncGenerator[Running]:
    """Yield `snippet` once it serves; it is killed at the end, if it still runs. `stdout` is where that goes."""
    name = snippet.__name__.rpartition(".")[2]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "uvicorn", "--app-dir", "examples/snippets", f"{name}:app", "--port", "0", *options,
        cwd=ROOT, stdout=stdout, stderr=PIPE,
    )  # fmt: skip
    server = Running(process)
    try:
        server.url = (await server.line(r"Uvicorn running on (\S+)"))[1]
        yield server
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
