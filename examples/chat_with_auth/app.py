"""A chat with a login, roles, and somebody who keeps order. Run `uvicorn examples.chat_with_auth.app:app`."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final, Protocol

from fastapi import Depends, FastAPI
from pydantic import BaseModel

from examples.chat_with_auth.login import (
    ROLES,
    Role,
    Session,
    add_first_admin,
    current_session,
    login,
    same_origin,
    store,
)
from examples.chat_with_auth.store import StoredMessage, User
from examples.page import add_page
from serverless_hub import (
    ConnectionRejected,
    EmbeddedService,
    HubException,
    HubRouter,
    Negotiation,
    ServerlessHub,
    requires,
)

HERE: Final = Path(__file__).parent
LONGEST_TEXT: Final = 1000
SHOWN: Final = 50  # messages, to whoever comes


# --- What goes over the wire -----------------------------------------------------------------------------------------


class Message(BaseModel):
    id: int
    author: str
    text: str
    at: int


class Person(BaseModel):
    name: str
    role: str
    tabs: int = 1


class ChatClient(Protocol):
    """What the page can be told."""

    async def said(self, message: Message) -> None: ...
    async def removed(self, message: int) -> None: ...
    async def people(self, people: list[Person]) -> None: ...
    async def signed_out(self, reason: str) -> None: ...


# --- The hub ---------------------------------------------------------------------------------------------------------

here: dict[str, Person] = {}  # connection id -> whose it is; the memory of ONE process


@requires()  # signed in; each method may ask for more
class Chat(ServerlessHub[ChatClient], naming="camel"):
    """Who somebody is was said when they negotiated, and comes back sealed: no page can write it."""

    async def on_connected(self) -> None:
        # A page may negotiate now and connect much later: what it was given then must still hold.
        user = await asyncio.to_thread(store.user, self._me)
        identity = self.context.identity
        if not user or not identity or not identity.has("proof", _proof(user)):
            raise ConnectionRejected("Sign in first.")
        here[self.context.connection_id] = Person(name=self._me, role=user.role)
        await self._show_people()

    async def on_disconnected(self) -> None:
        here.pop(self.context.connection_id, None)
        await self._show_people()

    async def history(self) -> list[Message]:
        return _shown(await asyncio.to_thread(store.messages, SHOWN))

    async def say(self, text: str) -> None:
        text = text.strip()
        if not 1 <= len(text) <= LONGEST_TEXT:
            raise HubException(f"A message has 1 to {LONGEST_TEXT:,} characters.")
        (message,) = _shown([await asyncio.to_thread(store.add_message, self._me, text)])
        await self.clients.all.said(message)

    @requires(roles="moderator")
    async def remove(self, message: int) -> None:
        await asyncio.to_thread(store.remove_message, message)
        await self.clients.all.removed(message)

    @requires(roles="admin")
    async def close(self, name: str) -> None:
        """Close all connections of a person. Their pages come back by themselves, as their sessions go on."""
        await chat.users.close(name, f"{self._me} closed your connections.")

    @requires(roles="admin")
    async def kick(self, name: str) -> None:
        """End all sessions of a person: the next negotiate is refused, and they have to sign in again."""
        self._not_oneself(name)
        user = await asyncio.to_thread(store.end_sessions, name)
        if user is None:
            raise HubException(f"There is no {name}.")
        await self.clients.user(user.name).signed_out(f"{self._me} signed you out.")
        await chat.users.close(user.name, f"{self._me} signed you out.")

    @requires(roles="admin")
    async def set_role(self, name: str, role: Role) -> None:
        """Give a person a role. A connection keeps the identity it began with, so theirs begin anew."""
        self._not_oneself(name)
        user = await asyncio.to_thread(store.set_role, name, role)
        if user is None:
            raise HubException(f"There is no {name}.")
        await chat.users.close(user.name, "Your role has changed.")

    @property
    def _me(self) -> str:
        return self.context.user_id or ""

    def _not_oneself(self, name: str) -> None:
        if name.casefold() == self._me.casefold():
            raise HubException("Somebody else has to do this to you.")

    async def _show_people(self) -> None:
        people: dict[str, Person] = {}
        for person in here.values():
            tabs = people[person.name].tabs + 1 if person.name in people else 1
            people[person.name] = person.model_copy(update={"tabs": tabs})
        await self.clients.all.people(sorted(people.values(), key=lambda person: person.name.casefold()))


def _shown(messages: Sequence[StoredMessage]) -> list[Message]:
    return [Message.model_validate(message, from_attributes=True) for message in messages]


# --- Negotiating -----------------------------------------------------------------------------------------------------


async def who(
    session: Annotated[Session, Depends(current_session)], _: Annotated[None, Depends(same_origin)]
) -> Negotiation:
    """Say who connects: whoever the cookie belongs to. Without one, `current_session` has answered 401 already."""
    user = session.user
    return Negotiation(
        user_id=user.name,
        claims={"roles": list(ROLES[: ROLES.index(user.role) + 1]), "proof": _proof(user)},
        authentication_expires_on=session.expires,  # no connection outlives its session
    )


def _proof(user: User) -> str:
    return f"{user.role} {user.generation}"


# --- The application -------------------------------------------------------------------------------------------------


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
    await asyncio.to_thread(store.open)
    await asyncio.to_thread(add_first_admin)
    yield
    store.close()


app = FastAPI(title="Chat with a login", lifespan=lifespan)
app.include_router(login)
add_page(app, HERE)

# On Azure SignalR Service when AzureSignalRConnectionString is set, else on the service inside this process.
router = HubRouter(Chat, negotiate=who, default_service=EmbeddedService())
chat = router.context(Chat)  # what a hub has not: closing all connections of a user
router.install(app)  # last, so that everything above stands
