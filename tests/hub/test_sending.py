"""Whom a hub sends to, and what it asks of its service."""

from collections.abc import Callable

import pytest

from serverless_hub import InvocationContext, Negotiation, ServerlessHub
from serverless_hub.hub.clients import CallerClients, ClientProxy, Clients
from serverless_hub.hub.ports import Receivers
from serverless_hub.protocol.upstream import Category
from tests.support.hub_bench import Bench
from tests.support.recording import RecordingSender, Sent


def context(sender: RecordingSender | None) -> InvocationContext:
    return InvocationContext(hub="chat", category=Category.MESSAGES, event="run", connection_id="c1", sender=sender)


CHOICES: list[tuple[Callable[[CallerClients], ClientProxy], Receivers]] = [
    (lambda clients: clients.all, Receivers("all")),
    (lambda clients: clients.all_except(["c2"]), Receivers("all", excluded=("c2",))),
    (lambda clients: clients.client("c2"), Receivers("connections", ("c2",))),
    (lambda clients: clients.clients(["c2", "c3"]), Receivers("connections", ("c2", "c3"))),
    (lambda clients: clients.group("g"), Receivers("groups", ("g",))),
    (lambda clients: clients.group_except("g", ["c2"]), Receivers("groups", ("g",), ("c2",))),
    (lambda clients: clients.groups(["g", "h"]), Receivers("groups", ("g", "h"))),
    (lambda clients: clients.user("ann"), Receivers("users", ("ann",))),
    (lambda clients: clients.users(["ann", "ben"]), Receivers("users", ("ann", "ben"))),
    (lambda clients: clients.caller, Receivers("connections", ("c1",))),
    (lambda clients: clients.others, Receivers("all", excluded=("c1",))),
    (lambda clients: clients.others_in_group("g"), Receivers("groups", ("g",), ("c1",))),
]


@pytest.mark.requirement("class-model.clients", "class-model.caller")
@pytest.mark.parametrize(("choose", "receivers"), CHOICES)
async def test_a_message_goes_to_whom_the_name_says(
    choose: Callable[[CallerClients], ClientProxy], receivers: Receivers
) -> None:
    sender = RecordingSender()
    await choose(context(sender).clients).send("heard", "hi", 1)
    assert sender.sent == [Sent(receivers, "heard", ("hi", 1))]


async def test_a_message_needs_a_target() -> None:
    with pytest.raises(ValueError, match="target"):
        await Clients(RecordingSender()).all.send("")


@pytest.mark.requirement("class-model.groups")
async def test_groups_of_connections_are_managed() -> None:
    sender = RecordingSender()
    groups = context(sender).groups
    await groups.add("c1", "g")
    await groups.remove("c1", "g")
    await groups.remove_from_all("c1")
    assert sender.steps == [
        ("add_to_group", "c1", "g"),
        ("remove_from_group", "c1", "g"),
        ("remove_from_all_groups", "c1"),
    ]


@pytest.mark.requirement("class-model.user-groups")
async def test_groups_of_users_are_managed() -> None:
    sender = RecordingSender()
    groups = context(sender).user_groups
    await groups.add("ann", "g")
    assert await groups.contains("ann", "g")
    await groups.add("ann", "h", ttl=0)
    await groups.remove("ann", "g")
    await groups.remove_from_all("ann")
    assert sender.steps == [
        ("add_user_to_group", "ann", "g", None),
        ("add_user_to_group", "ann", "h", 0),
        ("remove_user_from_group", "ann", "g"),
        ("remove_user_from_all_groups", "ann"),
    ]


@pytest.mark.parametrize("name", ["", "  ", "x" * 1025])
async def test_a_name_that_no_group_can_have_is_refused(name: str) -> None:
    groups = context(RecordingSender())
    with pytest.raises(ValueError, match="a group's name has at"):
        await groups.groups.add("c1", name)
    with pytest.raises(ValueError, match="a group's name has at"):
        await groups.user_groups.add("ann", name)


async def test_a_lifetime_that_is_negative_is_refused() -> None:
    with pytest.raises(ValueError, match="ttl must be from 0"):
        await context(RecordingSender()).user_groups.add("ann", "g", ttl=-1)


@pytest.mark.requirement("class-model.connections")
async def test_connections_are_closed_and_looked_for() -> None:
    sender = RecordingSender(existing={("connections", "c1")})
    here = context(sender)
    await here.connections.close("c2", "bye")
    await here.abort("enough")
    assert await here.connections.exists("c1")
    assert sender.steps == [
        ("close", Receivers("connections", ("c2",)), "bye"),
        ("close", Receivers("connections", ("c1",)), "enough"),
    ]


async def test_a_context_made_by_hand_says_that_it_reaches_nobody() -> None:
    with pytest.raises(RuntimeError, match="made by hand"):
        await context(None).abort()
    with pytest.raises(RuntimeError, match="made by hand"):
        await context(None).negotiate(Negotiation())
    assert context(None).identity is None


@pytest.mark.parametrize("name", ["context", "clients", "groups", "user_groups", "connections"])
def test_a_hub_made_by_hand_says_that_it_has_no_event(name: str) -> None:
    class Chat(ServerlessHub): ...

    with pytest.raises(RuntimeError, match="Chat has no event here"):
        getattr(Chat(), name)


@pytest.mark.requirement("context.repr")
def test_the_repr_of_a_context_shows_nothing_that_could_be_secret() -> None:
    shown = repr(context(RecordingSender()))
    assert "arguments" not in shown
    assert "headers" not in shown
    assert "claims" not in shown
    assert "sender" not in shown


@pytest.mark.requirement("class-model.negotiate")
async def test_a_hub_negotiates_for_others() -> None:
    class Chat(ServerlessHub):
        async def invite(self, name: str) -> str:
            return (await self.negotiate(Negotiation(user_id=name))).accessToken

    assert await Bench(Chat).result("invite", "ben") == "ben"


@pytest.mark.parametrize("name", ["all_except", "clients", "groups", "users"])
def test_one_name_in_the_place_of_several_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match=r"several names are a list: write \['abc'\]"):
        getattr(Clients(RecordingSender()), name)("abc")
