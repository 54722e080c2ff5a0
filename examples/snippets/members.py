from typing import Annotated

from fastapi import FastAPI, Header

from serverless_hub import EmbeddedService, HubRouter, Negotiation, ServerlessHub


# --8<-- [start:hub]
class Club(ServerlessHub, naming="camel"):
    async def enrol(self, user_id: str) -> None:
        await self.user_groups.add(user_id, "members")

    async def invite(self, user_id: str, seconds: float) -> None:
        await self.user_groups.add(user_id, "members", ttl=seconds)

    async def expel(self, user_id: str) -> None:
        await self.user_groups.remove(user_id, "members")

    async def is_member(self, user_id: str) -> bool:
        return await self.user_groups.contains(user_id, "members")

    async def announce(self, text: str) -> None:
        await self.clients.group("members").send("announced", text)

    # --8<-- [end:hub]


async def who(name: Annotated[str | None, Header()] = None) -> Negotiation:  # stands for somebody who has signed in
    return Negotiation(user_id=name)


app = FastAPI()
HubRouter(Club, negotiate=who, default_service=EmbeddedService()).install(app)
