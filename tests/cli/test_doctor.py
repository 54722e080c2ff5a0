"""`serverless-hub doctor`: each thing that keeps an app from working is found, with what to do about it."""

import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, Negotiation, ServerlessHub
from serverless_hub.cli.access_key import DEVELOPMENT_KEY
from serverless_hub.cli.findings import Finding
from serverless_hub.cli.live_checks import LiveChecks
from serverless_hub.clock import SystemClock
from serverless_hub.http_client import HttpClient
from serverless_hub.service.asgi import Receive, Scope, Send
from tests.cli.app_folder import CHAT, WriteModule
from tests.cli.command import VARIABLE, command, connection_string
from tests.support.clock import ManualClock
from tests.support.http_server import answer
from tests.support.server import listen, serving, url_of
from tests.support.standalone import KEY, standalone

Level = tuple[str, str]


class Chat(ServerlessHub):
    async def tell(self) -> None: ...


def chat_app(**options: Any) -> FastAPI:
    app = FastAPI()
    HubRouter(Chat, default_service=EmbeddedService(), **options).install(app)
    return app


async def findings(*arguments: str, **environment: str | None) -> tuple[int, list[dict[str, str]]]:
    """Return the exit code, and what was found."""
    ran = await command("doctor", *arguments, "--json", **{VARIABLE: None, **environment})
    return ran.code, json.loads(ran.stdout)


def levels(found: list[dict[str, str]]) -> list[Level]:
    return [(each["check"], each["level"]) for each in found]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where keys are kept."""
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


# --- Without reaching anything ---------------------------------------------------------------------------------------


async def test_an_app_that_is_as_it_has_to_be_is_called_well(write_module: WriteModule) -> None:
    folder = str(write_module("chat_app", CHAT))
    code, found = await findings("chat_app:app", "--app-dir", folder)
    assert (code, levels(found)) == (0, [("app", "ok"), ("service", "ok")])
    assert [each["text"] for each in found] == [
        "chat_app:app has hub chat, and 4 events",
        "hub chat: embedded, since AzureSignalRConnectionString is not set",
    ]
    assert all(each["fix"] == "" for each in found)
    ran = await command("doctor", "chat_app:app", "--app-dir", folder, **{VARIABLE: None})
    assert "Nothing is broken." in ran.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def f(:", "SyntaxError"),
        ("class Bad(ServerlessHub):\n    def a(self): ...\n    def A(self): ...", "have the same target 'A'"),
        ("class Bad(ServerlessHub, hub='no hub'): ...", "no hub"),
        ("app = 3", "cannot be used"),
    ],
)
async def test_an_app_that_cannot_be_loaded_is_broken(text: str, said: str, write_module: WriteModule) -> None:
    folder = write_module("chat_app", CHAT + text)
    ran = await command("doctor", "chat_app:app", "--app-dir", str(folder), **{VARIABLE: None})
    assert ran.code == 1
    assert said in ran.stdout
    assert "do: " in ran.stdout
    assert "1 of these is broken." in ran.stdout


async def test_two_routers_with_one_hub_at_one_service_are_broken(write_module: WriteModule) -> None:
    twice = '\nHubRouter(Chat, prefix="/v2", default_service=EmbeddedService()).install(app)\n'
    code, found = await findings("chat_app:app", "--app-dir", str(write_module("chat_app", CHAT + twice)))
    assert code == 1
    assert ("hubs", "broken") in levels(found)
    assert "2 routers have a hub 'chat'" in found[1]["text"]


@pytest.fixture
def in_the_way(state: Path) -> None:
    """Put a file where the state folder would be."""
    state.mkdir()
    (state / "serverless-hub").write_text("in the way", "utf-8")


@pytest.mark.usefixtures("in_the_way")
async def test_a_key_that_cannot_be_kept_is_weak(write_module: WriteModule) -> None:
    code, found = await findings("chat_app:app", "--app-dir", str(write_module("chat_app", CHAT)))
    assert (code, levels(found)) == (0, [("app", "ok"), ("service", "ok"), ("keys", "weak")])


@pytest.mark.parametrize(
    ("text", "expected", "said"),
    [
        ("", ("settings", "broken"), "is blank"),
        ("Endpoint=https://x.example;AccessKey=short;", ("keys", "weak"), "can be guessed"),
        (f"Endpoint=https://x.example;AccessKey={DEVELOPMENT_KEY};", ("keys", "broken"), "which everybody knows"),
        (f"Endpoint=http://x.example;AccessKey={KEY};", ("keys", "weak"), "without encryption"),
        ("Endpoint=https://x.example;AuthType=azure;", ("proofs", "broken"), "nothing proves that events of hub chat"),
    ],
)
async def test_settings_that_do_not_do_are_named(
    text: str, expected: Level, said: str, write_module: WriteModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # Nothing of this may reach x.example.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    folder = str(write_module("chat_app", CHAT))
    code, found = await findings("chat_app:app", "--app-dir", folder, **{VARIABLE: text})
    assert code == 1  # nobody is reached
    assert any((each["check"], each["level"]) == expected and said in each["text"] + each["fix"] for each in found)
    assert "short" not in json.dumps(found)


async def test_a_missing_package_for_identities_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure", None)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    _, found = await findings(**{VARIABLE: "Endpoint=https://x.example;AuthType=azure;"})
    assert found[0]["fix"] == "pip install 'serverless-hub[azure]'"


async def test_without_a_service_for_its_hubs_an_app_is_broken(write_module: WriteModule) -> None:
    folder = write_module("chat_app", CHAT.replace(", default_service=EmbeddedService()", ""))
    code, found = await findings("chat_app:app", "--app-dir", str(folder))
    assert (code, levels(found)[1]) == (1, ("settings", "broken"))
    assert "there is no SignalR service for chat" in found[1]["fix"]


async def test_without_anything_to_look_at_that_is_said() -> None:
    assert (await findings())[1][0]["text"] == f"{VARIABLE} is not set"
    code, found = await findings(**{VARIABLE: "swordfish"})
    assert (code, levels(found)) == (1, [("settings", "broken")])
    assert "swordfish" not in json.dumps(found)


# --- A service -------------------------------------------------------------------------------------------------------


async def test_a_service_is_reached_and_asked_whether_it_takes_the_key(write_module: WriteModule) -> None:
    folder = str(write_module("chat_app", CHAT))
    async with standalone() as url:
        code, found = await findings("chat_app:app", "--app-dir", folder, **{VARIABLE: connection_string(url)})
        assert (code, {level for _, level in levels(found)}) == (0, {"ok"})
        assert found[-1]["text"].endswith("is reached, and takes the key")
        other = connection_string(url, "another-key-that-nobody-knows")
        code, found = await findings(**{VARIABLE: other})
        assert (code, levels(found)) == (1, [("keys", "ok"), ("clock", "ok"), ("keys", "broken")])


async def test_a_service_that_is_not_reached_or_is_none_is_broken() -> None:
    with listen() as nobody:
        url = url_of(nobody)
    code, found = await findings(**{VARIABLE: connection_string(url)})
    assert (code, levels(found)[-1]) == (1, ("service", "broken"))
    async with saying(404) as url:
        code, found = await findings(**{VARIABLE: connection_string(url)})
        assert (code, levels(found)[-1]) == (1, ("service", "broken"))


async def test_a_service_does_not_get_the_headers_for_the_app(write_module: WriteModule) -> None:
    folder, seen = str(write_module("chat_app", CHAT)), list[str]()
    async with saying(200, seen=seen) as service, serving(chat_app()) as url:
        _, found = await findings(
            *("chat_app:app", "--app-dir", folder, "--url", url, "--header", "Cookie: session=swordfish"),
            **{VARIABLE: connection_string(service)},
        )
    assert ("connect", "ok") in levels(found)
    assert "swordfish" not in " ".join(seen)
    assert "accept-encoding" in " ".join(seen)


# --- An app that runs ------------------------------------------------------------------------------------------------


async def test_a_client_connects_to_each_hub_of_an_app_that_runs(write_module: WriteModule) -> None:
    folder = str(write_module("chat_app", CHAT))
    async with serving(chat_app()) as url:
        code, found = await findings("chat_app:app", "--app-dir", folder, "--url", url)
        assert (code, {level for _, level in levels(found)}) == (0, {"ok"})
        assert [check for check, _ in levels(found)][-3:] == ["clock", "upstream", "connect"]


@pytest.mark.parametrize(
    ("origin", "level"), [("https://www.example.com", "ok"), ("https://evil.example.com", "broken")]
)
async def test_pages_from_elsewhere_are_asked_about(origin: str, level: str) -> None:
    async with serving(chat_app(allowed_origins=["https://www.example.com"])) as url:
        _, found = await findings("--url", url, "--hub", "chat", "--origin", origin)
        assert ("cors", level) in levels(found)


async def test_a_hub_that_lets_nobody_in_is_broken() -> None:
    async with serving(chat_app()) as url:
        code, found = await findings("--url", url, "--hub", "chut")
        assert (code, levels(found)[-1]) == (1, ("negotiate", "broken"))


async def test_a_long_token_is_weak() -> None:
    async def who() -> Negotiation:
        return Negotiation(claims={"much": "x" * 950})

    async with serving(chat_app(negotiate=who)) as url:
        code, found = await findings("--url", url, "--hub", "chat")
        assert ("tokens", "weak") in levels(found)
        assert code == 0


async def test_an_app_that_is_not_there_or_does_not_take_events_is_broken() -> None:
    with listen() as nobody:
        url = url_of(nobody)
    code, found = await findings("--url", url, "--hub", "chat", "--origin", "https://x.example")
    assert code == 1
    broken = [check for check, level in levels(found) if level == "broken"]
    assert broken == ["app", "cors", "negotiate"]
    assert {each["fix"] for each in found if each["level"] == "broken"} == {
        "start the app, and check the URL and the network"
    }
    async with saying(200) as url:
        _, found = await findings("--url", url)
        assert ("upstream", "broken") in levels(found)


@asynccontextmanager
async def saying(
    status: int, body: bytes = b"{}", seen: list[str] | None = None, **headers: str
) -> AsyncGenerator[str]:
    """Yield the URL of an app with one answer, which takes no WebSockets; `seen` gets the headers that it is sent."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if seen is not None:
                seen.append(str(scope["headers"]))
            await answer(send, body, status, **headers)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})

    async with serving(app, date_header=False) as url:
        yield url


@asynccontextmanager
async def checks(now: float | None = None) -> AsyncGenerator[LiveChecks]:
    http = HttpClient()
    await http.open()
    clock = SystemClock()
    try:
        yield LiveChecks(http, clock if now is None else ManualClock(now), {})
    finally:
        await http.close()


async def test_a_hub_whose_websocket_does_not_open_is_broken() -> None:
    async with saying(200) as url, checks() as asked:
        found = await asked.hub(url, "chat", None)
    assert [(each.check, each.level) for each in found] == [("connect", "broken")]


async def test_a_page_at_https_that_is_sent_to_http_is_broken() -> None:
    found = LiveChecks.redirect("https://app.example.com", "http://app.example.com/client", "")
    assert [(each.check, each.level) for each in found] == [("negotiate", "broken")]


@pytest.mark.parametrize(
    ("seconds", "level", "text"),
    [
        (0, "ok", "same time here and at"),
        (60, "weak", "this machine's clock is 60 s ahead of"),
        (-60, "weak", "this machine's clock is 60 s behind"),
        (900, "broken", "900 s ahead of"),
    ],
)
async def test_clocks_that_differ_are_found(seconds: float, level: str, text: str) -> None:
    now = 1_700_000_000.0
    async with saying(400, date=formatdate(now, usegmt=True)) as url, checks(now + seconds) as asked:
        found: list[Finding] = await asked.app(url, "/runtime/webhooks/signalr")
    assert (found[0].check, found[0].level) == ("clock", level)
    assert text in found[0].text


async def test_a_server_that_does_not_say_the_time_is_weak() -> None:
    async with saying(400) as url, checks() as asked:
        (clock, _) = await asked.app(url, "/")
    assert (clock.check, clock.level) == ("clock", "weak")
