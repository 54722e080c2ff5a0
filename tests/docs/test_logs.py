"""Claims of the section about logging in `how-to/hubs.md`."""

import re
from pathlib import Path

import serverless_hub
from examples.snippets import logs, sending
from serverless_hub.protocol.messages import Invocation
from tests.docs.pages import blocks, cells, pages
from tests.docs.process import running
from tests.support.client import connected

HUBS = pages()["how-to/hubs.md"]


def shown() -> list[str]:
    """Return the lines of the page, as patterns for any connection."""
    (text,) = (block.text for block in blocks(HUBS) if block.text.startswith("INFO:"))
    return [re.sub("3uX9sKz0hSTA5jHbg1Q7Yw", r"[\\w-]{22}", re.escape(line)) for line in text.splitlines()]


async def test_one_line_shows_what_is_an_info_with_level_and_logger() -> None:
    async with running(logs) as server, connected(server.url, "door") as client:
        assert (await client.invoke("unlock", "sesame")).error == "wrong code"
        assert (await client.invoke("unlock", "open sesame")).error is None
        for line in shown():
            await server.line(f"^{line}$")


async def test_without_it_there_are_warnings_as_bare_text() -> None:
    async with running(sending) as server, connected(server.url, "news") as client:
        assert (await client.invoke("remove", "nobody")).error == "that connection is not open"
        await client.invoke("remove")
        await server.line(r"^News\.remove of connection \S+ failed: 'remove' takes 1 argument")
        assert [line for line in server.lines if "not open" in line] == []


async def test_a_failure_that_nobody_hears_of_is_a_warning() -> None:
    async with running(logs) as server, connected(server.url, "door") as client:
        await client.send(Invocation("unlock", ("sesame",)))
        await server.line(r"^WARNING:serverless_hub\.hub:Door\.unlock of connection \S+ failed: wrong code")


def test_the_loggers_of_the_page_are_those_of_the_code() -> None:
    code = "".join(path.read_text("utf-8") for path in Path(serverless_hub.__file__).parent.rglob("*.py"))
    rows = list(cells("how-to/hubs.md", "Logging"))[1:]
    assert {row[0].strip("`") for row in rows} == set(re.findall(r'getLogger\("(serverless_hub\.\S+)"\)', code))
