"""Signing in: OAuth2's password flow, whose token is a cookie that no script can read."""

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.security import APIKeyCookie, OAuth2PasswordRequestForm
from pydantic import BaseModel

from examples.chat_with_auth.security import LIFETIME, hash_password, is_password, new_token, read_token
from examples.chat_with_auth.store import Store, User

__all__ = ["ROLES", "Role", "Session", "add_first_admin", "current_session", "login", "same_origin", "store"]

Role = Literal["member", "moderator", "admin"]
ROLES: Final[tuple[str, ...]] = get_args(Role)  # each may do what those before it may
LONGEST_NAME: Final = 20
SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 200
COOKIE: Final = "session"

store = Store(os.environ.get("CHAT_DATABASE", f"sqlite:///{Path(__file__).parent / 'chat.db'}"))
cookie = APIKeyCookie(name=COOKIE, auto_error=False)  # so that /docs knows of it


class Me(BaseModel):
    name: str
    role: str


@dataclass(frozen=True)
class Session:
    user: User
    expires: datetime


def same_origin(sec_fetch_site: Annotated[str, Header()] = "none") -> None:
    """Refuse what the page of somebody else has sent.

    The cookie is `SameSite=Strict`, so such a request would come without it. This closes what is left: signing a
    visitor in as somebody else, and pages of a sister domain, which count as the same site. Browsers write this header
    themselves, and no script can change it.
    """
    if sec_fetch_site not in {"same-origin", "none"}:
        raise HTTPException(403, "This was sent from another page.")


def current_session(token: Annotated[str | None, Depends(cookie)]) -> Session:
    """Return whose cookie it is. The database is asked each time, so that a session that was ended is over."""
    read = read_token(token or "")
    user = read and store.user(read.name)
    if not read or not user or user.generation != read.generation:
        raise HTTPException(401, "Sign in first.")
    return Session(user, read.expires)


login = APIRouter(dependencies=[Depends(same_origin)], tags=["login"])
Form = Annotated[OAuth2PasswordRequestForm, Depends()]
CurrentSession = Annotated[Session, Depends(current_session)]

# These are no coroutines: FastAPI runs them in threads, as hashes and the disk take their time.


@login.get("/me")
def me(session: CurrentSession) -> Me:
    return Me(name=session.user.name, role=session.user.role)


@login.post("/register", status_code=201)
def register(form: Form, request: Request, response: Response) -> Me:
    name = _name(form)
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise HTTPException(422, f"A name has 1 to {LONGEST_NAME} visible characters.")
    if not SHORTEST_PASSWORD <= len(form.password) <= LONGEST_PASSWORD:
        raise HTTPException(422, f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
    user = store.add_user(name, "member", hash_password(form.password))
    if user is None:
        raise HTTPException(409, f"There is a {name} already. Pick another name.")
    return _sign_in(user, request, response)


@login.post("/token")
def sign_in(form: Form, request: Request, response: Response) -> Me:
    user = store.user(_name(form)) if len(form.username) <= LONGEST_PASSWORD else None
    password_hash = user.password_hash if user and len(form.password) <= LONGEST_PASSWORD else None
    if not is_password(form.password[:LONGEST_PASSWORD], password_hash) or user is None:
        raise HTTPException(401, "Name or password are wrong.")  # which of them is nobody's business
    return _sign_in(user, request, response)


@login.post("/logout", status_code=204)
def sign_out(response: Response) -> None:
    response.delete_cookie(COOKIE)


def _name(form: OAuth2PasswordRequestForm) -> str:
    return " ".join(form.username.split())


def _sign_in(user: User, request: Request, response: Response) -> Me:
    response.set_cookie(
        COOKIE,
        new_token(user.name, user.generation),
        max_age=int(LIFETIME.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return Me(name=user.name, role=user.role)


def add_first_admin() -> None:
    """Where there is no administrator, make one, and say the password once, unless the environment has it."""
    if store.has_admin():
        return
    given = os.environ.get("CHAT_ADMIN_PASSWORD")
    password = given or secrets.token_urlsafe(12)
    if store.add_user("admin", "admin", hash_password(password)) and not given:
        print(f"\n  Sign in as admin with the password {password}\n", flush=True)
