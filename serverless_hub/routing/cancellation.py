"""Ending what nobody waits for any more: opt-in, for methods with `cancel_on_disconnect=True`."""

import logging
from collections.abc import Awaitable, Callable

import anyio
from starlette.types import Message, Receive

__all__ = ["until_disconnect"]

_logger = logging.getLogger("serverless_hub.routing")


async def until_disconnect(receive: Receive, run: Callable[[Receive], Awaitable[None]]) -> None:
    """Await `run`, and cancel it as soon as `receive` says that the caller has hung up.

    Args:
        receive: gives what is left of the request.
        run: is handed another `receive`, since one request can only have one reader.
    """
    first = await receive()
    gone = anyio.Event()
    waiting = [first]

    async def receive_again() -> Message:
        if waiting:
            return waiting.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async with anyio.create_task_group() as tasks:

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            gone.set()
            _logger.info("cancelled a method, since the SignalR service hung up")
            tasks.cancel_scope.cancel()

        tasks.start_soon(watch)
        await run(receive_again)
        tasks.cancel_scope.cancel()
