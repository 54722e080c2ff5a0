from datetime import timedelta
from typing import Annotated, Any

from fastapi import Cookie, FastAPI, HTTPException
from pydantic import BaseModel

from serverless_hub import EmbeddedService, HubRouter, Negotiation, ServerlessHub


# --8<-- [start:who]
class User(BaseModel):
    id: str
    name: str
    roles: list[str]


sessions = {  # filled where people sign in
    "cookie-of-ann": User(id="ann", name="Ann", roles=["admin", "author"]),
    "cookie-of-eve": User(id="eve", name="Eve, roles: admin", roles=[]),
}


async def who(session: Annotated[str | None, Cookie()] = None) -> Negotiation:
    user = sessions.get(session or "")
    if user is None:
        raise HTTPException(401, "sign in first")
    return Negotiation(
        user_id=user.id,
        claims={"name": user.name, "roles": user.roles},
        lifetime=timedelta(minutes=5),
    )


# --8<-- [end:who]
# --8<-- [start:hub]
class Chat(ServerlessHub, naming="camel"):
    async def who_am_i(self) -> dict[str, Any] | None:
        identity = self.context.identity
        if identity is None:
            return None
        return {"id": identity.user_id, **identity.claims}

    async def hearsay(self) -> dict[str, list[str]]:
        claims = self.context.claims
        return {name: list(claims.all(name)) for name in claims}


# --8<-- [end:hub]
# --8<-- [start:router]
app = FastAPI()
HubRouter(Chat, negotiate=who, default_service=EmbeddedService()).install(app)
# --8<-- [end:router]
