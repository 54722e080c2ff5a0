from collections import Counter
from enum import StrEnum
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated, Protocol

from fastapi import Cookie, FastAPI, HTTPException, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from serverless_hub import EmbeddedService, HubException, HubRouter, Negotiation, ServerlessHub

app = FastAPI()


@app.get("/")
async def page() -> FileResponse:
    return FileResponse(Path(__file__).with_name("index.html"))


# --8<-- [start:who]
class Person(BaseModel):
    name: str = Field(min_length=1, max_length=20)


names: dict[str, str] = {}  # by what stands in the cookie


@app.post("/sign-in", status_code=204)
async def sign_in(person: Person, response: Response) -> None:
    if person.name in names.values():
        raise HTTPException(409, "somebody else has that name")
    session = token_urlsafe()
    names[session] = person.name
    response.set_cookie("session", session, httponly=True, samesite="lax")


async def who(session: Annotated[str | None, Cookie()] = None) -> Negotiation:
    if session not in names:
        raise HTTPException(401, "say your name first")
    return Negotiation(user_id=names[session])


# --8<-- [end:who]
class Drink(StrEnum):
    TEA = "tea"
    COFFEE = "coffee"
    WATER = "water"


class PollClient(Protocol):
    async def counted(self, votes: dict[Drink, int]) -> None: ...


# --8<-- [start:hub]
ballots: dict[str, Drink] = {}  # by user


class Poll(ServerlessHub[PollClient], naming="camel"):
    async def on_connected(self) -> None:
        if self._user() in ballots:
            await self.clients.caller.counted(Counter(ballots.values()))

    async def vote(self, drink: Drink) -> None:
        user = self._user()
        ballots[user] = drink
        await self.user_groups.add(user, "voters")
        await self.clients.group("voters").counted(Counter(ballots.values()))

    def _user(self) -> str:
        identity = self.context.identity
        if identity is None or identity.user_id is None:
            raise HubException("say your name first")
        return identity.user_id


HubRouter(Poll, negotiate=who, default_service=EmbeddedService()).install(app)
# --8<-- [end:hub]
