"""Hubs from outside: what type checkers take and what not."""

from typing import Annotated, Protocol, assert_type

from fastapi import Depends

from serverless_hub import HubContext, HubRouter, ServerlessHub, SyncHubContext
from serverless_hub.hub.clients import ClientProxy
from serverless_hub.hub.ports import GroupMember
from serverless_hub.management import CloseConnection, JoinGroup


class ChatClient(Protocol):
    async def receive_message(self, text: str) -> None: ...

    async def confirm(self, order: int) -> bool: ...


class Chat(ServerlessHub[ChatClient]):
    pass


class Plain(ServerlessHub):
    pass


router = HubRouter(Chat, Plain)
chat = router.context(Chat)


async def endpoint(hub: Annotated[HubContext[ChatClient], Depends(chat)]) -> None:
    assert_type(chat, HubContext[ChatClient])
    await hub.clients.all.receive_message("hello")
    await hub.clients.all.receive_message(5)  # expect: mypy[arg-type] pyright[reportArgumentType]
    await hub.clients.all.send("hello")  # expect: mypy[attr-defined] pyright[reportAttributeAccessIssue]
    assert_type(await hub.clients.client("c").confirm(1), bool)
    await hub.clients.client("c", timeout=5).confirm("1")  # expect: mypy[arg-type] pyright[reportArgumentType]
    await hub.clients.untyped.all.send("anything", 1)


async def script() -> None:
    assert_type(HubContext.from_settings(Chat), HubContext[ChatClient])
    assert_type(HubContext.from_settings("chat"), HubContext[ClientProxy])
    assert_type(HubContext.from_connection_string("", Plain), HubContext[ClientProxy])
    async with HubContext.from_connection_string("", "chat").typed(ChatClient, naming="camel") as hub:
        assert_type(hub, HubContext[ChatClient])
        await hub.groups.add("c", "g")
        await hub.groups.add("c")  # expect: mypy[call-arg] pyright[reportCallIssue]
        await hub.user_groups.add("ann", "g", ttl="60")  # expect: mypy[arg-type] pyright[reportArgumentType]
        await hub.execute(JoinGroup("g"), CloseConnection(), only="userId eq null")
        await hub.execute("JoinGroup")  # expect: mypy[arg-type] pyright[reportArgumentType]
        members = [member async for member in hub.groups.members("g")]
        assert_type(members, list[GroupMember])
        narrow = hub.with_endpoints("west")
        assert_type(narrow, HubContext[ChatClient])


def waiting() -> None:
    with SyncHubContext(HubContext.from_settings(Chat)) as hub:
        hub.clients.all.send("news", 1)
        hub.groups.add("c", "g")
        hub.groups.add("c", 5)  # expect: mypy[arg-type] pyright[reportArgumentType]
        assert_type(hub.groups.members("g"), list[GroupMember])
        assert_type(hub.run(hub.context.clients.client("c").confirm(1)), bool)
        assert_type(hub.is_healthy(), bool)


HubContext.from_settings(5)  # expect: mypy[call-overload] pyright[reportCallIssue]
