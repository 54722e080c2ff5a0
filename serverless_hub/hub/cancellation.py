"""Telling a call that was cancelled from one that cancelled itself."""

import asyncio

__all__ = ["self_cancellation"]


def self_cancellation(error: asyncio.CancelledError) -> Exception:
    """Return the failure of a call that ends with `error` though nobody cancels it; otherwise raise `error` again."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise error
    failure = RuntimeError("cancelled from within, not by whoever waits for the call")
    failure.__cause__ = error
    return failure
