"""Ending what nobody waits for any more: opt-in, for methods with `cancel_on_disconnect=True`."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from starlette.types import Message, Receive

__all__ = ["until_disconnect"]

_logger = logging.getLogger("serverless_hub.routing")


async def until_disconnect(receive: Receive, run: Callable[[Receive], Awaitable[None]]) -> None:
    """Await `run`, and cancel it as soon as `receive` says that the caller has hung up.

    Args:
        receive: gives the whole body at once, then the end of the request.
        run: is handed another `receive`, since one request can only have one reader.
    """
    waiting = [await receive()]
    end = asyncio.ensure_future(receive())

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await asyncio.shield(end)

    work = asyncio.ensure_future(run(receive_again))
    try:
        await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        _logger.info("cancelled a method, since the SignalR service hung up")
    finally:
        work.cancel()
        end.cancel()
        await asyncio.gather(work, end, return_exceptions=True)
