from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub


class Chat(ServerlessHub, naming="camel"):
    async def on_connected(self) -> None:
        await self.groups.add(self.context.connection_id, "lobby")

    async def send_message(self, room: str, text: str) -> None:
        await self.clients.group(room).send("receiveMessage", text)


app = FastAPI()


@app.get("/")
async def page() -> FileResponse:
    return FileResponse(Path(__file__).with_name("page.html"))


HubRouter(Chat, default_service=EmbeddedService()).install(app)
