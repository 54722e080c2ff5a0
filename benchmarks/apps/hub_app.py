"""Our side: typed hubs in a FastAPI app, as the documentation shows them."""

from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel

from benchmarks.harness.servers import KEY
from serverless_hub import EmbeddedService, HubRouter, ServerlessHub

__all__ = ["Chat", "Injecting", "Message", "app", "hub_app", "injecting"]


class Message(BaseModel):
    text: str


class Chat(ServerlessHub, hub="chat", naming="camel"):
    async def on_connected(self) -> None:
        await self.groups.add(self.context.connection_id, "lobby")

    async def send_message(self, room: str, message: Message) -> int:
        return len(room) + len(message.text)

    async def publish(self, text: str) -> None:
        await self.clients.group_except("lobby", ["somebody-else"]).send("message", text)

    async def echo(self, text: str) -> str:
        return text


async def constant() -> int:
    return 0


class Injecting(ServerlessHub, hub="chat", naming="camel"):
    async def send_message(self, room: str, message: Message, *, more: Annotated[int, Depends(constant)]) -> int:
        return len(room) + len(message.text) + more


def hub_app(hub: type[ServerlessHub]) -> FastAPI:
    """Return an app with `hub` and another route."""
    made = FastAPI()

    @made.get("/other")
    async def other() -> dict[str, str]:
        return {"hello": "world"}

    HubRouter(hub, default_service=EmbeddedService(access_key=KEY)).install(made)
    return made


app = hub_app(Chat)
injecting = hub_app(Injecting)
