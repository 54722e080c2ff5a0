from fastapi import FastAPI

from serverless_hub import ConnectionRejected, EmbeddedService, HubRouter, ServerlessHub

# --8<-- [start:hub]
SEATS = 2
seated: set[str] = set()


class Lounge(ServerlessHub, naming="camel"):
    async def on_connected(self) -> None:
        if len(seated) == SEATS:
            raise ConnectionRejected("the lounge is full")
        seated.add(self.context.connection_id)
        await self.clients.all.send("seated", len(seated))

    async def on_disconnected(self, error: str | None) -> None:
        seated.discard(self.context.connection_id)
        await self.clients.all.send("left", len(seated), error)


# --8<-- [end:hub]
app = FastAPI()
HubRouter(Lounge, default_service=EmbeddedService()).install(app)
