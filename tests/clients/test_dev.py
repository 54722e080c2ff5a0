"""`serverless-hub dev`: a file is edited, and whoever was connected gets the new behaviour."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import command
from tests.clients.matrix.agent import PATIENT, agent
from tests.clients.matrix.table import Cell
from tests.support.service_process import CommandProcess, command_process

APP = """
from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub


class Chat(ServerlessHub):
    async def greet(self) -> str:
        return "good morning"


app = FastAPI()
HubRouter(Chat, default_service=EmbeddedService()).install(app)
"""


@pytest.mark.requirement("process.dev")
@pytest.mark.node
async def test_a_connected_client_comes_back_after_a_change_and_gets_the_new_behaviour(tmp_path: Path) -> None:
    module = tmp_path / "dev_app.py"
    module.write_text(APP, "utf-8")
    tried = tmp_path / "tried"
    os.mkfifo(tried)
    browser = tmp_path / "browser"
    browser.write_text('#!/bin/sh\necho "$1" > "$0.opened"\n', "utf-8")
    browser.chmod(0o700)
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path / "state"), "BROWSER": f"{browser} %s"}
    async with (
        command_process("dev", "dev_app:app", "--app-dir", str(tmp_path), "--open", **environment) as process,
        agent(Cell("javascript", "WebSockets", "json"), process.url) as client,
    ):
        await client.start("ann", reconnect=PATIENT)
        assert await client.invoke("ann", "greet") == "good morning"
        module.write_text(f"{APP}\nopen({str(tried)!r}, 'w').close()\nraise ValueError('not like that')\n", "utf-8")
        await client.next("ann", "reconnecting")
        await asyncio.to_thread(tried.read_bytes)  # until it has been imported
        module.write_text(APP.replace("good morning", "good evening"), "utf-8")
        await client.next("ann", "reconnected")
        assert await client.invoke("ann", "greet") == "good evening"
        again = await said(process)
        told = ("heard", "psst", "--hub", "chat", "--connection-string", again["services"][0]["connectionString"])
        assert (await command("send", *told)).code == 0
        assert await client.next("ann", "heard") == "psst"
        code, errors = await process.end(signal.SIGTERM)
    assert again["services"] == process.said["services"]  # with the same key
    assert again["url"] == process.url
    assert "ValueError: not like that" in errors
    assert "The next change starts it again." in errors
    assert "site-packages" not in errors
    assert code == 0
    assert (tmp_path / "browser.opened").read_text("utf-8").strip() == process.url


async def said(process: CommandProcess) -> dict[str, Any]:
    """Return what the app that has been started again says."""
    assert process.process.stdout is not None
    async with asyncio.timeout(20):
        line: dict[str, Any] = json.loads(await process.process.stdout.readline())
    return line
