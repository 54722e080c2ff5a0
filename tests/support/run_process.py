"""An app run by the real command, as a process of its own."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.support.service_process import CommandProcess, command_process

__all__ = ["RunProcess", "run_process"]


class RunProcess(CommandProcess):
    """A running app."""

    async def get(self, path: str) -> object:
        """Return the JSON at `path`."""
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
            return await answer.json()


@asynccontextmanager
async def run_process(place: str, *options: str, cwd: Path) -> AsyncGenerator[RunProcess]:
    """Yield the app at `place`, below the folder `cwd`; it is killed at the end, if it still runs."""
    async with command_process("run", place, "--app-dir", str(cwd), *options) as process:
        yield RunProcess(process.process, process.errors, process.said)
