"""A whiteboard for everybody who opens it. Run `uvicorn examples.whiteboard.app:app` and draw in two windows."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final, Protocol
from uuid import UUID

from fastapi import FastAPI, HTTPException, Query

from examples.page import add_page
from examples.whiteboard.store import Piece, Store
from serverless_hub import EmbeddedService, HubException, HubRouter, Negotiation, ServerlessHub

HERE: Final = Path(__file__).parent
MOST_PIECES: Final = 5000  # on the board, until somebody clears it
LONGEST_NAME: Final = 24
PIECES_PER_MESSAGE: Final = 200  # when the picture is sent to somebody who comes late

store = Store(os.environ.get("WHITEBOARD_DATABASE", f"sqlite:///{HERE / 'whiteboard.db'}"))
people: dict[str, str] = {}  # connection id -> name
# What is kept and what is sent happen in one order, so that nobody who comes late misses a stroke or gets it back.
in_order = asyncio.Lock()


# --- The hub ---------------------------------------------------------------------------------------------------------


class BoardClient(Protocol):
    """What the page can be told."""

    async def drew(self, author: str | None, pieces: list[Piece]) -> None: ...
    async def erased(self, stroke: UUID) -> None: ...
    async def cleared(self) -> None: ...
    async def people(self, names: list[str]) -> None: ...


class Board(ServerlessHub[BoardClient], naming="camel"):
    async def on_connected(self) -> None:
        """Hand over the picture as it is now: to a latecomer, and to everybody who was away."""
        async with in_order:
            await self.clients.caller.cleared()
            pieces = list(await asyncio.to_thread(store.pieces))
            for start in range(0, len(pieces), PIECES_PER_MESSAGE):
                await self.clients.caller.drew(None, pieces[start : start + PIECES_PER_MESSAGE])
        people[self.context.connection_id] = self._me
        await self._show_people()

    async def on_disconnected(self) -> None:
        people.pop(self.context.connection_id, None)
        await self._show_people()

    async def draw(self, piece: Piece) -> None:
        async with in_order:
            if await asyncio.to_thread(store.count) >= MOST_PIECES:
                raise HubException("The board is full. Clear it to go on.")
            await asyncio.to_thread(store.add, self._me, piece)
            await self.clients.others.drew(self._me, [piece])  # the pen's own page has drawn it already

    async def undo(self) -> None:
        """Take back the caller's last stroke."""
        async with in_order:
            stroke = await asyncio.to_thread(store.undo, self._me)
            if stroke is None:
                raise HubException("There is nothing of yours on the board.")
            await self.clients.all.erased(stroke)

    async def clear(self) -> None:
        async with in_order:
            await asyncio.to_thread(store.clear)
            await self.clients.all.cleared()

    @property
    def _me(self) -> str:
        return self.context.user_id or "somebody"

    async def _show_people(self) -> None:
        await self.clients.all.people(sorted(people.values()))


async def who(name: Annotated[str, Query(description="Who draws")] = "") -> Negotiation:
    """Believe what the page says: see the example with a login for how to ask."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise HTTPException(401, "Say who you are: add ?name=... to the URL of the hub.")
    return Negotiation(user_id=name)


# --- The application -------------------------------------------------------------------------------------------------


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
    store.open()
    yield
    store.close()


app = FastAPI(title="Whiteboard", lifespan=lifespan)
add_page(app, HERE)

# On Azure SignalR Service when AzureSignalRConnectionString is set, else on the service inside this process.
HubRouter(Board, negotiate=who, default_service=EmbeddedService()).install(app)  # last: everything above stands
