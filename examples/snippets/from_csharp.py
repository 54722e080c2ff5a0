from typing import Annotated

from fastapi import FastAPI, Header

from serverless_hub import EmbeddedService, HubRouter, Negotiation, ServerlessHub


# --8<-- [start:hub]
async def who(x_ms_client_principal_id: Annotated[str, Header()]) -> Negotiation:
    return Negotiation(user_id=x_ms_client_principal_id)


class Quiz(ServerlessHub, naming="camel"):
    async def on_connected(self) -> None:
        await self.clients.all.send("joined", self.context.user_id)

    async def answer(self, question: int, text: str) -> None:
        group = f"question-{question}"
        await self.groups.add(self.context.connection_id, group)
        await self.clients.group(group).send("answered", self.context.user_id, text)


app = FastAPI()
HubRouter(Quiz, negotiate=who, default_service=EmbeddedService()).install(app)
# --8<-- [end:hub]
