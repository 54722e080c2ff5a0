"""`serverless-hub service`, as users start and end it."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest
from websockets.asyncio.client import connect

from serverless_hub.cli.access_key import DEVELOPMENT_KEY
from tests.support.client import Client
from tests.support.client_tokens import client_token
from tests.support.service_process import service_process

ROOT = Path(__file__).parents[2]
KEY = "an-access-key-of-some-length"


def run(*arguments: str, environment: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the command to its end."""
    return subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "serverless_hub.cli", *arguments],
        check=False, capture_output=True, text=True, cwd=ROOT, env=environment or {}, timeout=30,
    )  # fmt: skip


async def test_it_says_where_it_is_and_how_apps_reach_it() -> None:
    async with service_process("--upstream", "http://localhost:8000?code=swordfish") as service:
        assert service.url.startswith("http://127.0.0.1:")
        assert service.connection_string == f"Endpoint={service.url};AccessKey={DEVELOPMENT_KEY};Version=1.0;"
        assert service.upstream == "http://localhost:8000/runtime/webhooks/signalr?…"
        async with (
            aiohttp.ClientSession() as session,
            session.head(f"{service.url}/api/health?api-version=2024-12-01") as answer,
        ):
            assert answer.status == 200


@pytest.mark.parametrize("how", ["--access-key", "SERVERLESS_HUB_ACCESS_KEY"])
async def test_a_key_of_one_s_own_is_used_and_shown_nowhere(how: str) -> None:
    options, environment = (["--access-key", KEY], {}) if how.startswith("-") else ([], {how: KEY})
    async with service_process(*options, **environment) as service:
        assert service.connection_string == f"Endpoint={service.url};AccessKey=…;Version=1.0;"
        token = client_token(KEY, now=time.time())
        async with connect(f"{service.url.replace('http', 'ws', 1)}/client/?hub=chat&access_token={token}") as line:
            assert await Client(line).handshake() == {}
        code, said = await service.end(signal.SIGTERM)
    assert code == 0
    assert KEY not in said
    assert token not in said


async def test_clients_survive_a_restart_of_a_service_that_has_made_its_key(tmp_path: Path) -> None:
    strings: list[str] = []
    for _ in range(2):
        async with service_process("--generate-key", XDG_STATE_HOME=str(tmp_path)) as service:
            strings.append(service.connection_string.partition("AccessKey=")[2])
            token = client_token(strings[0].partition(";")[0], now=time.time())
            async with connect(f"{service.url.replace('http', 'ws', 1)}/client/?hub=chat&access_token={token}") as line:
                assert await Client(line).handshake() == {}
            code, said = await service.end(signal.SIGTERM)
        assert code == 0
        assert strings[0].partition(";")[0] not in said
    assert strings[0] == strings[1]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
async def test_one_signal_ends_it_in_order_though_clients_are_connected(how: signal.Signals) -> None:
    async with service_process() as service:
        token = client_token(DEVELOPMENT_KEY, now=time.time())
        async with connect(f"{service.url.replace('http', 'ws', 1)}/client/?hub=chat&access_token={token}") as line:
            assert await Client(line).handshake() == {}
            code, said = await service.end(how)
            await line.wait_closed()
    assert code == 0, said
    assert "Traceback" not in said


async def test_an_app_that_is_down_is_in_the_log_without_its_key() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with service_process("--upstream", f"http://127.0.0.1:{port}/?code=swordfish") as service:
        token = client_token(DEVELOPMENT_KEY, now=time.time())
        async with connect(f"{service.url.replace('http', 'ws', 1)}/client/?hub=chat&access_token={token}") as line:
            client = Client(line)
            assert await client.handshake() == {}
            assert (await client.invoke("echo")).error == "Invocation failed, status code 500"
        code, said = await service.end(signal.SIGTERM)
    assert code == 0
    assert "is the app running there?" in said
    assert "swordfish" not in said


async def test_it_says_in_its_log_which_requests_came_only_when_asked_and_never_with_tokens() -> None:
    for level, shown in (("info", False), ("debug", True)):
        async with service_process("--log-level", level) as service:
            token = client_token(DEVELOPMENT_KEY, now=time.time())
            url = f"{service.url}/client/negotiate?hub=chat&access_token={token}"
            async with aiohttp.ClientSession() as session, session.post(url) as answer:
                assert answer.status == 401
            _, said = await service.end(signal.SIGTERM)
        assert ("POST /client/negotiate?hub=chat" in said) is shown
        assert "refused a negotiate with 401" in said
        assert token not in said


def test_a_port_that_is_taken_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        end = run("service", "--port", str(port))
    assert end.returncode == 1
    assert end.stdout == ""
    assert end.stderr == (
        f"Error: cannot listen at port {port} of 127.0.0.1: Address already in use; --port says another\n"
    )


def test_on_a_terminal_of_people_the_start_is_a_few_lines_to_copy_from() -> None:
    command = [sys.executable, "-m", "serverless_hub.cli", "service", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 - ours
        command, cwd=ROOT, env={"COLUMNS": "20"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    url = lines[0].split()[-1]
    assert lines[0].startswith("serverless-hub 0")
    assert lines[1].split() == ["connection", "string", f"Endpoint={url};AccessKey={DEVELOPMENT_KEY};Version=1.0;"]
    assert lines[2].split() == [
        "events",
        "go",
        "to",
        "nowhere:",
        "say",
        "with",
        "--upstream",
        "where",
        "your",
        "app",
        "is",
    ]
    assert "Everybody knows the access key" in rest
    assert "Ctrl+C ends it." in rest


async def test_two_signals_while_the_app_hangs_end_it_at_once() -> None:
    hangs = asyncio.Event()

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        hangs.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(never, "127.0.0.1", 0) as app:
        port = app.sockets[0].getsockname()[1]
        async with service_process("--upstream", f"http://127.0.0.1:{port}") as service, asyncio.timeout(20):
            token = client_token(DEVELOPMENT_KEY, now=time.time())
            url = f"{service.url.replace('http', 'ws', 1)}/client/?hub=chat&access_token={token}"
            async with connect(url) as line:
                assert await Client(line).handshake() == {}
                await hangs.wait()
                service.process.send_signal(signal.SIGINT)
                await line.wait_closed()
                code, said = await service.end(signal.SIGINT)
    assert code == 0, said
    assert "Unclosed" not in said
