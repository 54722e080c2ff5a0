"""What the command says of itself."""

import importlib
import re
import runpy
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from serverless_hub.cli.main import main
from tests.cli.command import command

COMMANDS = (
    *(("new",), ("dev",), ("targets",), ("doctor",), ("upstream-settings",), ("run",), ("call",), ("listen",)),
    *(("service",), ("service", "init"), ("send",), ("negotiate",), ("health",)),
    *(("groups", "add"), ("groups", "remove"), ("groups", "list"), ("groups", "close")),
    *(("users", "close"), ("connections", "close")),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
async def test_every_command_has_help_with_examples_and_exit_codes(words: tuple[str, ...]) -> None:
    text = (await command(*words, "--help", COLUMNS="200")).text
    assert f"Examples: serverless-hub {' '.join(words)}" in text
    assert re.search(r"Exit codes: 0 it is done.*; 1 the \w+ .*; 2 the command line or a setting is wrong", text)


@pytest.mark.parametrize("words", [(), ("groups",), ("users",), ("connections",)], ids=" ".join)
async def test_a_command_that_needs_another_word_lists_those(words: tuple[str, ...]) -> None:
    ran = await command(*words, COLUMNS="200")
    assert ran.code == 2
    below = {each[len(words)] for each in COMMANDS if each[: len(words)] == words}
    assert all(name in ran.stdout + ran.stderr for name in below)
    listed = (await command(*words, "--help", COLUMNS="200")).text
    assert "Exit codes: 0" in listed


async def test_help_is_whole_on_a_narrow_terminal() -> None:
    text = (await command("service", "--help", COLUMNS="80")).text
    assert "…" not in text
    assert "SERVERLESS_HUB_ACCESS_KEY:" in text


async def test_it_knows_its_version() -> None:
    assert (await command("--version")).text == f"serverless-hub {version('serverless-hub')}"


async def test_a_shell_can_complete_it() -> None:
    assert "--install-completion" in (await command("--help", COLUMNS="200")).text


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["serverless-hub", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_it_is_installed_as_a_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out.startswith("serverless-hub ")


def test_it_runs_as_a_module_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["serverless-hub", "--version"])
    path = str(importlib.import_module("serverless_hub.cli.__main__").__file__)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(path, run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("serverless-hub ")


def test_importing_its_module_runs_nothing() -> None:
    importlib.import_module("serverless_hub.cli.__main__")


@pytest.mark.parametrize("missing", ["typer", "rich.text"])
def test_where_a_package_is_missing_it_says_how_to_install_it(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    forget_commands(monkeypatch)
    monkeypatch.setitem(sys.modules, missing, None)
    assert run(monkeypatch, "--version") == 2
    assert capsys.readouterr().err == (
        f"The command needs {missing}, which is not installed: pip install 'serverless-hub[cli]'\n"
    )


def test_what_else_is_missing_is_a_defect_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_commands(monkeypatch)
    monkeypatch.setitem(sys.modules, "serverless_hub.cli.output", None)
    with pytest.raises(ModuleNotFoundError):
        main()


def forget_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let modules of the command be imported anew, and put them back at the end."""
    for name in [name for name in sys.modules if name.startswith("serverless_hub.cli.") and name != main.__module__]:
        monkeypatch.delitem(sys.modules, name)


def test_the_distribution_has_it_as_a_script() -> None:
    scripts = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    module, _, function = scripts["serverless-hub"].partition(":")
    assert getattr(importlib.import_module(module), function) is main
