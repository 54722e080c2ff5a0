"""`serverless-hub dev`: what it says, how it ends, and what it says of an app that cannot be served."""

import json
import logging
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from watchfiles import Change

from serverless_hub import EmbeddedService
from serverless_hub.cli import dev_worker
from serverless_hub.cli.commands import app
from serverless_hub.cli.dev_job import DevJob
from serverless_hub.cli.dev_worker import main
from serverless_hub.cli.developing import SourceFilter
from serverless_hub.cli.key_file import keep_secret
from serverless_hub.cli.restarting import Restarting
from tests.cli.app_folder import CHAT, WriteModule
from tests.cli.command import VARIABLE, command, connection_string
from tests.cli.serve_once import serve_once

KEY = "a-key-that-has-been-kept-before"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where keys are kept: one is there already."""
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    logger = logging.getLogger("uvicorn.error")
    monkeypatch.setattr(logger, "filters", [*logger.filters])
    keep_secret(folder / "serverless-hub/access-key", lambda: KEY)
    return folder


def developed(monkeypatch: pytest.MonkeyPatch, folder: Path, *options: str) -> str:
    """Return what is said of the app in `folder`, served once."""
    return serve_once(monkeypatch, "dev", "chat_app:app", "--no-reload", "--app-dir", str(folder), *options)


def test_people_read_what_there_is_and_where(write_module: WriteModule, monkeypatch: pytest.MonkeyPatch) -> None:
    said = " ".join(developed(monkeypatch, write_module("chat_app", CHAT)).split())
    url = r"http://127\.0\.0\.1:\d+"
    for expected in (
        rf"^serverless-hub [\d.]+ at {url} ",
        rf" hub chat {url}/chat service embedded, with the events of chat in this process docs {url}/docs ",
        r" chat connections connected messages sendMessage room: str, text: str, also: ",
        r" Ctrl\+C ends it\.$",
    ):
        assert re.search(expected, said), said
    assert KEY not in said  # It is no terminal.


def test_programs_read_a_line_of_json_with_the_key_that_is_kept(
    write_module: WriteModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = CHAT.replace("HubRouter(Chat, ", 'HubRouter(Chat, prefix="/rt", application="shop", ')
    said = json.loads(developed(monkeypatch, write_module("chat_app", text), "--json"))
    url = said["url"]
    assert said["hubs"] == {"shop_chat": f"{url}/rt/chat"}
    assert [each["target"] for each in said["targets"]] == ["connected", "sendMessage", "tell", "anything"]
    assert said["services"] == [
        {
            "hubs": ["shop_chat"],
            "service": "embedded",
            "events": f"{url}/rt/runtime/webhooks/signalr",
            "connectionString": f"Endpoint={url}/rt/_signalr;AccessKey={KEY};Version=1.0;",
        }
    ]
    assert said["watched"] is None


def test_a_terminal_is_shown_the_connection_string(write_module: WriteModule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    said = developed(monkeypatch, write_module("chat_app", CHAT))
    assert f"AccessKey={KEY};" in said


def test_an_app_without_hubs_is_served_with_a_word(write_module: WriteModule, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_module("chat_app", "from fastapi import FastAPI\n\napp = FastAPI(docs_url=None)\n")
    said = developed(monkeypatch, folder)
    assert "chat_app:app has no HubRouter that can be seen: install one with router.install(app)" in said
    assert "docs" not in said


def test_a_service_elsewhere_is_named_with_what_that_means(
    write_module: WriteModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, connection_string("https://name.service.signalr.net", KEY))
    folder = write_module("chat_app", CHAT)
    said = " ".join(developed(monkeypatch, folder).split())
    assert f"service name.service.signalr.net, as {VARIABLE} says" in said
    assert re.search(r"events come to http://127\.0\.0\.1:\d+/runtime/webhooks/signalr", said)
    assert f"Unset {VARIABLE} for the embedded service." in said
    folder = write_module("chat_app", CHAT.replace(", default_service=EmbeddedService()", ""))
    found = json.loads(developed(monkeypatch, folder, "--json", "--access-log"))
    assert found["services"][0]["connectionString"] is None
    assert KEY not in said + json.dumps(found)


def test_a_key_of_the_app_s_own_is_left_alone() -> None:
    service = EmbeddedService(access_key="a-key-that-the-app-has-chosen")
    service.keep_key(lambda: KEY)
    assert service.keys == ("a-key-that-the-app-has-chosen",)


def test_a_key_that_cannot_be_kept_is_no_reason_to_stop(
    write_module: WriteModule, state: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (state / "serverless-hub/access-key").chmod(0o644)
    assert "Ctrl+C ends it." in developed(monkeypatch, write_module("chat_app", CHAT))
    assert "clients have to negotiate again after a change" in caplog.text


def test_its_page_is_opened_once(write_module: WriteModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / "browser"
    browser.write_text('#!/bin/sh\necho "$1" >> "$0.opened"\n', "utf-8")
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    monkeypatch.setattr(webbrowser, "_tryorder", None)  # Otherwise it may have chosen one before.
    said = json.loads(developed(monkeypatch, write_module("chat_app", CHAT), "--json", "--open"))
    assert (tmp_path / "browser.opened").read_text("utf-8") == f"{said['url']}\n"


def test_after_a_change_one_line_says_enough(
    write_module: WriteModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the next process says, which nothing is left to be opened for."""
    monkeypatch.setenv("BROWSER", f"{tmp_path / 'no-browser'} %s")
    monkeypatch.setattr(dev_worker, "work", partial(work_again, dev_worker.work))
    said = developed(monkeypatch, write_module("chat_app", CHAT), "--open")
    assert re.fullmatch(r"Started again at http://127\.0\.0\.1:\d+, 4 events\n", said)


def work_again(work: Callable[[DevJob], None], job: DevJob) -> None:
    work(replace(job, first=False))


# --- What cannot be served -------------------------------------------------------------------------------------------


def job_for(folder: Path, listener: socket.socket, **changes: Any) -> DevJob:
    job = DevJob(
        place="chat_app:app",
        folder=str(folder),
        descriptor=listener.fileno(),
        url="http://127.0.0.1:1",
        reload=True,
        first=True,
        open=False,
        access_log=False,
        log_level="info",
        as_json=False,
    )
    return replace(job, **changes)


@pytest.mark.requirement("process.dev.broken")
@pytest.mark.parametrize(
    ("text", "code", "complaint"),
    [
        ("def f(:", 1, "SyntaxError"),
        ("raise ValueError('of their own')", 1, "ValueError: of their own"),
        ("app = 3", 2, "the module 'chat_app' has no app 'app'"),
        ("HubRouter(Chat, prefix='/v2').install(app)", 2, "there is no SignalR service for chat: set"),
        ("raise KeyboardInterrupt", None, ""),
    ],
)
def test_an_app_that_cannot_be_served_is_explained_and_waits(
    text: str, code: int | None, complaint: str, write_module: WriteModule, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_module("chat_app", CHAT + text)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        if code is None:
            main([job_for(folder, listener).to_json()])
            return
        with pytest.raises(SystemExit) as ended:
            main([job_for(folder, listener).to_json()])
    said = " ".join(capsys.readouterr().err.split())
    assert ended.value.code == code
    assert complaint in said
    assert said.endswith("The next change starts it again. Ctrl+C ends it.")
    assert "site-packages" not in said


def test_an_app_whose_start_fails_waits_too(
    write_module: WriteModule, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    failing = """
from contextlib import asynccontextmanager


@asynccontextmanager
async def lifespan(_):
    raise RuntimeError("not today")
    yield


app = FastAPI(lifespan=lifespan)
"""
    folder = write_module("chat_app", CHAT + failing)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for reload in (True, False):
            with pytest.raises(SystemExit) as ended:
                main([job_for(folder, listener, reload=reload).to_json()])
            assert ended.value.code == 1
            assert ("The next change starts it again." in capsys.readouterr().err) is reload
    assert "RuntimeError: not today" in caplog.text
    assert "chat_app.py" in caplog.text
    assert "starlette" not in caplog.text


def test_its_process_is_a_module_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = [job_for(Path(__file__).parent, listener, place="no_such_app:app", reload=False).to_json()]
        monkeypatch.setattr(sys, "argv", ["dev_worker", *arguments])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(dev_worker.__file__, run_name="__main__")
    assert ended.value.code == 2


async def test_a_port_that_is_taken_and_a_folder_that_is_none_are_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = await command("dev", "chat_app:app", "--port", port)
    assert ran.code == 1
    assert f"cannot listen at port {port} of 127.0.0.1" in ran.complaint
    ran = await command("dev", "chat_app:app", "--app-dir", str(tmp_path / "nowhere"))
    assert ran.code == 2
    assert "is no folder" in ran.complaint


@pytest.mark.parametrize("place", ["main", "main.py", ":app", "main:"])
async def test_what_names_no_app_is_refused_at_once_since_no_change_would_mend_it(place: str) -> None:
    ran = await command("dev", place, "--port", "0")
    assert ran.code == 2
    assert "write it as module:attribute, such as main:app" in ran.complaint


# --- Starting again --------------------------------------------------------------------------------------------------


def script(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_a_process_is_started_again_at_each_change_and_ended_at_the_end(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    waits = f"import signal; open({str(journal)!r}, 'a').write('%s\\n'); signal.pause()"

    def changes() -> Any:
        for count in (1, 2):
            while not journal.exists() or len(journal.read_text("utf-8").splitlines()) < count:
                pass
            yield "a change"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Restarting(lambda first: script(waits % first)).run(changes())
    assert journal.read_text("utf-8").splitlines()[:2] == ["True", "False"]


def test_a_process_that_has_ended_or_will_not_end_is_no_hindrance(tmp_path: Path) -> None:
    deaf = tmp_path / "deaf"
    os.mkfifo(deaf)
    ignores = f"import signal; signal.signal(15, signal.SIG_IGN); open({str(deaf)!r}, 'w').close(); signal.pause()"

    def changes() -> Any:
        yield deaf.read_bytes()  # until it is deaf

    scripts = iter([ignores, "pass"])
    Restarting(lambda _: script(next(scripts)), patience=0.1).run(changes())


def test_a_process_that_cannot_be_started_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        Restarting(lambda _: ["no-such-program-at-all"]).run([])


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("project/main.py", True),
        ("project/part/hub.py", True),
        ("project/page/index.html", False),
        ("project/venv/lib/python3.12/site-packages/other.py", False),
        ("project/.venv/other.py", False),
        ("project/.main.py.swp", False),
    ],
)
def test_changes_of_the_app_s_own_sources_count(path: str, counts: bool) -> None:
    assert SourceFilter()(Change.modified, path) is counts


def test_the_app_ends_with_what_has_started_it(write_module: WriteModule) -> None:
    lifeline, held = os.pipe()
    ending = f"""
import os
from contextlib import asynccontextmanager


@asynccontextmanager
async def lifespan(_):
    os.close({held})
    yield


app = FastAPI(lifespan=lifespan)
"""
    folder = write_module("chat_app", CHAT + ending)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        main([replace(job_for(folder, listener), lifeline=lifeline).to_json()])
    os.close(lifeline)


def test_nothing_is_left_when_it_is_killed(write_module: WriteModule) -> None:
    words = ["dev", "chat_app:app", "--app-dir", str(write_module("chat_app", CHAT)), "--port", "0", "--json"]
    with subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-m", "serverless_hub.cli", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["app"] == "chat_app:app"
        process.kill()
        process.communicate(timeout=20)  # until nobody has its output any more


def test_ctrl_c_ends_it_all_with_0(write_module: WriteModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    folder = write_module("chat_app", f"open({str(started)!r}, 'w').close()\n{CHAT}")

    def interrupt() -> None:
        started.read_bytes()  # until the app is imported
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(SystemExit) as ended:
        app(["dev", "chat_app:app", "--app-dir", str(folder), "--port", "0"])
    assert ended.value.code == 0
