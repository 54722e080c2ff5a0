"""websockets, as its documentation has it: `broadcast()` to the set of connections; on uvloop, without compression."""

import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

__all__ = ["main"]

_members: set[ServerConnection] = set()


async def _handler(connection: ServerConnection) -> None:
    assert connection.request is not None
    if connection.request.path != "/publish":
        async for text in connection:
            await connection.send(text)
        return
    _members.add(connection)
    try:
        async for text in connection:
            broadcast(_members, text)
    finally:
        _members.remove(connection)


async def _serve(port: int) -> None:
    async with serve(_handler, "127.0.0.1", port, compression=None, backlog=2048) as server:
        await server.serve_forever()


def main() -> None:
    uvloop.run(_serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
