"""Every part of a `SyncHubContext` does what that of a `HubContext` does, and waits for it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from serverless_hub.hub.clients import Clients
from serverless_hub.hub.groups import Connections, Groups, UserGroups, Users
from serverless_hub.hub.ports import GroupMember, GroupPage, Receivers
from serverless_hub.management.waiting import (
    WaitingClients,
    WaitingConnections,
    WaitingGroups,
    WaitingProxy,
    WaitingUserGroups,
    WaitingUsers,
)
from tests.support.recording import RecordingSender

CHOICES: list[tuple[Callable[[WaitingClients], WaitingProxy], Receivers]] = [
    (lambda clients: clients.all, Receivers("all")),
    (lambda clients: clients.all_except(["c1"]), Receivers("all", excluded=("c1",))),
    (lambda clients: clients.client("c1"), Receivers("connections", ("c1",))),
    (lambda clients: clients.clients(["c1", "c2"]), Receivers("connections", ("c1", "c2"))),
    (lambda clients: clients.group("red"), Receivers("groups", ("red",))),
    (lambda clients: clients.group_except("red", ["c1"]), Receivers("groups", ("red",), ("c1",))),
    (lambda clients: clients.groups(["red", "blue"]), Receivers("groups", ("red", "blue"))),
    (lambda clients: clients.user("ann"), Receivers("users", ("ann",))),
    (lambda clients: clients.users(["ann", "ben"]), Receivers("users", ("ann", "ben"))),
]


@pytest.mark.parametrize(("choose", "receivers"), CHOICES)
def test_whom_one_chooses_gets_the_message(
    choose: Callable[[WaitingClients], WaitingProxy], receivers: Receivers
) -> None:
    sender = RecordingSender()
    choose(WaitingClients(Clients(sender), asyncio.run)).send("news", 5)
    assert [(sent.receivers, sent.target, sent.arguments) for sent in sender.sent] == [(receivers, "news", (5,))]


def test_a_client_has_as_long_for_its_answer_as_one_says() -> None:
    sender = RecordingSender(result="7")
    client = WaitingClients(Clients(sender), asyncio.run).client("c1", timeout=3.0)
    assert client.invoke("guess", returns=int) == 7
    assert sender.steps == [("invoke", "c1", "guess", 3.0)]


def test_groups_users_and_connections_are_managed() -> None:
    sender = RecordingSender(existing={("groups", "red"), ("users", "ann"), ("connections", "c1")})
    groups = WaitingGroups(Groups(sender), asyncio.run)
    members = WaitingUserGroups(UserGroups(sender), asyncio.run)
    users = WaitingUsers(Users(sender), asyncio.run)
    connections = WaitingConnections(Connections(sender), asyncio.run)
    assert [groups.exists("red"), users.exists("ann"), connections.exists("c1"), users.exists("ben")] == [
        True, True, True, False,
    ]  # fmt: skip
    groups.add("c1", "red")
    groups.remove("c1", "red")
    groups.remove_from_all("c1")
    groups.close("red", "late", excluded=["c1"])
    members.add("ann", "red", ttl=5)
    members.remove("ann", "red")
    members.remove_from_all("ann")
    users.close("ann", "late", excluded=["c1"])
    connections.close("c1", "late")
    connections.close_all("late", excluded=["c1"])
    assert not members.contains("ann", "red")
    expected: list[tuple[Any, ...]] = [
        ("add_to_group", "c1", "red"),
        ("remove_from_group", "c1", "red"),
        ("remove_from_all_groups", "c1"),
        ("close", Receivers("groups", ("red",), ("c1",)), "late"),
        ("add_user_to_group", "ann", "red", 5),
        ("remove_user_from_group", "ann", "red"),
        ("remove_user_from_all_groups", "ann"),
        ("close", Receivers("users", ("ann",), ("c1",)), "late"),
        ("close", Receivers("connections", ("c1",)), "late"),
        ("close", Receivers("all", excluded=("c1",)), "late"),
    ]
    assert sender.steps == expected


def test_the_members_of_a_group_are_a_list() -> None:
    page = [GroupMember("c1", "ann"), GroupMember("c2")]
    sender = RecordingSender(pages=[GroupPage(page[:1], "more"), GroupPage(page[1:])])
    assert WaitingGroups(Groups(sender), asyncio.run).members("red") == page
