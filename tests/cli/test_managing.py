"""`groups`, `users` and `connections`: what they change, and what they say."""

import pytest

from serverless_hub.protocol.messages import Close
from tests.cli.command import command
from tests.support.client import Client
from tests.support.standalone import standalone, visitor


async def members(url: str, group: str = "red") -> list[dict[str, str | None]]:
    found = (await command("groups", "list", group, "--hub", "chat", "--json", url=url)).document
    assert (found["hub"], found["group"]) == ("chat", group)
    listed: list[dict[str, str | None]] = found["members"]
    return listed


async def only_member(url: str, group: str = "red") -> str:
    (member,) = await members(url, group)
    assert member["connectionId"] is not None
    return member["connectionId"]


async def closing(client: Client) -> Close:
    message = await client.receive()
    assert isinstance(message, Close)
    return message


async def test_users_are_added_to_groups_and_removed() -> None:
    async with standalone() as url, visitor(url, "ann"):
        added = await command("groups", "add", "red", "--user", "ann", "--user", "ben", "--hub", "chat", url=url)
        assert added.text == "Added to group 'red' of hub 'chat': user ann, user ben."
        async with visitor(url, "ben"):
            assert sorted(str(member["userId"]) for member in await members(url)) == ["ann", "ben"]
        removed = await command("groups", "remove", "red", "--user", "ann", "--hub", "chat", "--json", url=url)
        assert removed.document == {"hub": "chat", "group": "red", "users": ["ann"], "connections": []}
        assert await members(url) == []


async def test_a_membership_of_no_time_is_for_the_connections_that_are_open() -> None:
    async with standalone() as url, visitor(url, "ann"):
        await command("groups", "add", "red", "--user", "ann", "--ttl", "0", "--hub", "chat", url=url)
        async with visitor(url, "ann"):
            assert len(await members(url)) == 1


async def test_connections_are_added_to_groups_and_removed() -> None:
    async with standalone() as url, visitor(url, "ann"):
        await command("groups", "add", "known", "--user", "ann", "--hub", "chat", url=url)
        connection = await only_member(url, "known")
        named = ("--connection", connection, "--hub", "chat")
        added = await command("groups", "add", "red", *named, url=url)
        assert added.text == f"Added to group 'red' of hub 'chat': connection {connection}."
        assert await members(url) == [{"connectionId": connection, "userId": "ann"}]
        removed = await command("groups", "remove", "red", *named, url=url)
        assert removed.text == f"Removed from group 'red' of hub 'chat': connection {connection}."
        assert await members(url) == []


async def test_a_connection_that_is_not_open_is_no_error_as_everywhere_else() -> None:
    async with standalone() as url:
        for step in (("groups", "add", "red", "--connection", "gone"), ("connections", "close", "gone")):
            assert (await command(*step, "--hub", "chat", url=url)).code == 0


async def test_members_are_a_table_for_people() -> None:
    async with standalone() as url, visitor(url, "[bold]ann"):
        await command("groups", "add", "red", "--user", "[bold]ann", "--hub", "chat", url=url)
        connection = await only_member(url)
        listed = await command("groups", "list", "red", "--hub", "chat", url=url)
        assert listed.text == f"connection user {connection} [bold]ann"
        listed = await command("groups", "list", "blue", "--hub", "chat", url=url)
        assert listed.text == "Nobody is in group 'blue' of hub 'chat'."


@pytest.mark.parametrize("reason", ["Good night.", None])
@pytest.mark.parametrize("who", ["groups", "users", "connections"])
async def test_connections_are_closed_with_a_reason(who: str, reason: str | None) -> None:
    async with standalone() as url, visitor(url, "ann") as ann, visitor(url, "ben") as ben:
        await command("groups", "add", "red", "--user", "ann", "--hub", "chat", url=url)
        connection = await only_member(url)
        name = {"groups": "red", "users": "ann", "connections": connection}[who]
        options = () if reason is None else ("--reason", reason)
        closed = await command(who, "close", name, "--hub", "chat", "--json", *options, url=url)
        assert closed.document == {"hub": "chat", who.removesuffix("s"): name}
        assert await closing(ann) == Close(reason, allow_reconnect=True)
        await command("send", "news", "--hub", "chat", url=url)
        assert await ben.call_of("news") == []


@pytest.mark.parametrize("who", ["groups", "users"])
async def test_connections_can_be_left_open(who: str) -> None:
    async with standalone() as url, visitor(url, "ann") as ann:
        await command("groups", "add", "red", "--user", "ann", "--hub", "chat", url=url)
        connection = await only_member(url)
        name = {"groups": "red", "users": "ann"}[who]
        closed = await command(who, "close", name, "--except", connection, "--hub", "chat", url=url)
        assert closed.text.startswith("The service was asked to close")
        await command("send", "news", "--hub", "chat", url=url)
        assert await ann.call_of("news") == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("add", "red"), "say whom"),
        (("remove", "red"), "say whom"),
        (("add", "red", "--connection", "c1", "--ttl", "5"), "only users have it"),
        (("add", "red", "--user", "ann", "--ttl", "-1"), "--ttl"),
        (("add", " ", "--user", "ann"), "a group's name has"),
        (("list", " "), "a group's name has"),
    ],
)
async def test_a_wrong_command_line_changes_nothing(arguments: tuple[str, ...], complaint: str) -> None:
    async with standalone() as url:
        ran = await command("groups", *arguments, "--hub", "chat", url=url)
    assert ran.code == 2
    assert complaint in ran.complaint
