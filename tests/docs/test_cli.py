"""Claims of `reference/cli.md` and `how-to/service.md`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from serverless_hub.cli import app_checks, examining, live_checks
from serverless_hub.cli.access_key import ACCESS_KEY_VARIABLE, DEVELOPMENT_KEY
from serverless_hub.cli.commands import app
from tests.docs.pages import DOCS, cells, page
from tests.support.service_process import service_process

CLI = (DOCS / "reference/cli.md").read_text("utf-8")
SERVICE = page("how-to/service.md")
COMMON = {"--hub", "--connection-string", "--json", "--help", "--no-reload"}


def commands(group: TyperGroup, path: str = "serverless-hub") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{path} {name}")
        if not isinstance(command, TyperGroup) or command.invoke_without_command:
            yield f"{path} {name}", command


def command_line() -> dict[str, Any]:
    root = get_command(app)
    assert isinstance(root, TyperGroup)
    return dict(commands(root))


def options_of(command: Any) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts if option.startswith("--")} - COMMON


def rows_of(heading: str) -> dict[str, set[str]]:
    """Return the options of each command in the table of a section."""
    return {
        re.sub(r" [A-Z.:/ ]+$", "", row[0].strip("`")): set(re.findall(r"`(--[\w-]+)`", row[1]))
        for row in list(cells("reference/cli.md", heading))[1:]
    }


def test_every_command_has_a_row_with_its_options() -> None:
    rows = {**rows_of("Your app"), **rows_of("A client"), **rows_of("Talking to a service")}
    rows["serverless-hub dev"] |= {"--reload"}  # The page names what turns it off.
    others = {
        name: options_of(command)
        for name, command in command_line().items()
        if not name.endswith(("service", "init", " run"))
    }
    assert {name: options - COMMON for name, options in rows.items()} == others


def test_every_check_of_the_doctor_has_a_row() -> None:
    named = {row[0].strip("`") for row in list(cells("reference/cli.md", "Doctor"))[1:]}
    sources = (Path(module.__file__ or "").read_text("utf-8") for module in (app_checks, live_checks, examining))
    assert named == {check for text in sources for check in re.findall(r'(?:fine|weak|broken)\(\s*"(\w+)"', text)}


def test_every_option_of_the_service_has_a_row() -> None:
    rows = {name for row in cells("reference/cli.md", "A service") for name in re.findall(r"`([^`]+)`", row[0])}
    command = command_line()["serverless-hub service"]
    assert rows - {"serverless-hub service"} == options_of(command) | {"--json"}


def test_every_option_of_an_app_has_a_row() -> None:
    rows = {name for row in cells("reference/cli.md", "An app") for name in re.findall(r"`(--[^`]+)`", row[0])}
    assert rows == options_of(command_line()["serverless-hub run"]) | {"--json", "--no-access-log"}


async def test_the_service_says_what_the_page_shows() -> None:
    async with service_process("--upstream", "http://localhost:8000") as service:
        assert service.upstream == "http://localhost:8000/runtime/webhooks/signalr"
        shown = f"AccessKey={DEVELOPMENT_KEY};Version=1.0;"
        assert service.connection_string.endswith(shown)
    assert f"connection string Endpoint=http://127.0.0.1:8888;{shown}" in SERVICE
    assert f"events go to {service.upstream}" in SERVICE


@pytest.mark.parametrize("text", [CLI, SERVICE])
def test_the_variable_for_the_key_has_its_name(text: str) -> None:
    assert ACCESS_KEY_VARIABLE in text
