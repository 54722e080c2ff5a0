"""A session on its own, from its handshake to its last event."""

import asyncio
from collections.abc import Callable

from serverless_hub.service.ports import Transport
from serverless_hub.service.session import Session

__all__ = ["run_session"]


async def run_session(
    session: Session, transport: Transport, received: bytes = b"", released: Callable[[], object] = lambda: None
) -> None:
    """Serve `session` over `transport` to its end; call `released` once it does not need that any more."""
    ended = asyncio.Event()
    await session.answer_handshake(transport)
    session.begin(transport, received, ended.set).add_done_callback(lambda _: released())
    await ended.wait()
    await session.finish()
