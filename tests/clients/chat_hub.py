"""The hub that the official client talks to."""

from datetime import timedelta
from typing import Annotated, Any, ClassVar

from fastapi import FastAPI, Header, HTTPException

from serverless_hub import (
    ConnectionRejected,
    EmbeddedService,
    HubException,
    HubRouter,
    Negotiation,
    ServerlessHub,
)
from serverless_hub.clock import Clock
from serverless_hub.errors import ClientResultError

__all__ = ["Chat", "make_app"]


class Chat(ServerlessHub, naming="camel"):
    """Does whatever a scenario asks for."""

    events: ClassVar[list[tuple[str, str]]] = []

    async def on_connected(self) -> None:
        if self.context.user_id == "banned":
            raise ConnectionRejected("You are banned.")
        self.events.append(("connected", self.context.connection_id))

    async def on_disconnected(self, error: str | None) -> None:
        self.events.append(("disconnected" if error is None else "lost", self.context.connection_id))

    async def echo(self, value: Any) -> Any:
        return value

    async def nothing(self) -> None: ...

    async def connection_id(self) -> str:
        return self.context.connection_id

    async def add(self, left: int, right: int) -> int:
        return left + right

    def reversed(self, data: bytes) -> bytes:
        return data[::-1]

    async def refuse(self) -> None:
        raise HubException("Not today.")

    async def fail(self) -> None:
        raise RuntimeError("the password is swordfish")

    async def ask(self, what: str) -> Any:
        return await self.clients.caller.invoke("askedFor", what)

    async def ask_in_vain(self, what: str) -> str:
        try:
            return f"an answer: {await self.ask(what)}"
        except ClientResultError as error:
            return str(error)

    async def join(self, group: str) -> None:
        await self.groups.add(self.context.connection_id, group)

    async def leave(self, group: str) -> None:
        await self.groups.remove(self.context.connection_id, group)

    async def tell_all(self, text: str) -> None:
        await self.clients.all.send("heard", text)

    async def tell_others(self, text: str) -> None:
        await self.clients.others.send("heard", text)

    async def tell_group(self, group: str, text: str) -> None:
        await self.clients.group(group).send("heard", text)

    async def tell_others_in_group(self, group: str, text: str) -> None:
        await self.clients.others_in_group(group).send("heard", text)

    async def tell_user(self, user: str, text: str) -> None:
        await self.clients.user(user).send("heard", text)

    async def tell_connection(self, connection_id: str, text: str) -> None:
        await self.clients.client(connection_id).send("heard", text)

    async def mark(self) -> None:
        await self.clients.all.send("mark")

    async def drop_me(self) -> None:
        drop()

    async def close_me(self) -> None:
        await self.connections.close(self.context.connection_id, "Come back soon.")


def drop() -> None:
    """Cut every connection of the proxy; its test puts the function here."""
    raise NotImplementedError


async def _who(name: Annotated[str | None, Header()] = None) -> Negotiation:
    """Let in the user who is named: `stranger` not at all, `brief` and `short` with a token for five seconds."""
    if name == "stranger":
        raise HTTPException(401)
    if name in {"brief", "short"}:
        closes = name == "brief"
        return Negotiation(user_id=name, lifetime=timedelta(seconds=5), close_on_authentication_expiration=closes)
    return Negotiation(user_id=name)


def make_app(service: EmbeddedService | None = None, clock: Clock | None = None) -> FastAPI:
    """Return an app with the hub on an embedded service."""
    app = FastAPI()
    HubRouter(Chat, negotiate=_who, default_service=service or EmbeddedService(), clock=clock).install(app)
    return app
