"""Claims of `how-to/deploy.md`: nginx, the unit, the image and the scripts, as far as one machine can try them."""

import asyncio
import configparser
import json
import os
import re
import runpy
import shlex
import shutil
import socket
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from typer.testing import CliRunner

from serverless_hub.cli.commands import app as command_line
from serverless_hub.protocol.messages import Invocation
from tests.docs.pages import ROOT, page
from tests.support.client import connected, negotiate
from tests.support.http_transports import HttpClient
from tests.support.server import listen, serving, serving_at, url_of
from tests.support.upstream import KEY, Caller

AZURE = ROOT / "examples/deploy/azure"
NGINX = ROOT / "examples/deploy/nginx"
CODE = "a code of the operator's"
CONNECTION = f"Endpoint=https://chat-signalr.service.signalr.net;AccessKey={KEY};Version=1.0;"


def app_of(folder: Path) -> Any:
    """Return the app as its settings make it now."""
    return runpy.run_path(str(folder / "app.py"))["app"]


@pytest.fixture
def nginx() -> str:
    """Return the path of nginx; without one, skip."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.skip("there is no nginx: apt install nginx-light")
    return found


@asynccontextmanager
async def proxied(nginx: str, folder: Path, app_url: str, listener: socket.socket) -> AsyncGenerator[None]:
    """Let nginx serve at `listener` with the page's settings, but for its names, its port and its certificate."""
    site = (NGINX / "nginx.conf").read_text("utf-8")
    site = re.sub(r" *ssl_certificate.*\n", "", site).replace("443 ssl", urlsplit(url_of(listener)).netloc)
    site = site.replace("127.0.0.1:8000", urlsplit(app_url).netloc).replace("/var/log/nginx/chat.log", f"{folder}/log")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    settings = folder / "nginx.conf"
    settings.write_text(f"daemon off; pid {folder}/pid; events {{}} http {{ {paths} {site} }}", "utf-8")
    number = listener.fileno()
    process = await asyncio.create_subprocess_exec(
        nginx, "-e", str(folder / "errors"), "-c", str(settings), pass_fds=[number], env={"NGINX": f"{number};"}
    )  # It takes over the socket, where requests wait until it has started.
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def test_nginx_passes_clients_on_and_keeps_the_rest_and_tokens_to_itself(
    nginx: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNALR_ACCESS_KEY", "a key that is long enough")
    with listen() as listener:
        url = url_of(listener)
        monkeypatch.setenv("PUBLIC_URL", url)
        async with serving(app_of(NGINX)) as app_url, proxied(nginx, tmp_path, app_url, listener):
            await use(url)
    log = (tmp_path / "log").read_text("utf-8")
    assert "/_signalr/client/" in log
    assert "access_token" not in log


async def use(url: str) -> None:
    """Do with an app behind nginx what clients and strangers do."""
    async with aiohttp.ClientSession() as session:
        async with connected(url) as ann, connected(url) as ben:
            await ann.send(Invocation("say", ("hello",)))
            assert await ben.call_of("said") == ["hello"]
        slow = HttpClient(session, f"{url}/_signalr/client", (await negotiate(url))["accessToken"])
        await slow.negotiate()
        async with slow.stream() as stream:
            await slow.post(b'{"protocol":"json","version":1}\x1e')
            async with asyncio.timeout(10):  # nothing waits in nginx
                assert b"{}" in await stream.content.readuntil(b"{}\x1e")
        async with session.get(f"{url}/_signalr/client/?hub=chat&access_token=secret") as response:
            assert response.status == 401
        for path in ("/_signalr/api/health", "/runtime/webhooks/signalr", "/chat/api/messages/say"):
            async with session.post(url + path) as response:
                assert (response.status, response.headers["Server"][:5]) == (404, "nginx")


def test_every_line_that_the_page_explains_is_in_the_settings() -> None:
    for line in ("proxy_buffering off", "proxy_read_timeout 120s", "client_max_body_size 3m", "without_query"):
        assert line in (NGINX / "nginx.conf").read_text("utf-8")
        assert f"`{line}`" in page("how-to/deploy.md")


def command_of(unit: str) -> list[str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(unit)
    return shlex.split(parser["Service"]["ExecStart"])[1:]


@pytest.mark.parametrize(
    "command",
    [
        command_of((NGINX / "chat.service").read_text("utf-8")),
        json.loads((AZURE / "Dockerfile").read_text("utf-8").rpartition("CMD ")[2])[1:],
        shlex.split(
            re.findall(
                r'startup-file "python -m serverless_hub.cli (.*)"', (AZURE / "app_service.sh").read_text("utf-8")
            )[0]
        ),
    ],
    ids=["systemd", "Dockerfile", "App Service"],
)
def test_what_starts_the_app_has_options_that_there_are(command: list[str]) -> None:
    assert command[:2] == ["run", "app:app"]
    result = CliRunner().invoke(command_line, [*command, "--help"])
    assert result.exit_code == 0
    assert [option for option in command if option.startswith("--") and option not in result.output] == []


@pytest.fixture
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an `az` into the path that writes down how it was called, and knows a connection string."""
    calls = tmp_path / "calls"
    script = tmp_path / "az"
    script.write_text(
        f"#!/bin/sh\nfor each; do printf '%s\\037' \"$each\"; done >>'{calls}'; echo >>'{calls}'\n"
        f"case \"$*\" in *'key list'*) printf '%s' '{CONNECTION}' ;; esac\n",
        "utf-8",
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return calls


def run(script: str, *arguments: str) -> None:
    subprocess.run(["sh", str(AZURE / script), *arguments], check=True, timeout=20)  # noqa: S603, S607 - ours


def calls_of(calls: Path) -> dict[str, list[str]]:
    """Return the arguments of each command, by its first words."""
    lines = [line.split("\037")[:-1] for line in calls.read_text("utf-8").splitlines()]
    words = [next(place for place, each in enumerate(line) if each.startswith("-")) for line in lines]
    return {" ".join(line[:count]): line for line, count in zip(lines, words, strict=True)}


def values(arguments: list[str], option: str) -> dict[str, str]:
    """Return the `name=value` pairs behind an option."""
    rest = arguments[arguments.index(option) + 1 :]
    end = next((place for place, each in enumerate(rest) if each.startswith("--")), len(rest))
    return dict(each.split("=", 1) for each in rest[:end])


async def test_azure_is_told_a_url_that_the_app_answers(az: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with listen() as listener:
        url = url_of(listener)
        run("azure_signalr.sh", "chat", "chat-signalr", url, CODE.replace(" ", "%20"))
        calls = calls_of(az)
        assert "Serverless" in calls["signalr create"]
        template = urlsplit(values(calls["signalr upstream update"], "--template")["url-template"])
        monkeypatch.setenv("AzureSignalRConnectionString", CONNECTION)
        monkeypatch.setenv("UPSTREAM_CODE", CODE)
        async with serving_at(listener, app_of(AZURE)):
            path = f"{template.path}?{template.query}"
            assert (await Caller(url, path=path).invoke("nothing")).status == 404  # it is believed
            assert (await Caller(url, path=template.path).invoke("nothing")).status == 401


def test_container_apps_get_the_settings_as_secrets(az: Path) -> None:
    run("container_apps.sh", "chat", "chatapp", "chat-signalr", CODE)
    arguments = calls_of(az)["containerapp create"]
    secrets = values(arguments, "--secrets")
    settings = {
        name: secrets[value.removeprefix("secretref:")] for name, value in values(arguments, "--env-vars").items()
    }
    assert settings == {"AzureSignalRConnectionString": CONNECTION, "UPSTREAM_CODE": CODE}
    assert arguments[arguments.index("--target-port") + 1] in (AZURE / "Dockerfile").read_text("utf-8")


def test_app_service_gets_the_settings(az: Path) -> None:
    run("app_service.sh", "chat", "chatapp", "chat-signalr", CODE)
    settings = values(calls_of(az)["webapp config appsettings set"], "--settings")
    assert settings["AzureSignalRConnectionString"] == CONNECTION
    assert settings["UPSTREAM_CODE"] == CODE


def test_on_azure_the_app_does_not_start_without_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UPSTREAM_CODE", raising=False)
    with pytest.raises(KeyError, match="UPSTREAM_CODE"):
        app_of(AZURE)


def test_the_image_has_the_files_that_there_are() -> None:
    copied: list[Any] = re.findall(r"^COPY (.*) \./$", (AZURE / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    names = {name for line in copied for name in line.split()} - {"*.whl"}
    assert names == {"requirements.txt", "app.py"}
    assert [name for name in names if not (AZURE / name).is_file()] == []
