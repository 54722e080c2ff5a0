"""What waits to be sent to one client over a WebSocket without ASGI in between."""

import asyncio
from collections.abc import Callable

from serverless_hub.service.direct import DirectSocket
from serverless_hub.service.flusher import Flusher

__all__ = ["Direct", "DirectOutbound"]


class Direct:
    """What all direct lines of a service share: when they are written to, and the frames of the latest messages."""

    def __init__(self) -> None:
        self.flusher: Flusher = Flusher()
        """Has them written to."""
        self._latest: dict[bool, tuple[bytes, bytes]] = {False: (b"", b""), True: (b"", b"")}

    def frame(self, message: bytes, socket: DirectSocket, *, binary: bool) -> bytes:
        """Return the frame of `message`; whoever sends one message to many clients has it made once."""
        latest, frame = self._latest[binary]
        if message is not latest:
            frame = socket.frame(message, binary=binary)
            self._latest[binary] = message, frame
        return frame


class DirectOutbound:
    """What waits to be sent over one socket: bounded, in order, all of a turn of the event loop in one write.

    Args:
        socket: where it goes.
        direct: makes the frames, and has them sent.
        binary: whether the messages are.
        max_bytes: how much may wait.
        overflow: called once when more would wait; from then on everything is dropped.
        sent: called after every write, but for the last.
    """

    __slots__ = (
        "_binary",
        "_direct",
        "_finished",
        "_max_bytes",
        "_overflow",
        "_scheduled",
        "_sent",
        "_size",
        "_socket",
        "_waiting",
        "drained",
    )

    def __init__(
        self,
        socket: DirectSocket,
        direct: Direct,
        *,
        binary: bool,
        max_bytes: int,
        overflow: Callable[[], None],
        sent: Callable[[], None],
    ) -> None:
        self._socket = socket
        self._direct = direct
        self._binary = binary
        self._max_bytes = max_bytes
        self._overflow = overflow
        self._sent = sent
        self._waiting: list[bytes] = []
        self._size = 0
        self._scheduled = False
        self._finished = False
        self.drained: asyncio.Future[None] | None = None
        """Done once the last is written; None before `finish`."""

    def push(self, message: bytes) -> None:
        """Queue one encoded message."""
        if self._finished:
            return
        if self._size and self._size + len(message) > self._max_bytes:
            self.flush()  # Its turn may be far away, with many clients before it: that is not its fault.
            if self._waiting:
                self.drop()
                self._overflow()
                return
        self._size += len(message)
        self._waiting.append(self._direct.frame(message, self._socket, binary=self._binary))
        if not self._scheduled:
            self._scheduled = True
            self._direct.flusher.soon(self)

    def urge(self, message: bytes) -> None:
        """Send one encoded message of the protocol itself before all others that wait."""
        if not self._finished:
            self._waiting.insert(0, self._socket.frame(message, binary=self._binary))
            self.flush()

    def finish(self, last: bytes = b"") -> None:
        """Take no more; `drained` is done once the rest is written, and `last` behind it."""
        self.drained = asyncio.get_running_loop().create_future()
        if last and not self._finished:
            self._waiting.append(self._socket.frame(last, binary=self._binary))
        self._finished = True
        self.flush()

    def drop(self) -> None:
        """Take no more, and send nothing of what waits."""
        self._finished = True
        self._waiting.clear()
        self._size = 0

    def flush(self) -> None:
        """Write what waits, if the client reads."""
        self._scheduled = False
        if self._waiting and self._socket.takes_data:
            waiting, self._waiting = self._waiting, []
            self._size = 0
            self._socket.write(waiting[0] if len(waiting) == 1 else b"".join(waiting))
            if not self._finished:
                self._sent()
        if self.drained is not None and not self._waiting and not self.drained.done():
            self.drained.set_result(None)
