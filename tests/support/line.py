"""A client's line in memory: the service holds one end, the test the other."""

import asyncio

from serverless_hub.service.direct import DirectSocket
from serverless_hub.service.metrics import TransportKind

__all__ = ["FakeLine"]


class FakeLine:
    """A transport; what the client does is in its verbs, what it has got in `sent`."""

    kind: TransportKind = "web_sockets"
    takes_binary = True
    resumable = True
    socket: DirectSocket | None = None

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, bool]] = []
        """Frames, and whether they were binary."""
        self.closed = False
        self.closes_at_once = False
        """Whether a client that does not read can be closed: most servers send what is left first."""
        self.loss: str | None = None
        self.broken = False
        self.breakage: Exception | None = None
        """What the next send raises."""
        self._said: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._reads = asyncio.Event()
        self._reads.set()

    def say(self, data: bytes) -> None:
        """Send a frame to the service."""
        self._said.put_nowait(data)

    def leave(self, loss: str | None = None, *, broken: bool = True) -> None:
        """Be gone, in order or with a `loss`, which was meant unless the line has `broken`."""
        self.loss = loss
        self.broken = loss is not None and broken
        self._said.put_nowait(None)

    def stop_reading(self) -> None:
        self._reads.clear()

    def read_again(self) -> None:
        self._reads.set()

    def receive_now(self) -> list[bytes]:
        """Take what the service has not taken."""
        return [data for _ in range(self.unread) if (data := self._said.get_nowait()) is not None]

    @property
    def unread(self) -> int:
        """How many frames the service has not taken yet."""
        return self._said.qsize()

    @property
    def heard(self) -> bytes:
        """Everything that arrived."""
        return b"".join(data for data, _ in self.sent)

    async def accept(self) -> bool:
        return True

    async def receive(self) -> bytes | None:
        return await self._said.get()

    async def send(self, data: bytes, *, binary: bool) -> None:
        await self._reads.wait()
        if self.breakage is not None:
            raise self.breakage
        self.sent.append((data, binary))

    async def close(self) -> None:
        if not self.closes_at_once:
            await self._reads.wait()
        self.closed = True
