"""Tasks that outlive whoever started them, and their end."""

import asyncio
import logging
from collections.abc import Collection

from serverless_hub.clock import Clock, limit

__all__ = ["cancel_all", "wait_or_cancel"]

_logger = logging.getLogger("serverless_hub.service")
_QUIET_SECONDS = 1.0
"""How long to wait without a word."""


async def wait_or_cancel(tasks: Collection["asyncio.Task[None]"], clock: Clock, seconds: float) -> None:
    """Wait until `tasks` is empty; cancel those that are still in it after `seconds`. The log says what takes long.

    Args:
        tasks: loses each task when it ends, and may get new ones meanwhile.
        clock: what the limit is counted by.
        seconds: the limit.
    """
    timer = clock.call_later(min(seconds, _QUIET_SECONDS), lambda: _explain(tasks))
    try:
        async with limit(clock, seconds):
            while tasks:
                await asyncio.wait(tasks)
    except TimeoutError:
        _logger.warning("%d events were cut off: the app did not end them within %g seconds", len(tasks), seconds)
        cancel_all(tasks)
    finally:
        timer.cancel()


def cancel_all(tasks: Collection["asyncio.Task[None]"]) -> None:
    """Cancel all that are there now."""
    for task in list(tasks):
        task.cancel()


def _explain(tasks: Collection["asyncio.Task[None]"]) -> None:
    _logger.info("waiting for the app to end %d events; Ctrl+C again stops at once", len(tasks))
