"""Where events go: which option or file says so, and what the service tells of it."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from serverless_hub.cli.access_key import DEVELOPMENT_KEY
from serverless_hub.cli.report import StartReport
from serverless_hub.cli.upstreams import Explained, Upstreams, choose_upstreams, explain_event
from serverless_hub.errors import ConfigurationError
from serverless_hub.service.settings_watch import load_settings
from serverless_hub.service.upstream_rules import UpstreamRules
from tests.cli.command import command

TEXT = """{"UpstreamSettings": {"Templates": [
    {
      "UrlTemplate": "http://chat.example/{hub}/{event}?code=swordfish",
      "HubPattern": "Chat", "CategoryPattern": "messages"
    },
    {
      "UrlTemplate": "http://other.example/",
      "Auth": {"Type": "ManagedIdentity", "ManagedIdentity": {"Resource": "api://x"}}
    }
]}
}"""


def no_variable(name: str) -> None:
    del name


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(folder: Path, text: str = TEXT) -> UpstreamRules:
    path = folder / "some.json"
    path.write_text(text)
    return load_settings(path, no_variable)


def said(report: StartReport, width: int = 120) -> str:
    out = io.StringIO()
    report.print(Console(file=out, width=width))
    return out.getvalue()


def report(upstreams: Upstreams, *explained: Explained) -> StartReport:
    return StartReport("http://127.0.0.1:8888", "http://127.0.0.1:8888", DEVELOPMENT_KEY, upstreams, explained)


def test_a_settings_file_in_the_working_folder_is_used_by_itself(folder: Path) -> None:
    assert choose_upstreams(None, None, no_variable) == Upstreams()
    (folder / "settings.json").write_text(TEXT)
    found = choose_upstreams(None, None, no_variable)
    assert found.path == Path("settings.json")
    assert len(found.rules.rules) == 2
    assert choose_upstreams("http://app.example/", None, no_variable).path is None


@pytest.mark.parametrize("text", ["", "{}", '{"editor.fontSize": 12}', "[1, 2"])
def test_one_of_another_program_is_not(text: str, folder: Path) -> None:
    (folder / "settings.json").write_text(text)
    assert choose_upstreams(None, None, no_variable) == Upstreams()


def test_one_that_is_broken_is_an_error_whoever_names_it(folder: Path) -> None:
    (folder / "settings.json").write_text(TEXT[:-1])
    for path in (None, Path("settings.json")):
        with pytest.raises(ConfigurationError, match=r"settings\.json: it is not JSON: .* line 11, column 1"):
            choose_upstreams(None, path, no_variable)


def test_an_option_is_one_rule_for_all_events() -> None:
    found = choose_upstreams("http://app.example", None, no_variable)
    (rule,) = found.rules.rules
    assert rule.takes("any", "connections", "connected")
    assert report(found).upstream == "http://app.example/runtime/webhooks/signalr"


def test_what_would_become_of_an_event_can_be_asked(folder: Path) -> None:
    found = rules(folder)
    assert explain_event("Chat/messages/a/b", found) == Explained(
        "Chat/messages/a/b", 1, "http://chat.example/chat/a%2Fb?…"
    )
    assert explain_event("game/messages/a", found) == Explained("game/messages/a", 2, "http://other.example/")
    assert explain_event("game/messages/a", UpstreamRules()) == Explained("game/messages/a")


def test_the_report_has_a_table_of_the_rules_in_order_without_secrets(folder: Path) -> None:
    found = Upstreams(rules(folder), Path("some.json"))
    text = said(report(found, explain_event("chat/messages/a", found.rules), Explained("x/messages/y")))
    assert "events go to       the first template of some.json that takes them" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["#", "hub", "category", "event", "URL", "token", "for"] in rows
    assert ["1", "chat", "messages", "*", "http://chat.example/{hub}/{event}?…"] in rows
    assert ["2", "*", "*", "*", "http://other.example/", "api://x"] in rows
    assert ["chat/messages/a", "http://chat.example/chat/a?…", "(template", "1)"] in rows
    assert ["x/messages/y", "nowhere"] in rows
    assert "swordfish" not in text


def test_it_is_for_programs_too(folder: Path) -> None:
    found = Upstreams(rules(folder), Path("some.json"))
    document = json.loads(report(found, explain_event("chat/messages/a", found.rules)).to_json())
    assert document["upstream"] is None
    assert document["settings"] == "some.json"
    assert document["templates"][1] == {
        "hub": "*", "category": "*", "event": "*", "url": "http://other.example/", "resource": "api://x",
    }  # fmt: skip
    assert document["explained"] == [{"event": "chat/messages/a", "template": 1, "url": "http://chat.example/chat/a?…"}]
    assert "swordfish" not in json.dumps(document)


def test_without_templates_it_is_said_what_to_do_or_which_file_has_none() -> None:
    assert "nowhere: say with --upstream where your app is" in said(report(Upstreams()))
    assert "nowhere: some.json has no templates" in said(report(Upstreams(path=Path("some.json"))))


async def test_init_writes_a_file_that_works_and_says_what_is_next(folder: Path) -> None:
    ran = await command("service", "init", COLUMNS="20")
    assert ran.code == 0
    assert (
        f"AzureSignalRConnectionString='Endpoint=http://127.0.0.1:8888;AccessKey={DEVELOPMENT_KEY};Version=1.0;'"
        in ran.stdout
    )
    assert "serverless-hub service --settings settings.json" in ran.stdout
    found = load_settings(folder / "settings.json", no_variable)
    assert found.rules[0].template.shown == "http://localhost:8000/runtime/webhooks/signalr"


@pytest.mark.parametrize("name", ["deploy", "deploy/signalr.json"])
async def test_init_writes_where_it_is_told(name: str, folder: Path) -> None:
    (folder / "deploy").mkdir()
    document = (await command("service", "init", name, "--json")).document
    path = Path(name) / "settings.json" if name == "deploy" else Path(name)
    assert document["path"] == str(path)
    assert load_settings(folder / path, no_variable).rules


async def test_init_leaves_a_file_alone_that_is_there(folder: Path) -> None:
    (folder / "settings.json").write_text("mine")
    ran = await command("service", "init")
    assert ran.code == 2
    assert "settings.json is there already, and is left as it is" in ran.complaint
    assert (folder / "settings.json").read_text() == "mine"


async def test_init_where_nothing_can_be_written_fails() -> None:
    ran = await command("service", "init", "no/such/folder.json")
    assert ran.code == 1
    assert "No such file or directory" in ran.complaint
