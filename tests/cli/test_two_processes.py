"""The main path in both modes, with a client that sees every message: only configuration changes."""

import asyncio
from typing import Annotated, ClassVar

import pytest
from fastapi import FastAPI, Header

from serverless_hub import ConnectionRejected, EmbeddedService, HubRouter, Negotiation, ServerlessHub
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import Close, Invocation
from tests.support.client import connected
from tests.support.modes import Host, in_both_modes

pytestmark = pytest.mark.timeout(60)
both_protocols = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)


class Chat(ServerlessHub):
    ends: "ClassVar[asyncio.Queue[str | None]]" = asyncio.Queue()

    async def on_connected(self) -> None:
        if self.context.user_id == "banned":
            raise ConnectionRejected("You are banned.")
        await self.clients.caller.send("welcome", self.context.user_id)

    async def on_disconnected(self, error: str | None) -> None:
        self.ends.put_nowait(error)

    async def echo(self, text: str) -> str:
        return text

    async def tell(self, user: str, text: str) -> None:
        await self.clients.user(user).send("heard", text)

    async def move(self, group: str) -> list[str]:
        await self.groups.add(self.context.connection_id, group)
        return [member.connection_id async for member in self.groups.members(group)]

    async def identity(self) -> str | None:
        return self.context.identity.user_id if self.context.identity is not None else None

    async def leave(self) -> None:
        await self.connections.close(self.context.connection_id, "Come back soon.")


async def who(name: Annotated[str | None, Header()] = None) -> Negotiation:
    return Negotiation(user_id=name)


@pytest.fixture
def app() -> FastAPI:
    Chat.ends = asyncio.Queue()
    made = FastAPI()
    HubRouter(Chat, negotiate=who, default_service=EmbeddedService()).install(made)
    return made


@pytest.mark.requirement("process.same-app")
@both_protocols
@in_both_modes
async def test_calls_are_answered_and_messages_arrive(host: Host, app: FastAPI, protocol: HubProtocol) -> None:
    async with (
        host(app) as url,
        connected(url, protocol=protocol, name="ann") as ann,
        connected(url, protocol=protocol, name="ben") as ben,
    ):
        assert await ann.call_of("welcome") == ["ann"]
        assert await ben.call_of("welcome") == ["ben"]
        assert ann.result_of(await ann.invoke("echo", "hä")) == "hä"
        assert ann.result_of(await ann.invoke("identity")) == "ann"
        await ann.invoke("tell", "ben", "hello")
        assert await ben.call_of("heard") == ["hello"]
        first = ann.result_of(await ann.invoke("move", "red"))
        assert len(first) == 1
        assert set(ben.result_of(await ben.invoke("move", "red"))) > set(first)


@in_both_modes
async def test_a_client_that_is_refused_hears_why(host: Host, app: FastAPI) -> None:
    async with host(app) as url, connected(url, name="banned") as client:
        assert await client.receive() == Close("You are banned.")


@in_both_modes
async def test_a_client_that_the_app_closes_hears_why_and_may_come_back(host: Host, app: FastAPI) -> None:
    async with host(app) as url, connected(url, name="ann") as client:
        assert await client.call_of("welcome") == ["ann"]
        await client.send(Invocation("leave", ()))
        assert await client.receive() == Close("Come back soon.", allow_reconnect=True)


@in_both_modes
async def test_the_app_can_tell_a_broken_line_from_a_client_that_left(host: Host, app: FastAPI) -> None:
    async with host(app) as url, asyncio.timeout(30):
        async with connected(url, name="ann"):
            pass
        assert await Chat.ends.get() is None
        async with connected(url, name="ann") as client:
            client.socket.transport.abort()
            error = await Chat.ends.get()
        assert error is not None
        assert error.startswith("The connection was lost")
