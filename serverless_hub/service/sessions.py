"""The sessions that have not ended, whatever became of the requests that began them."""

import asyncio
import logging
from functools import partial

from serverless_hub.clock import Clock
from serverless_hub.service.ending import STOPPED
from serverless_hub.service.ports import Transport
from serverless_hub.service.session import Session
from serverless_hub.service.tasks import wait_or_cancel

__all__ = ["Sessions"]

_logger = logging.getLogger("serverless_hub.service")


class Sessions:
    """Runs each session in a task of its own.

    A server that is told to stop cancels its requests; what they began still has to reach the app.
    """

    def __init__(self) -> None:
        self._running: dict[asyncio.Task[None], Session] = {}
        self._by_token: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._running)

    async def serve(self, session: Session, transport: Transport, received: bytes, token: str) -> None:
        """Run `session` until it ends, or no longer needs `transport`.

        Where the caller is cancelled, it ends by itself.

        Args:
            session: has not begun yet.
            transport: its first line.
            received: what the client sent behind its handshake request.
            token: the secret with which its client comes back, where it may.
        """
        task = asyncio.create_task(session.run(transport, received))
        self._running[task] = session
        if session.resumable:
            self._by_token[token] = session
        task.add_done_callback(partial(self._forget, token))
        await _wait(session, task, session.released)

    def find(self, token: str | None, hub: str, user_id: str | None) -> Session | None:
        """Return the session that a client of this hub and user may come back to with `token`."""
        session = self._by_token.get(token or "")
        if session is None or not session.resumable or (session.hub, session.user_id) != (hub, user_id):
            return None
        return session

    async def resume(self, session: Session, transport: Transport) -> None:
        """Let `session` go on over `transport` until it no longer needs it, or close that if it has ended by now."""
        if session.resumable:
            await _wait(session, session.resume(transport))
        else:
            await transport.close()

    def close_all(self) -> None:
        """End all, with a word to their clients; those that begin later are for whoever begins them to close."""
        for session in self._running.values():
            session.close(STOPPED, allow_reconnect=True)

    async def parted(self) -> None:
        """Wait until the clients of all that have been closed have heard of it, or cannot."""
        if self._running:
            await asyncio.wait([session.parted for session in self._running.values()])

    async def stop(self, clock: Clock, seconds: float) -> None:
        """End all; those whose last event has not reached the app after `seconds` are cancelled."""
        self.close_all()
        await wait_or_cancel(self._running, clock, seconds)

    def _forget(self, token: str, task: "asyncio.Task[None]") -> None:
        session = self._running.pop(task)
        self._by_token.pop(token, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.error("connection %s of hub %s failed", session.id, session.hub, exc_info=error)


async def _wait(session: Session, *ends: "asyncio.Future[None]") -> None:
    """Wait for the first of `ends`; a server that will not wait ends the session, and needs no error for that."""
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        session.close(STOPPED, allow_reconnect=True)
