"""Everything that a hub can ask, over real HTTP of the embedded service, with clients on real WebSockets."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from serverless_hub.errors import (
    ClientResultError,
    ConnectionGoneError,
    InvalidArgumentError,
    NotFoundError,
    ServiceTimeoutError,
    UnauthorizedError,
)
from serverless_hub.hub.ports import GroupMember, Receivers
from serverless_hub.management.rest_sender import RestSender
from serverless_hub.management.retry import RetryPolicy
from serverless_hub.management.service_client import ServiceClient
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.commands import CloseConnection, JoinGroup, LeaveGroup, SendMessage
from serverless_hub.protocol.endpoint import Endpoint
from serverless_hub.protocol.messages import NO_RESULT, Close, Completion, Invocation, StreamItem
from tests.management.wire import client_of
from tests.service.rest_bench import KEY, Person, RestBench, rest_bench
from tests.support.client import Client

ALL = Receivers("all")


def of(kind: Literal["connections", "groups", "users"], *names: str) -> Receivers:
    return Receivers(kind, names)


@asynccontextmanager
async def client_at(bench: RestBench, key: str = KEY, **options: Any) -> AsyncGenerator[ServiceClient]:
    async with client_of(Endpoint(bench.rest.url, key, client_url="", server_url=bench.rest.url), **options) as client:
        yield client


@asynccontextmanager
async def surface(**options: Any) -> AsyncGenerator[tuple[RestBench, RestSender]]:
    async with rest_bench() as bench, client_at(bench, **options) as client:
        yield bench, RestSender(client.endpoint, "chat", client)


async def closed(person: Person) -> Close:
    """Return the last message of a connection that the service has closed."""
    message = await person.client.receive()
    assert isinstance(message, Close)
    with pytest.raises(ConnectionClosed):
        await person.client.receive()
    return message


async def answered(person: Person, call: Awaitable[Any], **outcome: Any) -> Any:
    """Return what `call` gives when the client answers it with `outcome`."""
    waiting = asyncio.ensure_future(call)
    message = await person.client.receive()
    assert isinstance(message, Invocation)
    assert message.invocation_id is not None
    await person.client.send(Completion(message.invocation_id, **outcome))
    return await waiting


async def test_messages_reach_everyone_groups_users_and_connections() -> None:
    async with surface() as (bench, sender), bench.person("ann") as ann, bench.person("bob") as bob:
        await sender.send(ALL, "news", [1])
        await sender.send(Receivers("all", (), (ann.id,)), "news", [2])
        await sender.send(of("users", "ann"), "news", [3])
        await sender.send(of("connections", bob.id, "unknown"), "news", [4])
        await sender.add_to_group(ann.id, "a/b ü")
        await sender.add_to_group(bob.id, "a/b ü")
        await sender.send(Receivers("groups", ("a/b ü",), (ann.id,)), "news", [5])
        await sender.send(of("users", "ann", "bob", "nobody"), "news", [6])
        for number in (1, 3, 6):
            await ann.hears(number)
        for number in (1, 2, 4, 5, 6):
            await bob.hears(number)


@pytest.mark.parametrize("body", ["json", "messagepack"])
@pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=["json client", "messagepack client"])
async def test_bytes_reach_clients_as_their_protocol_and_the_body_allow(body: str, protocol: HubProtocol) -> None:
    async with surface(body=body) as (bench, sender), bench.person(protocol=protocol) as person:
        await sender.send(ALL, "news", [b"\xff", {"a": [1, None, "ü"]}])
        binary = body == "messagepack" and protocol is MESSAGEPACK
        await person.hears(b"\xff" if binary else "/w==", {"a": [1, None, "ü"]})
        await sender.send_stream_item(person.id, "1", b"\xff", completed=False)
        item = await person.client.receive()
        assert isinstance(item, StreamItem)
        assert protocol.decode_value(item.item) == (b"\xff" if binary else "/w==")


@pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=["json", "messagepack"])
async def test_a_client_answers_a_call(protocol: HubProtocol) -> None:
    async with surface() as (bench, sender), bench.person(protocol=protocol) as ann:
        result = {"yes": [1, 2.5, None]}
        assert await answered(ann, sender.invoke(ann.id, "ask", ["?"], 10), result=result) == result
        assert await answered(ann, sender.invoke(ann.id, "ask", ["?"], 10), result=NO_RESULT) is None
        with pytest.raises(ClientResultError, match="no idea"):
            await answered(ann, sender.invoke(ann.id, "ask", ["?"], 10), error="no idea")


async def test_a_call_of_nobody_or_without_an_answer_fails() -> None:
    async with surface() as (bench, sender), bench.person("ann") as ann:
        with pytest.raises(ConnectionGoneError):
            await sender.invoke("unknown", "ask", [], 10)
        with pytest.raises(ServiceTimeoutError):
            await sender.invoke(ann.id, "ask", [], 0.2)
        call = asyncio.create_task(sender.invoke(ann.id, "ask", [], 10))
        assert await ann.client.call_of("ask") == []
        await ann.client.call_of("ask")
        await ann.client.socket.close()
        with pytest.raises(ConnectionGoneError):
            await call


async def test_groups_have_members_in_pages() -> None:
    async with surface() as (bench, sender), bench.person("ann") as ann, bench.person() as nobody:
        for person in (ann, nobody):
            await sender.add_to_group(person.id, "g")
        await sender.add_to_group("unknown", "g")
        first = await sender.group_members("g", page_size=1, continuation=None)
        second = await sender.group_members("g", page_size=1, continuation=first.continuation)
        assert {*first.members, *second.members} == {GroupMember(ann.id, "ann"), GroupMember(nobody.id)}
        assert second.continuation is None
        await sender.remove_from_group(ann.id, "g")
        await sender.remove_from_all_groups(nobody.id)
        for group in ("g", "unknown"):
            assert list((await sender.group_members(group, page_size=200, continuation=None)).members) == []


async def test_users_are_in_groups() -> None:
    async with surface() as (bench, sender), bench.person("ann") as ann:
        for group, ttl in (("g", None), ("h", 60.0), ("now", 0.0)):
            await sender.add_user_to_group("ann", group, ttl)
        assert await sender.user_in_group("ann", "g")
        assert not await sender.user_in_group("bob", "g")
        for group in ("g", "h", "now"):
            await sender.send(of("groups", group), "news", [group])
            await ann.hears(group)
        await sender.remove_user_from_group("ann", "g")
        assert not await sender.user_in_group("ann", "g")
        await sender.remove_user_from_all_groups("ann")
        assert not await sender.user_in_group("ann", "h")
        assert not await sender.exists("groups", "h")


async def test_what_exists_is_known_and_what_is_closed_is_gone() -> None:
    async with surface() as (bench, sender), bench.person("ann") as ann:
        await sender.add_to_group(ann.id, "g")
        assert await sender.exists("connections", ann.id)
        assert await sender.exists("users", "ann")
        assert await sender.exists("groups", "g")
        for _ in range(2):
            await sender.close(of("connections", ann.id), "bye")
        await closed(ann)
        assert not await sender.exists("connections", ann.id)
        assert not await sender.exists("users", "ann")
        assert not await sender.exists("groups", "g")


@pytest.mark.parametrize("receivers", [of("users", "ann"), of("groups", "g"), Receivers("all")])
async def test_connections_are_closed_together_and_some_are_left(receivers: Receivers) -> None:
    async with surface() as (bench, sender), bench.person("ann") as ann, bench.person("ann") as left:
        for person in (ann, left):
            await sender.add_to_group(person.id, "g")
        await sender.close(Receivers(receivers.kind, receivers.names, (left.id,)), "bye & ciao")
        await closed(ann)
        await sender.send(ALL, "news", ["still"])
        await left.hears("still")


async def test_a_batch_is_done_for_those_whom_the_filter_takes() -> None:
    async with surface() as (bench, sender), bench.person("ann") as ann, bench.person("o'neil") as neil:
        await sender.execute([JoinGroup("g"), SendMessage("news", [1, "ü"])], "userId eq 'ann'")
        await ann.hears(1, "ü")
        await sender.execute([LeaveGroup("g"), JoinGroup("h")], "'g' in groups")
        assert not await sender.exists("groups", "g")
        await sender.execute([SendMessage("news", [2])], None)
        await ann.hears(2)
        await neil.hears(2)
        await sender.execute([CloseConnection("bye")], "userId eq 'o''neil'")
        await closed(neil)
        with pytest.raises(InvalidArgumentError):
            await sender.execute([JoinGroup("g")], "userId like 'ann'")


async def test_a_stream_has_items_and_an_end() -> None:
    async with surface() as (bench, sender), bench.person("ann") as ann:
        for stream_id, error in (("s 1", None), ("2", "no more")):
            await sender.send_stream_item(ann.id, stream_id, {"a": [1]}, completed=False)
            await sender.complete_stream(ann.id, stream_id, error)
            item, end = await ann.client.receive(), await ann.client.receive()
            assert isinstance(item, StreamItem)
            assert isinstance(end, Completion)
            assert (item.invocation_id, JSON.decode_value(item.item)) == (stream_id, {"a": [1]})
            assert (end.invocation_id, end.error) == (stream_id, error)
        await sender.send_stream_item(ann.id, "3", 1, completed=True)
        assert isinstance(await ann.client.receive(), StreamItem)
        assert isinstance(await ann.client.receive(), Completion)


async def test_a_token_from_the_service_lets_a_client_in() -> None:
    async with surface() as (bench, sender):
        token = await sender.generate_token("zoe", 90)
        url = f"{bench.rest.url.replace('http', 'ws', 1)}/client/?hub=chat"
        async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
            assert await Client(socket).handshake() == {}
            assert await sender.exists("users", "zoe")


async def test_health_and_keys_that_are_not_taken() -> None:
    async with rest_bench() as bench:
        async with client_at(bench, key="w" * 32) as client:
            assert await client.is_healthy(5)
            with pytest.raises(UnauthorizedError, match="AccessKey"):
                await RestSender(client.endpoint, "chat", client).send(ALL, "news", [])
        url = bench.rest.url.rpartition("/")[0] + "/elsewhere"
        elsewhere = Endpoint(url, KEY, client_url=url, server_url=url)
        async with client_of(elsewhere) as client:
            with pytest.raises(NotFoundError, match="no SignalR service seems"):
                await RestSender(elsewhere, "chat", client).exists("users", "ann")


async def test_two_hundred_sends_at_once_arrive_and_cancelled_ones_break_nothing() -> None:
    async with surface(retry=RetryPolicy.none(), timeout=30) as (bench, sender), bench.person("ann") as ann:
        await asyncio.gather(*(sender.send(of("users", "ann"), "news", [number]) for number in range(200)))
        heard = {(await ann.client.call_of("news"))[0] for _ in range(200)}
        assert heard == set(range(200))
        sends = [asyncio.create_task(sender.send(ALL, "news", ["x"])) for _ in range(50)]
        await asyncio.sleep(0)
        for send in sends:
            send.cancel()
        await asyncio.gather(*sends, return_exceptions=True)
        await sender.send(ALL, "last", [])
        assert await ann.client.call_of("last") == []
