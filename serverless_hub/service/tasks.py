"""Tasks that outlive whoever started them, and their end."""

import asyncio
import logging
from collections.abc import Collection

from serverless_hub.clock import Clock, limit

__all__ = ["wait_or_cancel"]

_logger = logging.getLogger("serverless_hub.service")


async def wait_or_cancel(tasks: Collection["asyncio.Task[None]"], clock: Clock, seconds: float) -> None:
    """Wait until `tasks` is empty; cancel those that are still in it after `seconds`.

    Args:
        tasks: loses each task when it ends, and may get new ones meanwhile.
        clock: what the limit is counted by.
        seconds: the limit.
    """
    try:
        async with limit(clock, seconds):
            while tasks:
                await asyncio.wait(tasks)
    except TimeoutError:
        _logger.warning("%d events were cut off: the app did not end them within %g seconds", len(tasks), seconds)
        for task in list(tasks):
            task.cancel()
