from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from fastapi import FastAPI
from fastapi.responses import FileResponse

from serverless_hub import EmbeddedService, HubException, HubRouter, ServerlessHub


# --8<-- [start:hub]
class Drink(StrEnum):
    TEA = "tea"
    COFFEE = "coffee"
    WATER = "water"


class PollClient(Protocol):
    async def counted(self, votes: dict[Drink, int]) -> None: ...


votes: Counter[Drink] = Counter()
voted: set[str] = set()


class Poll(ServerlessHub[PollClient], naming="camel"):
    async def on_connected(self) -> None:
        await self.clients.caller.counted(votes)

    async def vote(self, drink: Drink) -> int:
        if self.context.connection_id in voted:
            raise HubException("you have voted already")
        voted.add(self.context.connection_id)
        votes[drink] += 1
        await self.clients.all.counted(votes)
        return votes[drink]


# --8<-- [end:hub]
app = FastAPI()


@app.get("/")
async def page() -> FileResponse:
    return FileResponse(Path(__file__).with_name("index.html"))


HubRouter(Poll, default_service=EmbeddedService()).install(app)
