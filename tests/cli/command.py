"""The command, run in the test's process against a service in the test's event loop."""

import asyncio
import json
from typing import Any

from typer.testing import CliRunner

from serverless_hub.cli.commands import app
from tests.support.standalone import KEY

__all__ = ["Ran", "command", "connection_string"]

VARIABLE = "AzureSignalRConnectionString"


class Ran:
    """A command that has ended."""

    def __init__(self, code: int, stdout: str, stderr: str) -> None:
        self.code = code
        self.stdout = stdout
        self.stderr = stderr

    @property
    def document(self) -> Any:
        """The JSON that it has said, and nothing else."""
        assert self.code == 0, self.stderr
        assert self.stdout.count("\n") == 1
        return json.loads(self.stdout)

    @property
    def text(self) -> str:
        """The text that it has said, without line breaks."""
        assert self.code == 0, self.stderr
        return " ".join(self.stdout.split())

    @property
    def complaint(self) -> str:
        """What it says when it has failed: one text on stderr, without frame and line breaks."""
        assert self.code != 0
        assert self.stdout == ""
        return " ".join(self.stderr.translate(str.maketrans("╭╮╰╯─│", "      ")).split())


def connection_string(url: str, key: str = KEY) -> str:
    return f"Endpoint={url};AccessKey={key};Version=1.0;"


async def command(*arguments: str, url: str | None = None, **environment: str | None) -> Ran:
    """Run the command with `arguments`, for the service at `url`."""
    variables = {VARIABLE: None if url is None else connection_string(url), **environment}
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=variables)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)
