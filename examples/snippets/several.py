from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub


# --8<-- [start:hubs]
class Chat(ServerlessHub):
    async def shout(self, text: str) -> None:
        await self.clients.all.send("shouted", text)


class Prices(ServerlessHub, hub="ticker"):
    async def quote(self, cents: int) -> None:
        await self.clients.all.send("quoted", cents)


app = FastAPI()
HubRouter(Chat, Prices, prefix="/live", default_service=EmbeddedService()).install(app)
# --8<-- [end:hubs]
