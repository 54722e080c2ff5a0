"""What waits to be sent to one client over a WebSocket without ASGI in between."""

import asyncio
from collections.abc import Callable

from serverless_hub.service.direct import DirectSocket
from serverless_hub.service.flusher import Flusher

__all__ = ["Direct", "DirectOutbound", "Frames"]

_MAX_JOINED = 64 * 1024
"""No more bytes than these are kept for the next client."""


class Frames:
    """What has been made last for one client, and is the same for the next, where many are sent the same.

    Args:
        binary: whether the messages are.
    """

    def __init__(self, *, binary: bool) -> None:
        self._binary = binary
        self._parts: list[bytes] = []
        self._joined = b""
        self.message: bytes = b""
        """The latest message."""
        self.latest: bytes = b""
        """Its frame."""

    def make(self, message: bytes, socket: DirectSocket) -> None:
        """Make the frame of `message` the latest."""
        self.latest = socket.frame(message, binary=self._binary)
        self.message = message

    def join(self, parts: list[bytes]) -> bytes:
        """Return several frames as one piece."""
        if parts == self._parts:  # This is quick for the very same objects, and false at the first that differs.
            return self._joined
        joined = b"".join(parts)
        if len(joined) <= _MAX_JOINED:
            self._parts, self._joined = parts.copy(), joined
        return joined


class Direct:
    """What all direct lines of a service share: when they are written to, and the latest frames."""

    def __init__(self) -> None:
        self.flusher: Flusher = Flusher()
        """Has them written to."""
        self.text: Frames = Frames(binary=False)
        self.binary: Frames = Frames(binary=True)


class DirectOutbound:
    """What waits to be sent over one socket: bounded, in order, all of a turn of the event loop in one write.

    Args:
        socket: where it goes.
        direct: has them sent, and knows the latest frames.
        binary: whether the messages are.
        max_bytes: how much may wait.
        overflow: called once when more would wait; from then on everything is dropped.
        sent: called after every write, but for the last.
    """

    __slots__ = (
        "_binary",
        "_finished",
        "_flusher",
        "_frames",
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
        self._flusher = direct.flusher
        self._frames = direct.binary if binary else direct.text
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
        size = self._size + len(message)
        if size > self._max_bytes and self._size:
            self.flush()  # Its turn may be far away, with many clients before it: that is not its fault.
            if self._waiting:
                self.drop()
                self._overflow()
                return
            size = len(message)
        self._size = size
        frames = self._frames
        if message is not frames.message:
            frames.make(message, self._socket)
        self._waiting.append(frames.latest)
        if not self._scheduled:
            self._scheduled = True
            self._flusher.soon(self)

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
        waiting, socket = self._waiting, self._socket
        if waiting and socket.takes_data:
            frames = waiting[0] if len(waiting) == 1 else self._frames.join(waiting)
            waiting.clear()
            self._size = 0
            socket.write(frames)
            if not self._finished:
                self._sent()
        if self.drained is not None and not waiting and not self.drained.done():
            self.drained.set_result(None)
