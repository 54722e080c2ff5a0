"""A session's line over a WebSocket without ASGI in between: no task waits, neither for its messages nor for room."""

import asyncio
from collections.abc import Callable

from serverless_hub.service.direct import DirectSocket
from serverless_hub.service.direct_outbound import DirectOutbound
from serverless_hub.service.websocket import loss_of

__all__ = ["DirectLink"]

_NORMAL = 1000


class DirectLink:
    """Brings a session what its client sends, and its line to an end.

    Args:
        socket: the line.
        outbound: what is sent over it.
        take: is given what the client sends; False where it has to wait.
        lose: called when the line has ended, with why unless that was in order.
    """

    __slots__ = ("_lose", "_outbound", "_reads", "_socket", "_take")

    def __init__(
        self,
        socket: DirectSocket,
        outbound: DirectOutbound,
        *,
        take: Callable[[bytes], bool],
        lose: Callable[[str | None], None],
    ) -> None:
        self._socket = socket
        self._outbound = outbound
        self._take = take
        self._lose = lose
        self._reads = True

    def received(self, data: bytes) -> None:
        """Take one frame's payload."""
        if self._reads and not self._take(data):
            self._socket.pause()

    def writable(self) -> None:
        """Write what has waited."""
        self._outbound.flush()

    def lost(self, code: int | None) -> None:
        """Tell of the end."""
        self._outbound.drop()
        self._outbound.flush()
        self._lose(loss_of(code))

    def caught_up(self) -> None:
        """Read on: nothing waits."""
        if self._reads:
            self._socket.resume()

    def stop_reading(self) -> None:
        """Take nothing any more; the socket still sees how the client answers its end."""
        self._reads = False
        self._socket.resume()

    def stop_writing(self) -> None:
        """Send nothing any more."""
        self._outbound.drop()

    async def written(self) -> None:
        """Wait until all is written."""
        if self._outbound.drained is not None:
            await asyncio.wait([self._outbound.drained])

    async def close(self) -> None:
        """End it in order."""
        self._socket.close(_NORMAL)

    def end(self) -> None:
        """Close the line, however it has come to this: there is no request whose end would do it."""
        self._socket.close(_NORMAL)
