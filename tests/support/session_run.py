"""A session on its own, from its handshake to its last event."""

import asyncio
from collections.abc import Callable

from serverless_hub.service.direct_outbound import Direct
from serverless_hub.service.ports import Line
from serverless_hub.service.session import Session

__all__ = ["run_session"]


async def run_session(
    session: Session, line: Line, received: bytes = b"", released: Callable[[], object] = lambda: None
) -> None:
    """Serve `session` over `line`, or directly over its socket, to its end; call `released` once that may end."""
    ended = asyncio.Event()
    await session.answer_handshake(line)
    if line.socket is None:
        session.begin(line, received, ended.set).add_done_callback(lambda _: released())
    else:
        session.begin_directly(line.socket, Direct(), received, ended.set)
        released()
    await ended.wait()
    await session.finish()
