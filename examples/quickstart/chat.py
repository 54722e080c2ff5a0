from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubException, HubRouter, ServerlessHub


class Chat(ServerlessHub, naming="camel"):
    async def on_connected(self) -> None:
        await self.groups.add(self.context.connection_id, "lobby")

    async def send_message(self, room: str, text: str) -> int:
        if not text:
            raise HubException("say something")
        await self.clients.group(room).send("receiveMessage", text)
        return len(text)


app = FastAPI()
HubRouter(Chat, default_service=EmbeddedService()).install(app)
