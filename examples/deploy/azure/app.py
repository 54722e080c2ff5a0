import os

from fastapi import FastAPI

from serverless_hub import HubRouter, ServerlessHub


class Chat(ServerlessHub, naming="camel"):
    async def say(self, text: str) -> None:
        await self.clients.all.send("said", text)


app = FastAPI()
HubRouter(Chat, upstream_code=os.environ["UPSTREAM_CODE"]).install(app)
