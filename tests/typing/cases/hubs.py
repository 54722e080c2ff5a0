"""Hubs whose clients implement a Protocol, and hubs whose clients do not: what type checkers take and what not."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, Protocol, assert_type

from fastapi import Depends
from pydantic import BaseModel
from typing_extensions import TypeVar

from serverless_hub import HubRouter, InvocationContext, ServerlessHub, hub_method
from serverless_hub.hub.client_contract import client_contract
from serverless_hub.hub.clients import CallerClients, ClientProxy, Clients
from serverless_hub.hub.ports import HubSender
from serverless_hub.hub.typed_clients import ClientContract


class Message(BaseModel):
    text: str


class Order(BaseModel):
    number: int


class Presence(Protocol):
    async def joined(self, user: str | None) -> None: ...


class ChatClient(Presence, Protocol):
    async def receive_message(self, sender: str | None, message: Message) -> None: ...

    async def confirm(self, order: Order, hint: str = "") -> bool: ...

    async def several(self, *numbers: float) -> None: ...

    @hub_method("shown-as")
    async def renamed(self, at: int, /) -> list[Order]: ...


def get_number() -> int:
    return 1


class Chat(ServerlessHub[ChatClient], naming="camel", casing="camel"):
    async def send(self, room: str, message: Message) -> int:
        assert_type(self.clients, CallerClients[ChatClient])
        assert_type(self.clients.group(room), ChatClient)
        await self.clients.group(room).receive_message(self.context.user_id, message)
        await self.clients.group(room).receive_message(sender=None, message=message)
        await self.clients.all.joined("ann")
        await self.clients.others.several()
        await self.clients.others.several(1, 2.5)
        assert_type(await self.clients.caller.confirm(Order(number=1)), bool)
        assert_type(await self.clients.client("c", timeout=5).confirm(Order(number=1), hint="now"), bool)
        assert_type(await self.clients.client("c").renamed(1), list[Order])
        return len(message.text)

    async def wrong(self, message: Message) -> None:
        everyone, client = self.clients.all, self.clients.client
        await everyone.receive_message("ann")  # expect: mypy[call-arg] pyright[reportCallIssue]
        await everyone.receive_message(1, message)  # expect: mypy[arg-type] pyright[reportArgumentType]
        await everyone.receive_message("ann", "hi")  # expect: mypy[arg-type] pyright[reportArgumentType]
        await everyone.receive_message("ann", message, 1)  # expect: mypy[call-arg] pyright[reportCallIssue]
        await everyone.receive_message(sender=None, text="")  # expect: mypy[call-arg] pyright[reportCallIssue]
        await everyone.recieve_message(None, message)  # expect: mypy[attr-defined] pyright[reportAttributeAccessIssue]
        await everyone.send("joined", "ann")  # expect: mypy[attr-defined] pyright[reportAttributeAccessIssue]
        await everyone.several("1")  # expect: mypy[arg-type] pyright[reportArgumentType]
        await client("c").renamed(at=1)  # expect: mypy[call-arg] pyright[reportCallIssue]
        await client("c", timeout="5").joined("ann")  # expect: mypy[arg-type] pyright[reportArgumentType]
        await client(1).joined("ann")  # expect: mypy[arg-type] pyright[reportArgumentType]
        number: int = await client("c").renamed(1)  # expect: mypy[assignment] pyright[reportAssignmentType]
        assert number

    async def untyped(self, order: Order) -> None:
        clients = self.clients.untyped
        assert_type(clients, CallerClients[ClientProxy])
        await clients.all.send("anything", 1, order)
        assert_type(await clients.caller.invoke("confirm", order, returns=bool), bool)
        assert_type(await clients.client("c").invoke("confirm", returns=list[Order], timeout=5), list[Order])
        await clients.all.joined(None)  # expect: mypy[attr-defined] pyright[reportAttributeAccessIssue]
        caller = clients.caller
        answer: str = await caller.invoke("x", returns=bool)  # expect: mypy[arg-type] pyright[reportAssignmentType]
        assert answer


class Lobby(Chat):
    async def greet(self) -> None:
        assert_type(self.clients.all, ChatClient)
        await self.clients.all.joined(None)
        await self.clients.all.joined(3)  # expect: mypy[arg-type] pyright[reportArgumentType]


class Plain(ServerlessHub):
    async def send(self, number: Annotated[int, Depends(get_number)]) -> None:
        assert_type(self.clients, CallerClients[ClientProxy])
        assert_type(self.clients.all, ClientProxy)
        await self.clients.all.send("anything", number)
        value: Any = await self.clients.caller.invoke("ask", number)
        maybe: int | None = await self.clients.caller.invoke("ask", returns=int | None)
        assert value or maybe
        await self.clients.all.joined(None)  # expect: mypy[attr-defined] pyright[reportAttributeAccessIssue]
        await self.clients.all.send(1)  # expect: mypy[arg-type] pyright[reportArgumentType]
        await self.clients.caller.invoke("ask", returns=5)  # expect: mypy[call-overload] pyright[reportCallIssue]


ClientT = TypeVar("ClientT", bound=Presence)


class WithPresence(ServerlessHub[ClientT], Generic[ClientT]):
    async def on_connected(self) -> None:
        await self.clients.others.joined(self.context.user_id)
        await self.clients.others.joined(3)  # expect: mypy[arg-type] pyright[reportArgumentType]


class Rooms(WithPresence[ChatClient]):
    async def send(self) -> None:
        assert_type(self.clients.all, ChatClient)
        await self.clients.all.receive_message(None, Message(text=""))


class NoPresence(WithPresence[Message]): ...  # expect: mypy[type-var] pyright[reportInvalidTypeArguments]


def contracts(sender: HubSender, context: InvocationContext) -> None:
    contract = client_contract(ChatClient, naming="camel")
    assert_type(contract, ClientContract[ChatClient])
    assert_type(Clients(sender, contract), Clients[ChatClient])
    assert_type(Clients(sender), Clients[ClientProxy])
    assert_type(context.clients, CallerClients[ClientProxy])
    assert_type(context.clients.typed(contract), CallerClients[ChatClient])


def plain_clients(clients: Clients) -> Callable[..., Any]:
    assert_type(clients.all, ClientProxy)
    return clients.all.send


router = HubRouter(Chat, Lobby, Plain, Rooms)
