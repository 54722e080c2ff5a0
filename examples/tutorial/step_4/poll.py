import os
from collections import Counter
from enum import StrEnum
from pathlib import Path
from secrets import compare_digest, token_urlsafe
from typing import Annotated, Protocol

from fastapi import Cookie, FastAPI, Header, HTTPException, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from serverless_hub import EmbeddedService, HubException, HubRouter, Negotiation, ServerlessHub

app = FastAPI()


@app.get("/")
async def page() -> FileResponse:
    return FileResponse(Path(__file__).with_name("index.html"))


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


class Drink(StrEnum):
    TEA = "tea"
    COFFEE = "coffee"
    WATER = "water"


# --8<-- [start:client]
class PollClient(Protocol):
    async def counted(self, votes: dict[Drink, int]) -> None: ...
    async def closed(self, winner: Drink | None) -> None: ...


# --8<-- [end:client]
class State(BaseModel):
    is_open: bool = True
    ballots: dict[str, Drink] = {}  # by user


state = State()


class Poll(ServerlessHub[PollClient], naming="camel"):
    async def on_connected(self) -> None:
        if self._user() in state.ballots:
            await self.clients.caller.counted(Counter(state.ballots.values()))

    async def vote(self, drink: Drink) -> None:
        if not state.is_open:
            raise HubException("the poll is closed")
        user = self._user()
        state.ballots[user] = drink
        await self.user_groups.add(user, "voters")
        await self.clients.group("voters").counted(Counter(state.ballots.values()))

    def _user(self) -> str:
        identity = self.context.identity
        if identity is None or identity.user_id is None:
            raise HubException("say your name first")
        return identity.user_id


# --8<-- [start:close]
router = HubRouter(Poll, negotiate=who, default_service=EmbeddedService())
poll = router.context(Poll)


@app.post("/close")
async def close(host_key: Annotated[str, Header()]) -> Drink | None:
    if not compare_digest(host_key.encode(), os.environ["HOST_KEY"].encode()):
        raise HTTPException(403, "only the host closes the poll")
    state.is_open = False
    most = Counter(state.ballots.values()).most_common(1)
    winner = most[0][0] if most else None
    await poll.clients.all.closed(winner)
    return winner


router.install(app)
# --8<-- [end:close]
