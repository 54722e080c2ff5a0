import os

from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub


class Chat(ServerlessHub, naming="camel"):
    async def say(self, text: str) -> None:
        await self.clients.all.send("said", text)


# --8<-- [start:embedded]
def behind_a_proxy() -> FastAPI:
    service = EmbeddedService(
        public_url=os.environ["PUBLIC_URL"],
        access_key=os.environ["SIGNALR_ACCESS_KEY"],
        allow_loopback=False,
    )
    app = FastAPI()
    HubRouter(Chat, default_service=service).install(app)
    return app


# --8<-- [end:embedded]
# --8<-- [start:azure]
def on_azure() -> FastAPI:
    app = FastAPI()
    HubRouter(Chat, upstream_code=os.environ["UPSTREAM_CODE"]).install(app)
    return app


# --8<-- [end:azure]
app = on_azure() if "AzureSignalRConnectionString" in os.environ else behind_a_proxy()
