"""The sessions that have not ended, whatever became of the requests that began them."""

import asyncio

from serverless_hub.clock import Clock
from serverless_hub.service.ports import Transport
from serverless_hub.service.session import Session
from serverless_hub.service.tasks import wait_or_cancel

__all__ = ["Sessions"]

_STOPPED = "The service stopped."


class Sessions:
    """Runs each session in a task of its own.

    A server that is told to stop cancels its requests; what they began still has to reach the app.
    """

    def __init__(self) -> None:
        self._running: dict[asyncio.Task[None], Session] = {}

    async def serve(self, session: Session, transport: Transport, received: bytes) -> None:
        """Run `session` to its end; where the caller is cancelled, it ends by itself."""
        task = asyncio.create_task(session.run(transport, received))
        self._running[task] = session
        task.add_done_callback(self._running.pop)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            session.close(_STOPPED, allow_reconnect=True)
            raise

    async def stop(self, clock: Clock, seconds: float) -> None:
        """End all; those whose last event has not reached the app after `seconds` are cancelled."""
        for session in self._running.values():
            session.close(_STOPPED, allow_reconnect=True)
        await wait_or_cancel(self._running, clock, seconds)
