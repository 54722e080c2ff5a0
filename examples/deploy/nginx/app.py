import os

from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub


class Chat(ServerlessHub, naming="camel"):
    async def say(self, text: str) -> None:
        await self.clients.all.send("said", text)


service = EmbeddedService(
    public_url=os.environ["PUBLIC_URL"],
    access_key=os.environ["SIGNALR_ACCESS_KEY"],
    allow_loopback=False,
)
app = FastAPI()
HubRouter(Chat, default_service=service).install(app)
