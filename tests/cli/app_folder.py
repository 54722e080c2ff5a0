"""An app for the commands that take one."""

from collections.abc import Callable
from pathlib import Path

__all__ = ["CHAT", "WriteModule"]

WriteModule = Callable[[str, str], Path]
"""Writes a module that nobody has imported, and returns its folder."""

CHAT = '''
from fastapi import FastAPI
from pydantic import BaseModel

from serverless_hub import EmbeddedService, HubException, HubRouter, ServerlessHub


class Message(BaseModel):
    text: str


class Chat(ServerlessHub, naming="camel"):
    async def on_connected(self) -> None:
        """Say hello."""
        await self.clients.caller.send("hello")

    async def send_message(self, room: str, text: str, also: list[Message] | None = None) -> int:
        """Tell everybody in a room.

        And count the letters.
        """
        if not text:
            raise HubException("say something")
        await self.clients.all.send("newMessage", room, text)
        return len(text)

    async def tell(self, *texts: str) -> None: ...

    def anything(self, value): return value


app = FastAPI()
router = HubRouter(Chat, default_service=EmbeddedService())
router.install(app)
'''
