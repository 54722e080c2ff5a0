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
        receive: gives the whole body at once, then the end of the request.
        run: is handed another `receive`, since one request can only have one reader.
    """
    waiting = [await receive()]
    failure: Exception | None = None

    async def receive_again() -> Message:
        if not waiting:
            await anyio.sleep_forever()  # What comes next is for the watcher.
        return waiting.pop()

    async with anyio.create_task_group() as tasks:

        async def watch() -> None:
            await receive()  # There is nothing left but the end.
            _logger.info("cancelled a method, since the SignalR service hung up")
            tasks.cancel_scope.cancel()

        tasks.start_soon(watch)
        try:
            await run(receive_again)
        except Exception as error:  # noqa: BLE001 - raised again outside of the group, which would wrap it
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
