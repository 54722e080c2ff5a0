import os

from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub, ServiceSettings


class Chat(ServerlessHub):
    async def echo(self, text: str) -> str:
        return text


# --8<-- [start:service]
service = EmbeddedService(
    public_url="https://chat.example.com",
    access_key=os.environ.get("SIGNALR_ACCESS_KEY"),
    settings=ServiceSettings(max_message_bytes=64 * 1024, client_timeout=60),
)
app = FastAPI()
HubRouter(Chat, default_service=service).install(app)
# --8<-- [end:service]
