"""The line of a session, for as long as it has it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from serverless_hub.clock import Clock, limit
from serverless_hub.service.ports import Transport

__all__ = ["Link", "TaskLink", "hang_up"]


class Link(Protocol):
    """What a session does with its line, whatever it is."""

    def stop_reading(self) -> None:
        """Take nothing any more that the client sends."""

    def stop_writing(self) -> None:
        """Send nothing any more."""

    async def written(self) -> None:
        """Wait until what was to be sent is sent, or cannot be."""

    async def close(self) -> None:
        """End the line; does nothing when the client has gone first."""

    def end(self) -> None:
        """Let the request end that brought it."""


@dataclass(frozen=True, slots=True)
class TaskLink:
    """A transport with the tasks that read from it and write to it."""

    transport: Transport
    over: "asyncio.Future[None]"
    """Done when nobody needs it any more, and the request that brought it may end."""
    reader: "asyncio.Task[None]"
    writer: "asyncio.Task[None]"

    def stop_reading(self) -> None:
        """End the reader."""
        self.reader.cancel()

    def stop_writing(self) -> None:
        """End the writer."""
        self.writer.cancel()

    async def written(self) -> None:
        """Wait for the end of the writer."""
        await asyncio.wait([self.writer])

    async def close(self) -> None:
        """Close the transport."""
        await self.transport.close()

    def end(self) -> None:
        """Let the request end that brought it."""
        if not self.over.done():
            self.over.set_result(None)


async def hang_up(link: Link, clock: Clock, seconds: float) -> None:
    """End the line once all is sent, and give up after `seconds`."""
    with suppress(TimeoutError):
        async with limit(clock, seconds):
            await link.written()
            await link.close()
