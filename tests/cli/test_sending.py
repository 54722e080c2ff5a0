"""`send`: who gets what."""

from contextlib import AsyncExitStack

import pytest

from serverless_hub.protocol.messages import Invocation
from tests.cli.command import command
from tests.support.client import Client
from tests.support.standalone import standalone, visitor


@pytest.mark.parametrize(
    ("options", "heard"),
    [
        ((), {"ann", "ben", "cleo"}),
        (("--user", "ann"), {"ann"}),
        (("--user", "ann", "--user", "ben"), {"ann", "ben"}),
        (("--group", "red"), {"ben", "cleo"}),
    ],
    ids=["everybody", "a user", "two users", "a group"],
)
async def test_a_message_reaches_those_who_are_named(options: tuple[str, ...], heard: set[str]) -> None:
    people: dict[str, Client] = {}
    async with standalone() as url, AsyncExitStack() as stack:
        for name in ("ann", "ben", "cleo"):
            people[name] = await stack.enter_async_context(visitor(url, name))
        await command("groups", "add", "red", "--user", "ben", "--user", "cleo", "--hub", "chat", url=url)
        assert (await command("send", "news", "1", "--hub", "Chat", *options, url=url)).code == 0
        assert (await command("send", "mark", "--hub", "chat", url=url)).code == 0
        # The first that somebody hears is the message, or else the mark behind it.
        first = {name: await client.receive() for name, client in people.items()}
    targets = {name: message.target for name, message in first.items() if isinstance(message, Invocation)}
    assert targets == {name: "news" if name in heard else "mark" for name in people}


async def test_a_message_reaches_a_connection_and_leaves_others_out() -> None:
    async with standalone() as url, visitor(url, "ann") as ann, visitor(url, "ben") as ben:
        await command("groups", "add", "red", "--user", "ann", "--user", "ben", "--hub", "chat", url=url)
        listed = (await command("groups", "list", "red", "--hub", "chat", "--json", url=url)).document["members"]
        ids = {member["userId"]: member["connectionId"] for member in listed}
        await command("send", "news", "1", "--connection", ids["ann"], "--hub", "chat", url=url)
        await command("send", "news", "2", "--except", ids["ann"], "--hub", "chat", url=url)
        await command("send", "news", "3", "--group", "red", "--except", ids["ben"], "--hub", "chat", url=url)
        assert [await ann.call_of("news"), await ann.call_of("news")] == [[1], [3]]
        assert await ben.call_of("news") == [2]


async def test_arguments_are_json_or_text() -> None:
    async with standalone() as url, visitor(url) as somebody:
        await command("send", "news", "It rains.", "5", '"5"', '{"a": [null]}', "", "ü", "--hub", "chat", url=url)
        assert await somebody.call_of("news") == ["It rains.", 5, "5", {"a": [None]}, "", "ü"]
        await command("send", "news", "--hub", "chat", "--", "-5", "--hub", url=url)
        assert await somebody.call_of("news") == [-5, "--hub"]


async def test_it_says_what_was_sent_to_whom_but_no_argument() -> None:
    async with standalone() as url:
        sent = await command("send", "news", "swordfish", "--user", "ann", "--user", "[b]", "--hub", "chat", url=url)
        assert sent.text == "Sent 'news' to users ann, [b] of hub 'chat'."
        sent = await command("send", "news", "swordfish", "--hub", "chat", "--json", url=url)
        assert sent.document == {"hub": "chat", "target": "news", "receivers": {"kind": "all", "names": []}}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("news",), "Missing option '--hub'"),
        ((), "Missing argument 'target'"),
        (("news", "--hub", "chat", "--user", "ann", "--group", "red"), "one kind of receivers"),
        (("news", "--hub", "chat", "--user", "ann", "--except", "c1"), "Invalid value for --except"),
        (("news", "--hub", "no hub"), "the hub's name 'no hub'"),
        (("", "--hub", "chat"), "the target of a message must not be empty"),
        (("news", "\udcff", "--hub", "chat"), "UTF-8"),
        (("news", "1" + "0" * 30, "--hub", "chat"), "64-bit"),
        (("news", "x" * 1_100_000, "--hub", "chat"), "more than the 1048576"),
    ],
)
async def test_a_wrong_command_line_sends_nothing_and_says_what_is_wrong(
    arguments: tuple[str, ...], complaint: str
) -> None:
    async with standalone() as url:
        ran = await command("send", *arguments, url=url)
    assert ran.code == 2
    assert complaint in ran.complaint
