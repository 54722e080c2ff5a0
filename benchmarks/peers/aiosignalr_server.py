"""aiosignalr's own server, as its documentation has it, on uvloop."""

import asyncio
import sys

import uvloop
from aiosignalr.server import (  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs] - untyped
    Hub,
    SignalRServer,
)

__all__ = ["main"]


class _Chat(Hub):  # type: ignore[misc]  # it has no types
    async def publish(self, text: str) -> None:
        await self.clients.all_.send("message", text)

    async def echo(self, text: str) -> str:
        return text


async def _serve(port: int) -> None:
    await SignalRServer(_Chat).serve("127.0.0.1", port, path="/hub")
    await asyncio.Event().wait()


def main() -> None:
    uvloop.run(_serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
