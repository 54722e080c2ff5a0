"""`serverless-hub run`, as users start and end it."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import uvicorn

from serverless_hub.cli.app_loading import load_app
from serverless_hub.cli.serving import server_options
from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.messages import Close, Invocation
from serverless_hub.server.http import HttpProtocol
from serverless_hub.server.websocket import WebSocketProtocol
from tests.cli.command import command
from tests.cli.serve_once import serve_once
from tests.cli.test_service_process import ROOT, run
from tests.support.client import connected
from tests.support.run_process import run_process

APP = """
import asyncio

from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub


class Chat(ServerlessHub):
    async def think(self) -> None:
        await self.clients.caller.send("thinking")
        await asyncio.sleep(3600)

    async def add(self, left: int, right: int) -> int:
        return left + right


app = FastAPI()
HubRouter(Chat, default_service=EmbeddedService()).install(app)


@app.get("/")
async def page() -> str:
    return "here"


not_an_app = 3
"""


SAID = r"chat_app:app at http://127.0.0.1:\d+ \(Ctrl\+C ends it\)\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the module `chat_app`, which nobody has imported."""
    (tmp_path / "chat_app.py").write_text(APP, "utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "chat_app", raising=False)
    return tmp_path


@pytest.mark.requirement("process.run")
@pytest.mark.requirement("embedded.direct")
async def test_it_serves_hubs_and_all_else_and_ends_in_order(folder: Path) -> None:
    async with run_process("chat_app:app", cwd=folder) as process:
        async with connected(process.url) as client:
            assert JSON.decode_value((await client.invoke("add", 1, 2)).result) == 3
        assert await process.get("/") == "here"
        code, said = await process.end(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in said


def test_http_and_websockets_are_our_own() -> None:
    config = uvicorn.Config("chat_app:app", **server_options(None))
    assert (config.http, config.ws) == (HttpProtocol, WebSocketProtocol)


async def test_a_second_ctrl_c_does_not_wait_for_calls_that_run(folder: Path) -> None:
    async with run_process("chat_app:app", cwd=folder) as process, connected(process.url) as client:
        await client.send(Invocation("think", [], "1"))
        assert isinstance(await client.receive(), Invocation)
        process.process.send_signal(signal.SIGINT)
        assert isinstance(await client.receive(), Close)
        code, said = await process.end(signal.SIGINT)
    assert code == 0
    assert "Traceback" not in said


@pytest.mark.parametrize("shown", [True, False])
async def test_requests_are_logged_only_where_that_is_asked_for_and_without_tokens(folder: Path, shown: bool) -> None:
    options = ["--access-log"] if shown else []
    async with run_process("chat_app:app", *options, cwd=folder) as process:
        assert await process.get("/?access_token=swordfish") == "here"
        _, said = await process.end(signal.SIGINT)
    assert ("GET /" in said) is shown
    assert "swordfish" not in said


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ("chat_app", "'chat_app' names no app: write it as module:attribute, such as main:app"),
        ("chap_app:app", "there is no module 'chap_app' in"),
        ("chat_app:site", "the module 'chat_app' has no app 'site'"),
        ("chat_app:Chat", "'Chat' of 'chat_app' is a class: name the app that it is part of"),
        ("chat_app:not_an_app", "the module 'chat_app' has no app 'not_an_app'"),
    ],
)
def test_who_misspells_the_app_is_told_so(place: str, complaint: str, folder: Path) -> None:
    ended = run("run", place, "--app-dir", str(folder), "--port", "0")
    assert ended.returncode == 2
    assert complaint in " ".join(ended.stderr.split())
    with pytest.raises(ConfigurationError) as refused:
        load_app(place, folder)
    assert complaint in str(refused.value)


def test_an_error_inside_of_the_app_s_module_is_raised_as_it_is(folder: Path) -> None:
    (folder / "broken_app.py").write_text("import no_such_package_at_all\n", "utf-8")
    with pytest.raises(ModuleNotFoundError, match="no_such_package_at_all"):
        load_app("broken_app:app", folder)


def test_an_app_may_be_an_attribute_of_an_object_and_its_folder_is_added_once(folder: Path) -> None:
    (folder / "nested_app.py").write_text("class Box:\n    app = print\n\nbox = Box\n", "utf-8")
    assert load_app("nested_app:box.app", folder) is print
    assert load_app("nested_app:box.app", folder) is print
    assert sys.path.count(str(folder)) == 1
    with pytest.raises(ConfigurationError, match="names no app"):
        load_app(":app", folder)


@pytest.mark.parametrize("options", [(), ("--json",), ("--access-log", "--log-json")])
def test_it_says_where_the_app_is_once_it_is_served(
    options: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = serve_once(monkeypatch, "run", "chat_app:app", "--app-dir", str(folder), *options)
    expected = r'{"app": "chat_app:app", "url": "http://127.0.0.1:\d+"}\n' if "--json" in options else SAID
    assert re.fullmatch(expected, said)


async def test_several_processes_are_refused_before_anything_is_loaded(folder: Path) -> None:
    ran = await command("run", "no_such_app:app", "--app-dir", str(folder), "--workers", "2")
    assert ran.code == 2
    assert "--workers 2" in ran.complaint


def test_several_processes_are_run_one_by_one(folder: Path) -> None:
    ended = run("run", "chat_app:app", "--app-dir", str(folder), "--workers", "2")
    assert ended.returncode == 2
    assert "--workers 2: run it several times instead" in " ".join(ended.stderr.split())


def test_a_port_that_somebody_else_has_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("run", "chat_app:app", "--app-dir", str(folder), "--port", port)
    assert ended.returncode == 1
    assert f"cannot listen at port {port} of 127.0.0.1" in ended.stderr


def test_people_read_where_the_app_is_and_one_ctrl_c_ends_it(folder: Path) -> None:
    command = [sys.executable, "-m", "serverless_hub.cli", "run", "chat_app:app", "--app-dir", str(folder)]
    with subprocess.Popen(  # noqa: S603 - ours
        [*command, "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert re.fullmatch(SAID, said)
    assert process.returncode == 0, errors
