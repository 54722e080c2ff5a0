"""The service as a process of its own, started by the real command."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["ServiceProcess", "service_process"]

_ROOT = Path(__file__).parents[2]
_LIMIT = 20.0
"""Seconds that a test waits for its start or its end."""


@dataclass
class ServiceProcess:
    """A running service."""

    process: asyncio.subprocess.Process
    url: str
    connection_string: str
    upstream: str | None
    said: dict[str, Any]
    """All that it has said about its start."""

    async def end(self, signal: int) -> tuple[int, str]:
        """Send `signal` and return the exit code, and what it has said on stderr."""
        self.process.send_signal(signal)
        async with asyncio.timeout(_LIMIT):
            _, errors = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, errors.decode()


@asynccontextmanager
async def service_process(*options: str, **environment: str) -> AsyncGenerator[ServiceProcess]:
    """Yield a service at a port that the system chose; it is killed at the end, if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "serverless_hub.cli", "service", "--port", "0", "--json", *options,
        cwd=_ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(_LIMIT):
            line = await process.stdout.readline()
        assert line, (await process.communicate())[1].decode()
        said = json.loads(line)
        yield ServiceProcess(process, said["url"], said["connectionString"], said["upstream"], said)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
