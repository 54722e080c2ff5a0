"""Which service is talked to, how one asks it for a token and for its health, and what is said when it fails."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from tests.cli.command import VARIABLE, command, connection_string
from tests.support.standalone import KEY, standalone, visitor

OTHER_KEY = "another-key-that-nobody-knows"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


@asynccontextmanager
async def answering(status: int) -> AsyncGenerator[str]:
    """Yield the URL of a server with one answer for everything."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listener:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"


async def test_the_connection_string_of_the_command_line_goes_before_that_of_the_environment() -> None:
    elsewhere = connection_string(f"http://127.0.0.1:{free_port()}")
    async with standalone() as url:
        named = ("--connection-string", connection_string(url))
        assert (await command("health", *named)).code == 0
        assert (await command("health", *named, **{VARIABLE: elsewhere})).code == 0
        assert (await command("health", **{VARIABLE: connection_string(url)})).code == 0


@pytest.mark.requirement("process.command-line")
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "AzureSignalRConnectionString is not set: set it to the connection string of a SignalR service"),
        ("", "is blank"),
        ("Endpoint=http://127.0.0.1", "lacks AccessKey"),
        ("swordfish", "has no '='"),
        ("Endpoint=swordfish;AccessKey=swordfish", "is not an http(s) URL"),
    ],
)
@pytest.mark.parametrize("arguments", [("health",), ("send", "news", "--hub", "chat"), ("negotiate", "--hub", "chat")])
async def test_without_a_connection_string_that_can_be_read_nothing_is_done(
    text: str | None, complaint: str, arguments: tuple[str, ...]
) -> None:
    ran = await command(*arguments, **{VARIABLE: text})
    assert ran.code == 2
    assert complaint in ran.complaint
    assert "swordfish" not in ran.complaint


async def test_a_service_that_refuses_the_key_is_a_failure_that_shows_no_key() -> None:
    async with standalone() as url:
        ran = await command("send", "news", "--hub", "chat", **{VARIABLE: connection_string(url, OTHER_KEY)})
    assert ran.code == 1
    assert "401" in ran.complaint
    assert OTHER_KEY not in ran.complaint


async def test_a_service_that_is_not_there_is_a_failure() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    ran = await command("send", "news", "--hub", "chat", url=url)
    assert ran.code == 1
    assert ran.complaint.startswith(f"Error: {url} gave no answer")


@pytest.mark.requirement("process.command-line")
async def test_a_service_is_healthy_or_not() -> None:
    async with standalone() as url:
        assert (await command("health", url=url)).text == f"{url} is healthy; the key was not checked."
        assert (await command("health", "--json", url=url)).document == {"url": url, "healthy": True, "problem": None}
    async with answering(503) as unwell, answering(404) as foreign:
        for url, problem in (
            (unwell, "it says that it does not work"),
            (foreign, "404"),
            (f"http://127.0.0.1:{free_port()}", "connect call failed"),
        ):
            ran = await command("health", url=url, COLUMNS="20")
            assert ran.code == 1
            assert ran.stdout.startswith(f"{url} is not healthy, or not reached: ")
            assert problem in ran.stdout.lower()
            ran = await command("health", "--json", url=url)
            assert ran.code == 1
            said = json.loads(ran.stdout)
            assert problem in said.pop("problem").lower()
            assert said == {"url": url, "healthy": False}


async def test_what_negotiate_says_lets_a_client_connect_as_that_user() -> None:
    async with standalone() as url:
        options = ("--user", "ann", "--claim", "role=admin", "--lifetime", "60", "--hub", "Chat")
        info = (await command("negotiate", *options, "--json", url=url)).document
        assert info["url"] == f"{url}/client/?hub=chat"
        async with visitor(url, token=info["accessToken"]) as ann:
            await command("send", "news", "--user", "ann", "--hub", "chat", url=url)
            assert await ann.call_of("news") == []


async def test_people_can_copy_what_negotiate_says() -> None:
    async with standalone() as url:
        first, second = (await command("negotiate", "--hub", "chat", url=url, COLUMNS="20")).stdout.splitlines()
    assert first == f"url           {url}/client/?hub=chat"
    assert second.startswith("access token  ey")
    assert " " not in second.removeprefix("access token  ")
    assert KEY not in second


async def test_a_token_that_would_be_too_long_is_a_wrong_command_line() -> None:
    ran = await command("negotiate", "--hub", "chat", "--claim", f"a={'x' * 5000}", url="http://127.0.0.1")
    assert ran.code == 2
    assert "put less into its claims" in ran.complaint


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--user", ""), "a user id must not be empty"),
        (("--claim", "role"), "write NAME=VALUE"),
        (("--claim", "asrs.s.uid=ann"), "belong to the service"),
        (("--lifetime", "0"), "--lifetime"),
        (("--lifetime", "soon"), "--lifetime"),
    ],
)
async def test_what_no_token_can_say_is_a_wrong_command_line(options: tuple[str, ...], complaint: str) -> None:
    ran = await command("negotiate", "--hub", "chat", *options, url="http://127.0.0.1")
    assert ran.code == 2
    assert complaint in ran.complaint
