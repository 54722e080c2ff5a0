"""Managing connections, users, groups and streams: what reaches the service, and what is refused before."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from serverless_hub.errors import ConnectionGoneError, UnreachableError
from serverless_hub.hub.clients import Clients
from serverless_hub.hub.groups import Connections, Groups, UserGroups, Users
from serverless_hub.hub.ports import GroupMember, GroupPage, Receivers
from serverless_hub.hub.streams import Streams
from tests.support.recording import RecordingSender


@pytest.mark.requirement("class-model.groups", "class-model.connections")
async def test_all_connections_of_a_hub_a_group_or_a_user_are_closed_but_the_excluded_ones() -> None:
    sender = RecordingSender()
    await Connections(sender).close_all("maintenance", excluded=["c1"])
    await Groups(sender).close("guests", excluded=["c2", "c3"])
    await Users(sender).close("ann", "bye")
    assert sender.steps == [
        ("close", Receivers("all", excluded=("c1",)), "maintenance"),
        ("close", Receivers("groups", ("guests",), ("c2", "c3")), None),
        ("close", Receivers("users", ("ann",)), "bye"),
    ]


async def test_a_single_text_is_not_a_list_of_excluded_connections() -> None:
    with pytest.raises(TypeError, match=r"write \['c1'\]"):
        await Connections(RecordingSender()).close_all(excluded="c1")


@pytest.mark.requirement("class-model.groups")
async def test_users_and_groups_are_looked_for() -> None:
    sender = RecordingSender(existing={("users", "ann"), ("groups", "guests")})
    assert await Users(sender).exists("ann")
    assert not await Users(sender).exists("bob")
    assert await Groups(sender).exists("guests")
    assert not await Groups(sender).exists("lobby")


@pytest.mark.requirement("class-model.groups")
async def test_the_members_of_a_group_come_page_by_page() -> None:
    ann, bob = GroupMember("c1", "ann"), GroupMember("c2")
    sender = RecordingSender(pages=[GroupPage([ann], "next"), GroupPage([], "more"), GroupPage([bob])])
    assert [member async for member in Groups(sender).members("guests", page_size=1)] == [ann, bob]
    assert [step[1:] for step in sender.steps] == [("guests", 1, None), ("guests", 1, "next"), ("guests", 1, "more")]


@pytest.mark.parametrize("size", [0, 201, -1])
async def test_a_page_has_at_least_one_member_and_no_more_than_the_service_gives(size: int) -> None:
    with pytest.raises(ValueError, match="must be from 1 to 200"):
        await anext(Groups(RecordingSender()).members("guests", page_size=size))


@pytest.mark.parametrize("name", ["", " ", "x" * 1025])
async def test_a_group_name_that_no_service_takes_is_refused_before_it_is_sent(name: str) -> None:
    groups = Groups(RecordingSender())
    with pytest.raises(ValueError, match="group's name"):
        await groups.exists(name)
    with pytest.raises(ValueError, match="group's name"):
        await groups.close(name)
    with pytest.raises(ValueError, match="group's name"):
        await anext(groups.members(name))


@pytest.mark.parametrize("name", ["", "  "])
async def test_blank_connections_and_users_are_refused_before_they_are_sent(name: str) -> None:
    sender = RecordingSender()
    for act in (
        lambda: Groups(sender).add(name, "g"),
        lambda: Groups(sender).remove_from_all(name),
        lambda: UserGroups(sender).add(name, "g"),
        lambda: Connections(sender).exists(name),
        lambda: Users(sender).close(name),
        lambda: Streams(sender).send_item(name, "s", 1),
        lambda: Streams(sender).complete("c", name),
    ):
        with pytest.raises(ValueError, match="has at least one character that is not blank"):
            await act()
    for choose in (Clients(sender).client, Clients(sender).user, Clients(sender).group):
        with pytest.raises(ValueError, match="has at least one character that is not blank"):
            choose(name)
    assert sender.steps == []


@pytest.mark.parametrize("ttl", [float("inf"), float("nan"), 2**31])
async def test_a_time_that_no_service_takes_is_refused(ttl: float) -> None:
    with pytest.raises(ValueError, match="ttl must be from 0 to 2147483647"):
        await UserGroups(RecordingSender()).add("ann", "g", ttl=ttl)


async def counted(*, broken: bool = False) -> AsyncIterator[int]:
    yield 1
    yield 2
    if broken:
        raise LookupError("secret")


async def test_a_stream_is_its_items_and_its_end() -> None:
    sender = RecordingSender()
    await Streams(sender).send("c1", "s", counted())
    assert sender.steps == [
        ("send_stream_item", "c1", "s", 1, False),
        ("send_stream_item", "c1", "s", 2, False),
        ("complete_stream", "c1", "s", None),
    ]


@pytest.mark.requirement("hub-context.streams")
async def test_a_stream_that_breaks_ends_with_an_error_that_says_nothing_of_why() -> None:
    sender = RecordingSender()
    with pytest.raises(LookupError):
        await Streams(sender).send("c1", "s", counted(broken=True))
    assert sender.steps[-1] == ("complete_stream", "c1", "s", "The stream was broken off.")


class Gone(RecordingSender):
    """A service that has lost the connection, and is not reached for saying so."""

    async def send_stream_item(self, *_: Any, **__: Any) -> None:
        raise ConnectionGoneError("gone")

    async def complete_stream(self, *_: Any, **__: Any) -> None:
        raise UnreachableError("no route")


async def test_a_stream_to_a_connection_that_is_gone_ends() -> None:
    with pytest.raises(ConnectionGoneError):
        await Streams(Gone()).send("c1", "s", counted())


async def test_a_stream_that_is_cancelled_is_cancelled_also_when_nobody_can_be_told() -> None:
    started = asyncio.Event()

    async def endless() -> AsyncIterator[int]:
        started.set()
        await asyncio.Event().wait()
        yield 1

    for sender in (RecordingSender(), Gone()):
        started.clear()
        task = asyncio.create_task(Streams(sender).send("c1", "s", endless()))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert task.cancelled()
