"""Apps that the tests of `serverless_hub.testing` run."""

import asyncio
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from serverless_hub import ConnectionRejected, EmbeddedService, HubException, HubRouter, ServerlessHub

__all__ = ["Chat", "Message", "chat_app"]


class Message(BaseModel):
    text: str


class Chat(ServerlessHub, naming="camel"):
    async def on_connected(self) -> None:
        if self.context.user_id == "mallory":
            raise ConnectionRejected("not you")
        if self.context.user_id == "sloth":
            await asyncio.Event().wait()
        await self.groups.add(self.context.connection_id, "lobby")

    async def on_disconnected(self, error: str | None) -> None:
        await self.clients.all.send("left", self.context.user_id, error)

    async def say(self, message: Message) -> int:
        await self.clients.group("lobby").send("said", self.context.user_id, message)
        return len(message.text)

    async def fail(self, unexpectedly: bool) -> None:
        if unexpectedly:
            raise ZeroDivisionError
        raise HubException("this is a pity")

    async def ask(self, question: str) -> str:
        return await self.clients.caller.invoke("question", question, returns=str)

    async def who(self) -> tuple[str | None, Any]:
        identity = self.context.identity
        return self.context.user_id, None if identity is None else dict(identity.claims)

    async def echo(self, value: Any) -> Any:
        return value

    async def nothing(self) -> None:
        pass

    async def join(self, group: str, ttl: float) -> None:
        await self.user_groups.add(str(self.context.user_id), group, ttl=ttl)

    async def tell(self, group: str, text: str) -> None:
        await self.clients.group(group).send("told", text)

    async def say_later(self) -> None:
        for _ in range(100):
            await asyncio.sleep(0)
        await self.clients.caller.send("late")

    async def hang(self) -> None:
        await asyncio.Event().wait()

    async def close_me(self) -> None:
        await self.connections.close(self.context.connection_id, "enough")


def chat_app(**options: Any) -> FastAPI:
    """Return an app with the hub, and an embedded service unless `options` say something else.

    Without options it is always the same: each test runs it anew.
    """
    if options:
        return _made(options)
    if not _usual:
        _usual.append(_made({}))
    return _usual[0]


_usual: list[FastAPI] = []


def _made(options: dict[str, Any]) -> FastAPI:
    app = FastAPI()
    given: dict[str, Any] = {"default_service": EmbeddedService(), **options}
    HubRouter(Chat, **given).install(app)
    return app
