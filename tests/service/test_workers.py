"""The embedded service behind real servers with workers."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from serverless_hub import EmbeddedService
from serverless_hub.service.asgi import Receive, Scope, Send

ROOT = Path(__file__).parents[2]
APP = """
from fastapi import FastAPI
from serverless_hub import EmbeddedService, HubRouter, ServerlessHub

class Chat(ServerlessHub):
    pass

app = FastAPI()
HubRouter(Chat, default_service=EmbeddedService()).install(app)
"""
REMEDY = "run `serverless-hub service` beside your workers"
UVICORN = ("uvicorn", "workers_app:app")
GUNICORN = ("gunicorn", "workers_app:app", "-k", "uvicorn_worker.UvicornWorker")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn and signals are for POSIX")


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Take no event."""


@asynccontextmanager
async def server(folder: Path, *command: str, **environment: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Yield a server with the app."""
    (folder / "workers_app.py").write_text(APP)
    path = f"{ROOT}:{folder}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command, cwd=folder, env={"PYTHONPATH": path, "TMPDIR": str(folder), **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            await process.communicate()


async def said_until(process: asyncio.subprocess.Process, *texts: str) -> str:
    """Return what a server says until one of `texts` is in it."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(30):
        while not any(text in said for text in texts):
            line = await process.stdout.readline()
            assert line, said
            said += line.decode()
    return said


async def test_a_worker_gives_its_place_back_when_it_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "gunicorn/23.0.0")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["/usr/bin/uvicorn", "app:app"])
    service = EmbeddedService()
    for hub in ("chat", "news"):
        await service.start(nothing, "/events", [hub])
    assert len(files(tmp_path)) == 2
    await service.stop()
    assert files(tmp_path) == []
    assert [record.getMessage()[:13] for record in caplog.records] == ["uvicorn pings"]


@pytest.mark.parametrize(
    "command", [(*UVICORN, "--port", "0", "--workers", "2"), (*GUNICORN, "-b", "127.0.0.1:0", "-w", "2")]
)
@pytest.mark.requirement("embedded.one-process")
async def test_a_second_worker_does_not_start_and_says_what_to_run_instead(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    async with server(tmp_path, *command) as process:
        await said_until(process, REMEDY)


async def test_several_workers_start_where_the_settings_name_a_service(tmp_path: Path) -> None:
    text = "Endpoint=http://127.0.0.1:1;AccessKey=an-access-key-of-some-length;Version=1.0;"
    command = (*UVICORN, "--port", "0", "--workers", "2")
    async with server(tmp_path, *command, AzureSignalRConnectionString=text) as process:
        said = await said_until(process, "Application startup complete", REMEDY)
        said += await said_until(process, "Application startup complete", REMEDY)
    assert REMEDY not in said


async def test_one_worker_of_gunicorn_starts(tmp_path: Path) -> None:
    async with server(tmp_path, *GUNICORN, "-b", "127.0.0.1:0", "-w", "1") as process:
        assert REMEDY not in await said_until(process, "Application startup complete", REMEDY)


@pytest.mark.requirement("embedded.pings")
async def test_a_reload_passes_and_uvicorn_s_pings_are_warned_of(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    async with server(tmp_path, *UVICORN, "--port", port, "--reload", "--reload-dir", str(tmp_path)) as process:
        said = await said_until(process, "Application startup complete", REMEDY)
        assert "uvicorn with --ws-ping-interval 86400" in said
        (tmp_path / "workers_app.py").write_text(APP + "\n# changed\n")
        said += await said_until(process, "Application startup complete", REMEDY)
        assert REMEDY not in said
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/openapi.json") as answer:
            assert answer.status == 200
