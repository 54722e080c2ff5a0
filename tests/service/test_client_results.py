"""Calls that a client answers, over real WebSockets."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.errors import ClientResultError, ConnectionGoneError, ServiceTimeoutError
from serverless_hub.hub.ports import HubSender
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.commands import CloseConnection, Command, SendMessage
from serverless_hub.protocol.messages import Close, Completion, Invocation, StreamItem
from tests.support.client import Client, connected
from tests.support.server import serving, with_each_websocket

__all__ = ["with_each_websocket"]  # pytest uses it by its name

pytestmark = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)


@dataclass
class Server:
    url: str
    sender: HubSender


@asynccontextmanager
async def chat() -> AsyncGenerator[Server]:
    """Yield an app whose hub asks its caller before it answers."""
    service = EmbeddedService()
    sender = service.sender("chat")

    class Chat(ServerlessHub):
        async def me(self) -> str:
            return self.context.connection_id

        async def order(self, dish: str) -> str:
            count = await sender.invoke(self.context.connection_id, "howMany", [dish], 10)
            return f"{count} {dish}"

    app = FastAPI()
    HubRouter(Chat, default_service=service).install(app)
    async with serving(app) as url:
        yield Server(url, sender)


async def asked(client: Client, target: str) -> tuple[str, Any]:
    """Return id and arguments of the service's next call."""
    while True:
        message = await client.receive()
        if isinstance(message, Invocation) and message.target == target:
            assert message.invocation_id is not None
            return message.invocation_id, client.protocol.decode_value(message.arguments)


@pytest.mark.requirement("service.client-results.own-caller")
async def test_a_method_gets_a_result_of_its_own_caller(protocol: HubProtocol) -> None:
    async with chat() as server, connected(server.url, protocol=protocol) as client:
        await client.send(Invocation("order", ["pizza"], "1"))
        invocation_id, arguments = await asked(client, "howMany")
        assert arguments == ["pizza"]
        await client.send(Completion(invocation_id, 3))
        completion = await client.receive()
        assert isinstance(completion, Completion)
        assert (completion.invocation_id, client.result_of(completion)) == ("1", "3 pizza")


@pytest.mark.requirement("service.client-results")
async def test_a_client_answers_with_an_error_or_not_at_all(protocol: HubProtocol) -> None:
    async with chat() as server, connected(server.url, protocol=protocol) as client:
        connection_id = client.result_of(await client.invoke("me"))
        call = asyncio.create_task(server.sender.invoke(connection_id, "confirm", [], 10))
        invocation_id, _ = await asked(client, "confirm")
        await client.send(Completion(invocation_id, error="no"))
        with pytest.raises(ClientResultError, match=r"^no$"):
            await call
        with pytest.raises(ServiceTimeoutError):
            await server.sender.invoke(connection_id, "confirm", [], 0.01)
        call = asyncio.create_task(server.sender.invoke(connection_id, "confirm", [], 10))
        await asked(client, "confirm")
        await client.socket.close()
        with pytest.raises(ConnectionGoneError):
            await call


@pytest.mark.requirement("service.streams")
async def test_a_stream_arrives_item_by_item(protocol: HubProtocol) -> None:
    async with chat() as server, connected(server.url, protocol=protocol) as client:
        connection_id = client.result_of(await client.invoke("me"))
        await server.sender.send_stream_item(connection_id, "s", {"n": 1}, completed=False)
        await server.sender.send_stream_item(connection_id, "s", {"n": 2}, completed=True)
        items = [await client.receive() for _ in range(2)]
        assert [protocol.decode_value(item.item) for item in items if isinstance(item, StreamItem)] == [
            {"n": 1},
            {"n": 2},
        ]
        assert await client.receive() == Completion("s")


async def test_a_batch_reaches_whom_its_filter_takes(protocol: HubProtocol) -> None:
    async with (
        chat() as server,
        connected(server.url, protocol=protocol) as chosen,
        connected(server.url, protocol=protocol) as other,
    ):
        connection_id = chosen.result_of(await chosen.invoke("me"))
        commands: list[Command] = [SendMessage("bye", ["now"]), CloseConnection("over")]
        await server.sender.execute(commands, f"connectionId eq '{connection_id}'")
        assert await chosen.call_of("bye") == ["now"]
        assert await chosen.receive() == Close("over", allow_reconnect=True)
        assert (await other.invoke("me")).error is None
