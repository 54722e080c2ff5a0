from fastapi import FastAPI, HTTPException

from serverless_hub import EmbeddedService, HubRouter, Negotiation, ServerlessHub


# --8<-- [start:hub]
async def who(name: str = "") -> Negotiation:
    if not name:
        raise HTTPException(401, "say your name first")
    return Negotiation(user_id=name)


class Quiz(ServerlessHub):
    async def answer(self, question: int, text: str) -> int:
        room = f"question-{question}"
        await self.groups.add(self.context.connection_id, room)
        await self.clients.group(room).send("answered", self.context.user_id, text)
        return len(text)


app = FastAPI()
HubRouter(Quiz, negotiate=who, default_service=EmbeddedService()).install(app)
# --8<-- [end:hub]
