"""The sessions that have not ended, whatever became of the requests that began them."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from serverless_hub.clock import Clock
from serverless_hub.service.direct_outbound import Direct
from serverless_hub.service.ending import STOPPED
from serverless_hub.service.ports import Line, Transport
from serverless_hub.service.session import Session
from serverless_hub.service.tasks import cancel_all, wait_or_cancel

__all__ = ["Sessions"]

_logger = logging.getLogger("serverless_hub.service")


class Sessions:
    """Begins each session, and has it finished in a task of its own.

    A server that is told to stop cancels its requests; what they began still has to reach the app.
    """

    def __init__(self) -> None:
        self._running: dict[Session, str] = {}
        self._finishing: set[asyncio.Task[None]] = set()
        self._by_token: dict[str, Session] = {}
        self._direct = Direct()

    def __len__(self) -> int:
        return len(self._running)

    async def serve(
        self, session: Session, line: Line, received: bytes, token: str, forget: Callable[[], object]
    ) -> None:
        """Serve `session` until it ends, or no longer needs this call.

        Where the caller is cancelled, it ends by itself.

        Args:
            session: has not begun yet; its client's handshake is answered.
            line: its first line.
            received: what the client sent behind its handshake request.
            token: the secret with which its client comes back, where it may.
            forget: called when it has ended.
        """
        self._running[session] = token
        on_end = partial(self._finish, session, forget)
        if session.resumable:
            self._by_token[token] = session
        elif line.socket is not None:
            session.begin_directly(line.socket, self._direct, received, on_end)
            return
        await _wait(session, session.begin(line, received, on_end))

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
        for session in list(self._running):
            session.close(STOPPED, allow_reconnect=True)

    def hurry(self) -> None:
        """Wait no longer for those that end."""
        cancel_all(self._finishing)

    async def parted(self) -> None:
        """Wait until the clients of all that have been closed have heard of it, or cannot."""
        parting = [session.parted for session in self._running if session.parted is not None]
        if parting:
            await asyncio.wait(parting)

    async def stop(self, clock: Clock, seconds: float) -> None:
        """End all; those whose last event has not reached the app after `seconds` are cancelled."""
        self.close_all()
        await wait_or_cancel(self._finishing, clock, seconds)

    def _finish(self, session: Session, forget: Callable[[], object]) -> None:
        task = asyncio.create_task(session.finish())
        self._finishing.add(task)
        task.add_done_callback(partial(self._forget, session, forget))

    def _forget(self, session: Session, forget: Callable[[], object], task: "asyncio.Task[None]") -> None:
        self._finishing.discard(task)
        self._by_token.pop(self._running.pop(session), None)
        forget()
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.error("connection %s of hub %s failed", session.id, session.hub, exc_info=error)


async def _wait(session: Session, over: "asyncio.Future[None]") -> None:
    """Wait until it is `over`; a server that will not wait ends the session, and needs no error for that."""
    try:
        await asyncio.wait([over])
    except asyncio.CancelledError:
        session.close(STOPPED, allow_reconnect=True)
