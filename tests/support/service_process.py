"""The service, or an app, as a process of its own, started by the real command."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["CommandProcess", "ServiceProcess", "command_process", "service_process"]

_ROOT = Path(__file__).parents[2]
_LIMIT = 20.0
"""Seconds that a test waits for its start or its end."""


@dataclass
class CommandProcess:
    """What a command runs."""

    process: asyncio.subprocess.Process
    errors: asyncio.Task[bytes]
    """What it says on stderr, to its end: somebody has to read that, or it would wait."""
    said: dict[str, Any]
    """All that it has said about its start."""

    @property
    def url(self) -> str:
        url: str = self.said["url"]
        return url

    async def end(self, signal: int) -> tuple[int, str]:
        """Send `signal` and return the exit code, and what it has said on stderr."""
        self.process.send_signal(signal)
        async with asyncio.timeout(_LIMIT):
            return await self.process.wait(), (await self.errors).decode()


class ServiceProcess(CommandProcess):
    """A running service."""

    @property
    def connection_string(self) -> str:
        text: str = self.said["connectionString"]
        return text

    @property
    def upstream(self) -> str | None:
        url: str | None = self.said["upstream"]
        return url


@asynccontextmanager
async def command_process(command: str, *options: str, **environment: str) -> AsyncGenerator[CommandProcess]:
    """Yield what `command` runs at a port that the system chose; it is killed at the end, if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "serverless_hub.cli", command, "--port", "0", "--json", *options,
        cwd=_ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    errors = asyncio.create_task(process.stderr.read())
    try:
        async with asyncio.timeout(_LIMIT):
            line = await process.stdout.readline()
        assert line, (await errors).decode()
        yield CommandProcess(process, errors, json.loads(line))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await errors


@asynccontextmanager
async def service_process(*options: str, **environment: str) -> AsyncGenerator[ServiceProcess]:
    """Yield a service at a port that the system chose; it is killed at the end, if it still runs."""
    async with command_process("service", *options, **environment) as process:
        yield ServiceProcess(process.process, process.errors, process.said)
