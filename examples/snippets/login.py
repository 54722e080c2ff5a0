import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Cookie, FastAPI, HTTPException, Response
from pydantic import BaseModel

from serverless_hub import EmbeddedService, HubRouter, Negotiation, ServerlessHub, requires


# --8<-- [start:passwords]
@dataclass(frozen=True)
class Account:
    salt: bytes
    digest: bytes
    roles: list[str]


def digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1)


def account(password: str, *roles: str) -> Account:
    salt = secrets.token_bytes(16)
    return Account(salt, digest(password, salt), list(roles))


NOBODY = account(secrets.token_hex())
accounts = {"ann": account("correct horse", "moderator"), "ben": account("battery staple")}
# --8<-- [end:passwords]


# --8<-- [start:sessions]
@dataclass(frozen=True)
class Session:
    user: str
    expires: datetime


sessions: dict[bytes, Session] = {}  # by the hash of what stands in the cookie
LIFETIME = timedelta(hours=12)
NAME = "session"

app = FastAPI()


class Credentials(BaseModel):
    user: str
    password: str


def key_of(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()


@app.post("/sign-in", status_code=204)
def sign_in(credentials: Credentials, response: Response) -> None:  # not async: hashing takes its time
    known = accounts.get(credentials.user, NOBODY)
    if not secrets.compare_digest(digest(credentials.password, known.salt), known.digest):
        raise HTTPException(401, "wrong name or password")
    cookie = secrets.token_urlsafe()
    sessions[key_of(cookie)] = Session(credentials.user, datetime.now(UTC) + LIFETIME)
    seconds = int(LIFETIME.total_seconds())
    response.set_cookie(NAME, cookie, max_age=seconds, httponly=True, secure=True, samesite="lax")


# --8<-- [end:sessions]
# --8<-- [start:who]
async def who(session: Annotated[str | None, Cookie()] = None) -> Negotiation:
    known = sessions.get(key_of(session or ""))
    if known is None or known.expires <= datetime.now(UTC):
        raise HTTPException(401, "sign in first")
    roles = accounts[known.user].roles
    return Negotiation(user_id=known.user, claims={"role": roles}, authentication_expires_on=known.expires)


# --8<-- [end:who]
# --8<-- [start:hub]
class Forum(ServerlessHub, naming="camel"):
    @requires()
    async def write(self, text: str) -> None:
        await self.clients.all.send("written", self.context.user_id, text)

    @requires(role="moderator")
    async def erase(self) -> None:
        await self.clients.all.send("erased")


router = HubRouter(Forum, negotiate=who, default_service=EmbeddedService())
# --8<-- [end:hub]
# --8<-- [start:sign-out]
forum = router.context(Forum)


@app.post("/sign-out", status_code=204)
async def sign_out(response: Response, session: Annotated[str | None, Cookie()] = None) -> None:
    known = sessions.pop(key_of(session or ""), None)
    response.delete_cookie(NAME)
    if known is not None:
        await forum.users.close(known.user, "signed out")


# --8<-- [end:sign-out]
router.install(app)
