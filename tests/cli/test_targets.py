"""`serverless-hub targets`: what clients can call, and what is said of an app that has nothing, or cannot be loaded."""

from typing import Annotated, Any, Optional

import pytest
from pydantic import Field

from serverless_hub.cli.described import shown_type
from tests.cli.app_folder import CHAT, WriteModule
from tests.cli.command import command

NEWS = """

@router.trigger(hub="news", event="publish", parameter_names=["title"])
async def publish(title: str) -> dict[str, Message]:
    return {}


@router.trigger(hub="news", event="connected", category="connections")
async def connected() -> None: ...
"""


async def test_every_event_is_listed_with_the_types_of_its_arguments_and_of_its_result(
    write_module: WriteModule,
) -> None:
    folder = write_module("chat_app", CHAT + NEWS)
    found = (await command("targets", "chat_app:app", "--app-dir", str(folder), "--json")).document
    room = {"name": "room", "type": "str", "required": True, "rest": False}
    also = {"name": "also", "type": "list[Message] | None", "required": False, "rest": False}
    send = next(each for each in found if each["target"] == "sendMessage")
    assert send == {
        "hub": "chat",
        "category": "messages",
        "target": "sendMessage",
        "arguments": [room, {**room, "name": "text"}, also],
        "result": "int",
        "description": "Tell everybody in a room.",
    }
    others = {each["target"]: (each["hub"], each["category"], each["result"]) for each in found if each != send}
    assert others == {
        "connected": ("news", "connections", None),
        "tell": ("chat", "messages", None),
        "anything": ("chat", "messages", "any"),
        "publish": ("news", "messages", "dict[str, Message]"),
    }
    assert sum(each["target"] == "connected" for each in found) == 2


async def test_people_read_a_table(write_module: WriteModule) -> None:
    folder = write_module("chat_app", CHAT)
    text = (await command("targets", "chat_app:app", "--app-dir", str(folder), COLUMNS="200")).text
    assert "hub category target arguments result" in text
    assert "sendMessage room: str, text: str, also: list[Message] | None = ... int" in text
    assert "tell *texts: str" in text
    assert "anything value: any any" in text


async def test_a_router_that_is_only_included_is_found_in_the_module_of_the_app(write_module: WriteModule) -> None:
    folder = write_module("chat_app", CHAT.replace("router.install(app)", "app.include_router(router)"))
    found = (await command("targets", "chat_app:app", "--app-dir", str(folder), "--json")).document
    assert {each["hub"] for each in found} == {"chat"}


async def test_an_app_around_an_app_may_be_any_callable(write_module: WriteModule) -> None:
    wrapped = "\n\nasync def outer(scope, receive, send):\n    await app(scope, receive, send)\n"
    folder = write_module("chat_app", CHAT + wrapped)
    assert (await command("targets", "chat_app:outer", "--app-dir", str(folder))).code == 0


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("router = HubRouter(Chat, default_service=EmbeddedService())\nrouter.install(app)", ""), "has no HubRouter"),
        (("HubRouter(Chat, ", "HubRouter("), "has no hub: say HubRouter(Chat)"),
    ],
)
async def test_an_app_without_hubs_is_told_what_to_write(
    change: tuple[str, str], complaint: str, write_module: WriteModule
) -> None:
    folder = write_module("chat_app", CHAT.replace(*change))
    ran = await command("targets", "chat_app:app", "--app-dir", str(folder))
    assert ran.code == 2
    assert complaint in ran.complaint


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("def f(:", "SyntaxError: invalid syntax"),
        ("import no_such_package", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("class Bad(ServerlessHub):\n    def a(self): ...\n    def A(self): ...", "have the same target 'A'"),
    ],
)
async def test_an_app_that_cannot_be_imported_shows_the_user_s_own_lines_only(
    line: str, complaint: str, write_module: WriteModule
) -> None:
    folder = write_module("chat_app", CHAT + line)
    ran = await command("targets", "chat_app:app", "--app-dir", str(folder))
    assert ran.code == 1
    assert "chat_app:app cannot be imported" in ran.complaint
    assert complaint in ran.complaint
    files = [part for part in ran.stderr.splitlines() if part.lstrip().startswith("File ")]
    assert files
    assert all("chat_app.py" in file for file in files)


async def test_an_app_that_is_not_there_is_a_wrong_command_line(write_module: WriteModule) -> None:
    folder = write_module("chat_app", CHAT)
    ran = await command("targets", "chap_app:app", "--app-dir", str(folder))
    assert ran.code == 2
    assert "there is no module 'chap_app'" in ran.complaint


class Local:
    pass


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Any, "any"),
        (int, "int"),
        (None, "None"),
        (Local, "Local"),
        (list[Local | None], "list[Local | None]"),
        (Annotated[str, Field(max_length=3)], "str"),
        (Optional[Local], "Optional[Local]"),  # noqa: UP045 - as some write it
    ],
)
def test_a_type_is_shown_as_it_is_written(annotation: Any, expected: str) -> None:
    assert shown_type(annotation) == expected


def test_a_local_type_is_shown_by_its_own_name() -> None:
    class Inner:
        pass

    assert shown_type(Inner) == "Inner"
