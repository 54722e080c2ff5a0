from fastapi import FastAPI
from pydantic import BaseModel

from serverless_hub import EmbeddedService, HubException, HubRouter, ServerlessHub


# --8<-- [start:send]
class Story(BaseModel):
    title: str
    words: int


class News(ServerlessHub, naming="camel"):
    async def publish(self, topic: str, story: Story) -> None:
        await self.clients.others_in_group(topic).send("story", topic, story)
        await self.clients.caller.send("published", story.title)

    # --8<-- [end:send]
    # --8<-- [start:groups]
    async def follow(self, topic: str) -> None:
        await self.groups.add(self.context.connection_id, topic)

    async def unfollow(self, topic: str) -> None:
        await self.groups.remove(self.context.connection_id, topic)

    # --8<-- [end:groups]
    # --8<-- [start:close]
    async def leave(self) -> None:
        await self.context.abort("goodbye")

    async def remove(self, connection_id: str) -> None:
        if not await self.connections.exists(connection_id):
            raise HubException("that connection is not open")
        await self.connections.close(connection_id, "you were removed")

    # --8<-- [end:close]


app = FastAPI()
HubRouter(News, default_service=EmbeddedService()).install(app)
