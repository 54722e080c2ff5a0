from collections import Counter
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub

votes: Counter[str] = Counter()


class Poll(ServerlessHub, naming="camel"):
    async def on_connected(self) -> None:
        await self.clients.caller.send("counted", votes)

    async def vote(self, drink: str) -> None:
        votes[drink] += 1
        await self.clients.all.send("counted", votes)


app = FastAPI()


@app.get("/")
async def page() -> FileResponse:
    return FileResponse(Path(__file__).with_name("index.html"))


HubRouter(Poll, default_service=EmbeddedService()).install(app)
