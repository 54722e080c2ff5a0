"""The line of a session, for as long as it has it."""

import asyncio
from dataclasses import dataclass

from serverless_hub.service.ports import Transport

__all__ = ["Link"]


@dataclass(frozen=True, slots=True)
class Link:
    """A transport with the tasks that read from it and write to it."""

    transport: Transport
    over: "asyncio.Future[None]"
    """Done when nobody needs it any more, and the request that brought it may end."""
    reader: "asyncio.Task[None]"
    writer: "asyncio.Task[None]"

    def end(self) -> None:
        """Let the request end that brought it."""
        if not self.over.done():
            self.over.set_result(None)
