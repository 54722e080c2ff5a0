"""Hubbub: a chat with rooms, direct messages and presence.

Run `uvicorn examples.chat.chat:app` and open it in two windows.
"""

import re
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal
from uuid import uuid4

from fastapi import Cookie, Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel, Field

from examples.page import add_page
from serverless_hub import ConnectionRejected, EmbeddedService, HubException, HubRouter, Negotiation, ServerlessHub

LOBBY: Final = "lobby"
ROOMS: Final = (LOBBY, "random", "help")  # always there; other rooms exist while someone is in them
LONGEST_NAME: Final = 20
LONGEST_TEXT: Final = 1000


# --- What goes over the wire -----------------------------------------------------------------------------------------


class Message(BaseModel):
    """A line of a conversation. Hub methods send and return models as they are; the browser sees plain objects."""

    kind: Literal["chat", "direct", "system"]
    author: str
    text: str
    room: str | None = None  # of a chat or system line
    to: str | None = None  # of a direct one
    id: str = Field(default_factory=lambda: uuid4().hex)
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Joined(BaseModel):
    """The answer to `join`: the room under its proper name, and what was said there lately."""

    room: str
    messages: list[Message]


# --- Who is where ----------------------------------------------------------------------------------------------------


@dataclass
class Room:
    people: dict[str, str] = field(default_factory=dict[str, str])  # connection id -> name
    messages: deque[Message] = field(default_factory=lambda: deque[Message](maxlen=50))


class Presence:
    """Who is in which room.

    SignalR groups deliver messages but cannot be listed, so an application that shows its members counts them itself.
    This is the memory of ONE process: with several, keep it where all of them look (Redis, a database).
    """

    def __init__(self) -> None:
        self._rooms = {name: Room() for name in ROOMS}

    def enter(self, room: str, connection_id: str, name: str) -> bool:
        """Tell whether this brings a new person: a second tab is not one."""
        people = self._rooms.setdefault(room, Room()).people
        is_new = name not in people.values()
        people[connection_id] = name
        return is_new

    def leave(self, room: str, connection_id: str) -> bool:
        """Tell whether the person is gone: with another tab still open, they are not."""
        people = self._rooms[room].people
        name = people.pop(connection_id)
        if not people and room not in ROOMS:
            del self._rooms[room]
        return name not in people.values()

    def rooms_of(self, connection_id: str) -> list[str]:
        return [name for name, room in self._rooms.items() if connection_id in room.people]

    def messages(self, room: str) -> deque[Message]:
        return self._rooms[room].messages

    def everyone(self) -> set[str]:
        return set(self._rooms[LOBBY].people.values())  # nobody leaves the lobby

    def by_room(self) -> dict[str, list[str]]:
        return {name: sorted(set(room.people.values()), key=str.casefold) for name, room in self._rooms.items()}


presence = Presence()


# --- The hub ---------------------------------------------------------------------------------------------------------


class Chat(ServerlessHub, naming="camel"):
    """Public methods are what the page can call: `connection.invoke("sendMessage", "lobby", "Hi")`.

    There is one instance per call, so nothing is kept on `self`. Methods that start with an underscore are private.
    """

    async def on_connected(self) -> None:
        await self._enter(LOBBY)

    async def on_disconnected(self) -> None:
        # The service has already taken the connection out of its groups; our own books are left.
        for room in presence.rooms_of(self.context.connection_id):
            await self._note_leaving(room)

    async def join(self, room: str) -> Joined:
        room = room_name(room)
        await self._enter(room)
        return Joined(room=room, messages=list(presence.messages(room)))

    async def leave(self, room: str) -> None:
        self._must_be_in(room)
        if room == LOBBY:
            raise HubException("Everyone stays in the lobby.")
        await self.groups.remove(self.context.connection_id, room)
        await self._note_leaving(room)

    async def send_message(self, room: str, text: str) -> None:
        self._must_be_in(room)
        if text == "/oops":  # try it: the page must never show what this says
            raise RuntimeError("the password of the database is 'swordfish'")
        message = Message(kind="chat", author=self._me, room=room, text=message_text(text))
        presence.messages(room).append(message)
        await self.clients.group(room).send("receiveMessage", message)

    async def send_direct(self, to: str, text: str) -> None:
        if to not in presence.everyone():
            raise HubException(f"{to} is not here any more, so this was not sent.")
        message = Message(kind="direct", author=self._me, to=to, text=message_text(text))
        await self.clients.users([self._me, to]).send("receiveMessage", message)  # all tabs of both

    @property
    def _me(self) -> str:
        if self.context.user_id is None:  # a token that somebody else made, without a user
            raise ConnectionRejected("Sign in first.")
        return self.context.user_id

    def _must_be_in(self, room: str) -> None:
        if room not in presence.rooms_of(self.context.connection_id):
            raise HubException(f"You are not in #{room}.")

    async def _enter(self, room: str) -> None:
        line = Message(kind="system", author=self._me, room=room, text="joined")
        await self.groups.add(self.context.connection_id, room)
        if presence.enter(room, self.context.connection_id, self._me):
            await self.clients.others_in_group(room).send("receiveMessage", line)
        await self._show_presence()

    async def _note_leaving(self, room: str) -> None:
        if presence.leave(room, self.context.connection_id):
            line = Message(kind="system", author=self._me, room=room, text="left")
            await self.clients.group(room).send("receiveMessage", line)
        await self._show_presence()

    async def _show_presence(self) -> None:
        # The whole picture to everyone: it cannot drift, and is small here. A large chat would send what changed.
        await self.clients.all.send("presence", presence.by_room())


def room_name(text: str) -> str:
    name = "-".join(text.lower().removeprefix("#").split())
    if not re.fullmatch(r"[\w-]{1,24}", name):
        raise HubException("A room's name has 1 to 24 letters, digits or dashes.")
    return name


def message_text(text: str) -> str:
    text = text.strip()
    if not text:
        raise HubException("Write something first.")
    if len(text) > LONGEST_TEXT:
        raise HubException(f"That is {len(text):,} characters; a message can have {LONGEST_TEXT:,}.")
    return text


# --- Signing in ------------------------------------------------------------------------------------------------------

# A demo sign-in: whoever asks first gets the name, no questions asked. A real application authenticates people here;
# the hub does not care how, it only sees the user id that `who` returns.
sessions: dict[str, str] = {}  # cookie -> name


class SignIn(BaseModel):
    name: str


def session_name(hubbub: Annotated[str, Cookie()] = "") -> str | None:
    return sessions.get(hubbub)


SessionName = Annotated[str | None, Depends(session_name)]


async def who(name: SessionName) -> Negotiation:
    """Every connection begins with a negotiate request of the page, cookies and all: refuse strangers here."""
    if name is None:
        raise HTTPException(401, "Sign in first.")
    return Negotiation(user_id=name)


def person_name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise HTTPException(422, f"A name has 1 to {LONGEST_NAME} visible characters.")
    if any(other.casefold() == name.casefold() for other in presence.everyone()):
        raise HTTPException(409, f"Someone called {name} is already here. Pick another name.")
    return name


# --- The application -------------------------------------------------------------------------------------------------

app = FastAPI(title="Hubbub")
add_page(app, Path(__file__).parent)


@app.get("/session")
async def session(name: SessionName) -> dict[str, str | None]:
    return {"name": name}


@app.post("/session")
async def sign_in(who: SignIn, request: Request, response: Response) -> dict[str, str]:
    name = person_name(who.name)
    for key, other in list(sessions.items()):  # an absent namesake loses the name: two may not share one
        if other.casefold() == name.casefold():
            del sessions[key]
    key = secrets.token_urlsafe()
    sessions[key] = name
    response.set_cookie("hubbub", key, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return {"name": name}


@app.delete("/session")
async def sign_out(response: Response, hubbub: Annotated[str, Cookie()] = "") -> None:
    sessions.pop(hubbub, None)
    response.delete_cookie("hubbub")


# On Azure SignalR Service when AzureSignalRConnectionString is set, else on the service inside this process.
router = HubRouter(Chat, negotiate=who, default_service=EmbeddedService())
router.install(app)  # last, so that everything above stands
