"""Our client of the API against our server of it: whatever a hub can ask of a service, over real HTTP."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest

from serverless_hub.clock import SystemClock
from serverless_hub.errors import (
    ClientResultError,
    ConnectionGoneError,
    InvalidArgumentError,
    ServiceTimeoutError,
    UnauthorizedError,
)
from serverless_hub.http_client import HttpClient
from serverless_hub.hub.ports import GroupMember, Receivers
from serverless_hub.management.rest_sender import RestSender
from serverless_hub.management.send_options import SendOptions
from serverless_hub.management.service_client import ServiceClient
from serverless_hub.protocol.codec import MESSAGEPACK
from serverless_hub.protocol.commands import CloseConnection, JoinGroup, SendMessage
from serverless_hub.protocol.endpoint import parse_connection_string
from serverless_hub.protocol.messages import Close, Completion, Invocation, StreamItem
from tests.service.rest_bench import KEY, Person, RestBench, rest_bench


@asynccontextmanager
async def sender_to(
    bench: RestBench, key: str = KEY, body: Literal["json", "messagepack"] = "json"
) -> AsyncGenerator[RestSender]:
    """Yield a sender that knows the service by its connection string."""
    endpoint = parse_connection_string(f"Endpoint={bench.rest.url};AccessKey={key};Version=1.0;")
    http = HttpClient()
    await http.open()
    try:
        yield RestSender(endpoint, "chat", ServiceClient(endpoint, http, SystemClock(), SendOptions(body=body)))
    finally:
        await http.close()


async def test_messages_groups_and_users() -> None:
    async with rest_bench() as bench, sender_to(bench) as sender, bench.person("ann") as ann, bench.person() as ben:
        await sender.add_to_group(ben.id, "a/b")
        await sender.add_user_to_group("ann", "a/b", 60)
        assert await sender.user_in_group("ann", "a/b")
        assert not await sender.user_in_group("ben", "a/b")
        await sender.send(Receivers("groups", ("a/b",), (ann.id,)), "news", [1])
        await sender.send(Receivers("users", ("ann",)), "news", [2])
        await ben.hears(1)
        await ann.hears(2)
        first = await sender.group_members("a/b", page_size=1, continuation=None)
        second = await sender.group_members("a/b", page_size=1, continuation=first.continuation)
        found = {(member.connection_id, member.user_id) for member in (*first.members, *second.members)}
        assert found == {(ann.id, "ann"), (ben.id, None)}
        assert second.continuation is None
        await sender.remove_from_group(ben.id, "a/b")
        await sender.remove_user_from_group("ann", "a/b")
        assert not (await sender.group_members("a/b", page_size=1, continuation=None)).members
        await sender.add_to_group("unknown", "a/b")


async def test_what_is_there_and_what_is_closed() -> None:
    async with rest_bench() as bench, sender_to(bench) as sender, bench.person("ann") as ann:
        assert await sender.exists("connections", ann.id)
        assert await sender.exists("users", "ann")
        assert not await sender.exists("groups", "g")
        assert not await sender.exists("connections", "unknown")
        await sender.execute([JoinGroup("g"), SendMessage("news", [1])], f"connectionId eq '{ann.id}'")
        await ann.hears(1)
        assert list((await sender.group_members("g", page_size=9, continuation=None)).members) == [
            GroupMember(ann.id, "ann")
        ]
        await sender.close(Receivers("connections", ("unknown",)), None)
        await sender.execute([CloseConnection("over")], "userId eq 'ann'")
        assert await ann.client.receive() == Close("over", allow_reconnect=True)


@pytest.mark.requirement("rest-client.octet-stream")
async def test_bytes_are_bytes_for_clients_of_messagepack() -> None:
    async with (
        rest_bench() as bench,
        sender_to(bench, body="messagepack") as sender,
        bench.person() as ann,
        bench.person(protocol=MESSAGEPACK) as ben,
    ):
        await sender.send(Receivers("all"), "news", [b"\x00"])
        await ann.hears("AA==")
        await ben.hears(b"\x00")


async def answer(person: Person, **completion: Any) -> None:
    call = await person.client.receive()
    assert isinstance(call, Invocation)
    assert call.invocation_id is not None
    await person.client.send(Completion(call.invocation_id, **completion))


async def test_results_of_clients_and_what_may_come_instead() -> None:
    async with rest_bench(invoke_timeout=0.3) as bench, sender_to(bench) as sender, bench.person() as ann:
        called = asyncio.create_task(sender.invoke(ann.id, "confirm", [1], 5))
        await answer(ann, result={"ok": True})
        assert await called == {"ok": True}
        called = asyncio.create_task(sender.invoke(ann.id, "confirm", [1], 5))
        await answer(ann, error="no")
        with pytest.raises(ClientResultError, match="no"):
            await called
        with pytest.raises(ConnectionGoneError):
            await sender.invoke("unknown", "confirm", [1], 5)
        with pytest.raises(ServiceTimeoutError):
            await sender.invoke(ann.id, "confirm", [1], 5)


async def test_streams() -> None:
    async with rest_bench() as bench, sender_to(bench) as sender, bench.person() as ann:
        await sender.send_stream_item(ann.id, "s", {"a": 1}, completed=True)
        assert isinstance(await ann.client.receive(), StreamItem)
        assert await ann.client.receive() == Completion("s")
        await sender.complete_stream(ann.id, "s", "broken")
        assert await ann.client.receive() == Completion("s", error="broken")


async def test_what_is_refused_is_an_error_that_says_so() -> None:
    async with rest_bench() as bench:
        async with sender_to(bench) as sender:
            assert (await sender.generate_token("ann", 3600)).count(".") == 2
            with pytest.raises(InvalidArgumentError):
                await sender.execute([JoinGroup("g")], "nobody knows 'this'")
        async with sender_to(bench, key="a-key-that-nobody-knows") as sender:
            with pytest.raises(UnauthorizedError):
                await sender.send(Receivers("all"), "news", [])
