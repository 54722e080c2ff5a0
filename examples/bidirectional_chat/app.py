"""The sample hub of Azure's trigger binding for C#, in Python: every way to send, and every way to manage groups.

Run `uvicorn examples.bidirectional_chat.app:app` and open it in two windows.
"""

import logging
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel

from examples.page import add_page
from serverless_hub import EmbeddedService, HubRouter, Negotiation, ServerlessHub, requires

# --- What goes over the wire -----------------------------------------------------------------------------------------


class NewConnection(BaseModel):
    connectionId: str  # noqa: N815 - its name in the browser
    user: str | None


class NewMessage(BaseModel):
    sender: str | None
    connectionId: str  # noqa: N815 - its name in the browser
    text: str


# --- The hub ---------------------------------------------------------------------------------------------------------


class SignalRTestHub(ServerlessHub, hub="simplechat", naming="camel"):
    """Who may call `broadcast` is decided when a client negotiates; everybody may call the rest."""

    async def on_connected(self, log: logging.Logger) -> None:
        """Tell everybody who came."""
        new = NewConnection(connectionId=self.context.connection_id, user=self.context.user_id)
        await self.clients.all.send("newConnection", new)
        log.info("%s has connected", self.context.connection_id)

    @requires(admin=True)
    async def broadcast(self, message: str) -> None:
        """Send to everybody; administrators only."""
        await self.clients.all.send("newMessage", self._message(message))

    async def send_to_group(self, group_name: str, message: str) -> None:
        """Send to the members of a group."""
        await self.clients.group(group_name).send("newMessage", self._message(message))

    async def send_to_user(self, user_name: str, message: str) -> None:
        """Send to every connection of a user."""
        await self.clients.user(user_name).send("newMessage", self._message(message))

    async def send_to_connection(self, connection_id: str, message: str) -> None:
        """Send to one connection."""
        await self.clients.client(connection_id).send("newMessage", self._message(message))

    async def join_group(self, connection_id: str, group_name: str) -> None:
        """Make a connection a member of a group."""
        await self.groups.add(connection_id, group_name)

    async def leave_group(self, connection_id: str, group_name: str) -> None:
        """End a connection's membership."""
        await self.groups.remove(connection_id, group_name)

    async def join_user_to_group(self, user_name: str, group_name: str) -> None:
        """Make a user a member of a group, with all connections, those to come too."""
        await self.user_groups.add(user_name, group_name)

    async def leave_user_from_group(self, user_name: str, group_name: str) -> None:
        """End a user's membership."""
        await self.user_groups.remove(user_name, group_name)

    async def on_disconnected(self, error: str | None, log: logging.Logger) -> None:
        """Note who left."""
        log.info("%s has left: %s", self.context.connection_id, error or "goodbye")

    def _message(self, text: str) -> NewMessage:
        return NewMessage(sender=self.context.user_id, connectionId=self.context.connection_id, text=text)


# --- Signing in ------------------------------------------------------------------------------------------------------


async def who(
    name: Annotated[str, Query(description="Who connects")] = "",
    admin: Annotated[bool, Query(description="Whether as an administrator")] = False,
) -> Negotiation:
    """Believe what the page says: this is an example. A real app asks its login here."""
    # In the query, because headers would go on to the service, and could not carry every name.
    if not name.strip():
        raise HTTPException(401, "Say who you are: add ?name=... to the URL of the hub.")
    return Negotiation(user_id=name, claims={"admin": admin})


# --- The application -------------------------------------------------------------------------------------------------

app = FastAPI(title="Bidirectional chat")
add_page(app, Path(__file__).parent)


# On Azure SignalR Service when AzureSignalRConnectionString is set, else on the service inside this process.
HubRouter(SignalRTestHub, negotiate=who, default_service=EmbeddedService()).install(
    app
)  # last: everything above stands
