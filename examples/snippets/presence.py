from collections import defaultdict
from typing import Protocol

from fastapi import FastAPI, HTTPException

from serverless_hub import EmbeddedService, HubRouter, Negotiation, ServerlessHub


# --8<-- [start:hub]
class RoomClient(Protocol):
    async def present(self, room: str, names: list[str]) -> None: ...


rooms: defaultdict[str, dict[str, str]] = defaultdict(dict)  # room -> connection id -> name


class Rooms(ServerlessHub[RoomClient], naming="camel"):
    async def enter(self, room: str) -> None:
        await self.groups.add(self.context.connection_id, room)
        rooms[room][self.context.connection_id] = self.context.user_id or "somebody"
        await self._tell(room)

    async def leave(self, room: str) -> None:
        await self.groups.remove(self.context.connection_id, room)
        await self._forget(room)

    async def on_disconnected(self) -> None:
        for room in [room for room, people in rooms.items() if self.context.connection_id in people]:
            await self._forget(room)

    async def _forget(self, room: str) -> None:
        rooms[room].pop(self.context.connection_id, None)
        await self._tell(room)

    async def _tell(self, room: str) -> None:
        names = sorted(set(rooms[room].values()))
        await self.clients.group(room).present(room, names)
        if not names:
            del rooms[room]


# --8<-- [end:hub]
async def who(name: str | None = None) -> Negotiation:  # from the query; stands for somebody who has signed in
    if not name:
        raise HTTPException(401, "say your name first")
    return Negotiation(user_id=name)


app = FastAPI()
router = HubRouter(Rooms, negotiate=who, default_service=EmbeddedService())
# --8<-- [start:online]
hub = router.context(Rooms)


@app.get("/users/{name}/online")
async def is_online(name: str) -> bool:
    return await hub.users.exists(name)


@app.get("/rooms/{room}")
async def connections_in(room: str) -> list[str]:
    return [member.connection_id async for member in hub.groups.members(room)]


# --8<-- [end:online]
router.install(app)
