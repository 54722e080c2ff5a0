"""Two hubs with something of everything that a document can show."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Header
from pydantic import BaseModel, Field

from serverless_hub import EmbeddedService, HubRouter, InvocationContext, Negotiation, ServerlessHub, hub_method

__all__ = ["Chat", "News", "documented_app", "documented_router"]


class Message(BaseModel):
    """What somebody says."""

    text: str = Field(alias="txt", description="The words")
    parts: list["Message"] = []


class Receipt(BaseModel):
    id: UUID
    message: Message


async def caller_name(name: Annotated[str, Header()] = "") -> str:
    return name


class Chat(ServerlessHub, naming="camel"):
    async def on_connected(self) -> None:
        """Enter the lobby."""

    async def send_message(self, room: str, message: Message, urgent: bool = False) -> Receipt:
        """Send a message to a room.

        Everybody in it gets it.
        """
        del room, urgent
        return Receipt(id=UUID(int=1), message=message)

    async def count(self, *words: str) -> int:
        return len(words)

    async def clear(self) -> None:
        """Forget everything."""

    async def anything(self, value, context: InvocationContext):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - that is the case
        """Take and return anything."""
        del context
        return value  # pyright: ignore[reportUnknownVariableType] - that is the case

    async def whisper(self, text: str, *, name: Annotated[str, Depends(caller_name)]) -> str:
        return name + text


class News(ServerlessHub):
    async def on_disconnected(self, error: str | None) -> None:
        """Count readers."""

    @hub_method("send-message")
    async def send_message(self, message: Message, tags: dict[str, list[int]]) -> list[Message] | None:
        """Publish."""
        del tags
        return [message]


async def who() -> Negotiation:
    return Negotiation()


def documented_router(**options: Any) -> HubRouter:
    return HubRouter(Chat, News, negotiate=who, default_service=EmbeddedService(), **options)


def documented_app(**options: Any) -> FastAPI:
    app = FastAPI()
    documented_router(**options).install(app)
    return app
