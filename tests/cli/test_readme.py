"""The section "Send from anywhere" of the README, as it is printed there."""

import asyncio
import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from examples.quickstart.chat import app
from tests.support.client import connected
from tests.support.server import listen, serving, url_of
from tests.support.service_process import service_process

_ROOT = Path(__file__).parents[2]
_README = (_ROOT / "README.md").read_text("utf-8")
_SECTION = _README.partition("## Send from anywhere")[2].partition("\n## ")[0]


async def run(*words: str) -> str:
    """Run Python with the settings of this process, and return what it says."""
    environment = os.environ | {"PYTHONPATH": str(_ROOT)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, env=environment, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(30):
        said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode()


def test_the_connection_string_and_the_script_are_those_of_the_repository() -> None:
    assert (_ROOT / "examples/send/send.py").read_text("utf-8").strip() in _SECTION
    assert re.search(r"Endpoint=http://localhost:8888;AccessKey=\w{44};Version=1\.0;", _SECTION)


async def test_the_script_and_the_command_of_the_readme_reach_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", _SECTION, re.DOTALL)
    (command,) = re.findall(r"`serverless-hub (send [^`]+)`", _SECTION)
    with listen() as listener:
        async with service_process("--upstream", url_of(listener)) as service:
            monkeypatch.setenv("AzureSignalRConnectionString", service.connection_string)
            async with serving(app, listener) as url, connected(url) as client:
                assert (await run("-c", program)).startswith("told ")
                assert await client.call_of("receiveMessage") == ["Good morning"]
                await run("-m", "serverless_hub.cli", *shlex.split(command))
                assert await client.call_of("receiveMessage") == ["Good morning"]
