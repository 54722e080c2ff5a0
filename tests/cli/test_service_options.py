"""`service`: what its options mean, which it refuses, and how it ends; in the test's own process."""

import errno
import io
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import aiohttp
import pytest
from rich.console import Console

from serverless_hub.cli.access_key import ACCESS_KEY_VARIABLE, DEVELOPMENT_KEY, choose_keys
from serverless_hub.cli.limits import read_settings_options
from serverless_hub.cli.listening import Address, listen, resolve
from serverless_hub.cli.report import StartReport
from serverless_hub.cli.serving import serve
from serverless_hub.cli.upstreams import Upstreams
from serverless_hub.errors import ConfigurationError
from serverless_hub.service.settings import ServiceSettings
from serverless_hub.service.settings_file import EXAMPLE
from tests.cli.command import command
from tests.cli.serve_once import serve_once
from tests.support.client_tokens import client_token
from tests.support.service_process import service_process

KEY = "an-access-key-of-some-length"
LOOPBACK = "127.0.0.1"
ALL = "0.0.0.0"  # noqa: S104 - nothing listens there


def run(monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    """Run the service until it has started, and return what it has said."""
    return serve_once(monkeypatch, "service", *options)


@pytest.mark.parametrize("options", [(), ("--access-key", KEY)], ids=["everybody's key", "its own key"])
def test_it_starts_says_so_and_ends_at_ctrl_c(options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ACCESS_KEY_VARIABLE, raising=False)
    said = run(monkeypatch, "--upstream", "http://localhost:8000", *options)
    assert "Ctrl+C ends it." in said
    assert "http://localhost:8000/runtime/webhooks/signalr" in said
    assert KEY not in said
    assert ("Everybody knows the access key" in said) is (not options)


def test_others_reach_it_at_its_public_url(monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("--public-url", "HTTPS://signalr.example.com/", "--access-key", KEY, "--json")
    document = json.loads(run(monkeypatch, *options, "--allowed-origin", "https://chat.example.com"))
    assert document["connectionString"] == "Endpoint=https://signalr.example.com;AccessKey=…;Version=1.0;"
    assert document["url"].startswith("http://127.0.0.1:")
    assert document["upstream"] is None


def test_its_settings_and_numbers_are_as_the_options_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.json"
    path.write_text(EXAMPLE)
    said = run(monkeypatch, "--settings", str(path), "--metrics", "--explain", "chat/messages/send", "--json")
    document = json.loads(said)
    assert document["settings"] == str(path)
    assert document["explained"][0]["url"] == document["upstream"] == "http://localhost:8000/runtime/webhooks/signalr"


async def test_metrics_say_which_package_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "serverless_hub.service.prometheus", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    ran = await command("service", "--metrics", COLUMNS="200")
    assert ran.code == 2
    assert "--metrics needs prometheus_client: pip install 'serverless-hub[metrics]'" in ran.complaint


def test_without_a_provider_of_spans_it_starts_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(run(monkeypatch, "--tracing", "--json"))["url"]


async def test_spans_say_which_package_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("serverless_hub.tracing")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    ran = await command("service", "--tracing", COLUMNS="200")
    assert ran.code == 2
    assert "--tracing needs opentelemetry: pip install 'serverless-hub[otel]'" in ran.complaint


def test_sigterm_ends_it_too_and_is_handled_as_before_afterwards() -> None:
    ends: list[int] = []

    def note(number: int, _frame: object) -> None:
        ends.append(number)

    before = signal.signal(signal.SIGTERM, note)

    async def lives(scope: object, receive: object, send: object) -> None:
        del scope
        await receive()  # type: ignore[operator] # pyright: ignore[reportUnknownVariableType,reportGeneralTypeIssues,reportCallIssue] - ASGI
        await send({"type": "lifespan.startup.complete"})  # type: ignore[operator] # pyright: ignore[reportUnknownVariableType,reportGeneralTypeIssues,reportCallIssue] - ASGI
        signal.raise_signal(signal.SIGTERM)

    try:
        listener, _ = listen(resolve(LOOPBACK, 0))
        serve(lives, listener)
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ends == [signal.SIGTERM]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--host", ALL, "--access-key", DEVELOPMENT_KEY), "everybody knows the emulator's access key"),
        (("--access-key", KEY, "--generate-key"), "give one of them"),
        (("--host", "no.such.host.invalid"), "is not known"),
        (("--host", ""), "is not known"),
        (("--access-key", "short"), "--access-key has fewer than 16 characters"),
        (("--access-key", f"{KEY};"), "cannot stand in a connection string"),
        (("--upstream", "localhost:8000"), "the upstream URL is not an http(s) URL"),
        (("--upstream", "ftp://app"), "write all of it, such as http://localhost:8000"),
        (("--upstream", "http://{hub}/"), "placeholder in its scheme or host"),
        (("--public-url", "signalr.example.com"), "--public-url is not an http(s) URL"),
        (("--allowed-origin", "*"), "allowed_origins cannot contain '*'"),
        (("--port", "65536"), "--port"),
        (("--upstream", "http://169.254.169.254/"), "link-local or metadata address"),
        (("--upstream", "http://app", "--settings", "settings.json"), "give one of them"),
        (("--settings", "no/such/settings.json"), "no/such/settings.json cannot be read: No such file or directory"),
        (("--explain", "chat"), "--explain 'chat' is no event: write HUB/messages/TARGET"),
        (("--explain", "chat/message/send"), "or HUB/connections/connected"),
        (("--explain", "chat/messages/.."), "is no event"),
        (("--upstream-timeout", "0"), "--upstream-timeout"),
        (("--upstream-connections", "0"), "--upstream-connections"),
        (("--upstream-retries", "11"), "--upstream-retries"),
        (("--set", "max_pendin=1"), "--set 'max_pendin' is none of the service's settings, which are: client_timeout,"),
        (("--set", "upstream_timeout=1"), "is none of the service's settings"),
        (("--set", "max_pending=many"), "--set 'max_pending=many': the value has to be a whole number"),
        (("--set", "max_pending=0"), "max_pending=0) must be above zero"),
        (("--set", "ping_interval=nan"), "must be above zero"),
        (("--set", "ping_interval"), "--set ping_interval has no value: write --set ping_interval=VALUE"),
        (("--set", "close_reasons=1"), "the value has to be true or false"),
        (("--set", "transports=Pigeons"), "--set: ServiceSettings(transports=...) takes one or more of"),
        (("--tls-cert", "cert.pem"), "belong together"),
        (("--tls-key", "key.pem"), "belong together"),
        (
            ("--tls-cert", "no.pem", "--tls-key", "no.pem"),
            "--tls-cert no.pem cannot be read: No such file or directory",
        ),
        (("--workers", "4"), "--workers 4: all connections live in the memory of one process"),
        (("--workers", "0"), "it has to be 1"),
        (("--log-level", "loud"), "--log-level"),
    ],
)
async def test_what_cannot_work_is_said_before_anything_starts(options: tuple[str, ...], complaint: str) -> None:
    ran = await command("service", *options, COLUMNS="200", **{ACCESS_KEY_VARIABLE: None})
    assert ran.code == 2
    assert complaint in ran.complaint


async def test_a_port_that_is_taken_is_a_failure() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        ran = await command("service", "--port", str(taken.getsockname()[1]))
    assert ran.code == 1
    assert os.strerror(errno.EADDRINUSE) in ran.complaint


@pytest.mark.requirement("process.limits")
def test_times_and_limits_are_set_one_by_one() -> None:
    texts = ["max_pending=7", "ping_interval=2.5", "stateful_reconnect=True", "transports=LongPolling, WebSockets"]
    assert read_settings_options([*texts, "max_pending=8"], upstream_timeout=3) == ServiceSettings(
        max_pending=8,
        ping_interval=2.5,
        stateful_reconnect=True,
        transports=("LongPolling", "WebSockets"),
        upstream_timeout=3,
    )


async def test_a_limit_that_is_set_counts() -> None:
    async with service_process("--set", "transports=LongPolling") as service, aiohttp.ClientSession() as session:
        bearer = {"Authorization": f"Bearer {client_token(DEVELOPMENT_KEY, now=time.time())}"}
        async with session.post(f"{service.url}/client/negotiate?hub=chat", headers=bearer) as answer:
            offered = (await answer.json())["availableTransports"]
    assert [each["transport"] for each in offered] == ["LongPolling"]


def test_keys_of_the_command_line_go_before_that_of_the_environment() -> None:
    environment = {ACCESS_KEY_VARIABLE: KEY}
    assert choose_keys(["k" * 16, "l" * 16], ALL, environment).keys == ("k" * 16, "l" * 16)
    assert choose_keys([], ALL, environment).keys == (KEY,)
    assert choose_keys([], LOOPBACK, {}).keys == choose_keys([], "::1", {}).keys == (DEVELOPMENT_KEY,)


@pytest.mark.parametrize(
    "key", ["", "short", "a key with spaces in it", "a-key;with-a-semicolon", "ein-schlüssel-mit-ü"]
)
def test_a_key_of_the_environment_that_cannot_work_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ConfigurationError, match=ACCESS_KEY_VARIABLE) as refused:
        choose_keys([], LOOPBACK, {ACCESS_KEY_VARIABLE: key})
    assert not key or key not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ((LOOPBACK, 8888), "http://127.0.0.1:8888"),
        ((ALL, 8888), "http://127.0.0.1:8888"),
        (("10.0.0.1", 80), "http://10.0.0.1:80"),
        (("::1", 8888, 0, 0), "http://[::1]:8888"),
        (("::", 8888, 0, 0), "http://[::1]:8888"),
        (("fe80::1%eth0", 8888, 0, 2), "http://[fe80::1]:8888"),
    ],
)
def test_an_address_has_a_url_that_programs_of_this_machine_can_open(name: tuple[object, ...], url: str) -> None:
    assert Address(socket.AF_INET, name).url == url


def test_a_listener_has_the_port_that_the_system_chose_and_no_delays() -> None:
    listener, address = listen(resolve("localhost", 0))
    with listener:
        assert address.url.endswith(f":{listener.getsockname()[1]}")
        assert listener.proto == socket.IPPROTO_TCP


def test_a_key_that_was_made_for_the_user_is_shown_to_them_and_not_to_a_log(tmp_path: Path) -> None:
    report = StartReport("http://127.0.0.1:8888", "http://signalr.internal", KEY, Upstreams(), (), tmp_path / "key")
    shown, logged = io.StringIO(), io.StringIO()
    report.print(Console(file=shown, force_terminal=True, no_color=True))
    report.print(Console(file=logged))
    assert f"AccessKey={KEY};" in shown.getvalue()
    assert KEY not in logged.getvalue()
    assert "Put your key in the place of" in logged.getvalue()
    assert str(tmp_path / "key") in logged.getvalue()
    assert f"AccessKey={KEY};" in report.to_json()
    assert KEY not in repr(report)


def test_a_report_shows_no_key_that_somebody_has_chosen() -> None:
    report = StartReport("http://127.0.0.1:8888", "http://signalr.internal", KEY, Upstreams())
    assert KEY not in report.connection_string + report.to_json() + repr(report)
