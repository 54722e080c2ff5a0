"""What a client has sent in requests of their own, until it is read."""

from collections import deque

from serverless_hub.service.bell import Bell

__all__ = ["Inbound"]


class Inbound:
    """A queue of bytes, in order; who brings more than it holds waits, and with it the client's request.

    Args:
        max_bytes: once so much waits, no more is taken.
    """

    def __init__(self, max_bytes: int) -> None:
        self.bell: Bell = Bell()
        """Rings at every change."""
        self.ended: bool = False
        """Whether nothing more can come."""
        self.loss: str | None = None
        """Why not; None where the client left in order."""
        self._max_bytes = max_bytes
        self._chunks: deque[bytes] = deque()
        self._size = 0

    async def put(self, data: bytes) -> bool:
        """Queue `data`, as soon as there is room; False when it came too late."""
        while self._size >= self._max_bytes and not self.ended:
            await self.bell.wait()
        if self.ended:
            return False
        self._chunks.append(data)
        self._size += len(data)
        self.bell.ring()
        return True

    async def get(self) -> bytes | None:
        """Return what came next, or None at the end."""
        while not self._chunks:
            if self.ended:
                return None
            await self.bell.wait()
        data = self._chunks.popleft()
        self._size -= len(data)
        self.bell.ring()
        return data

    def end(self, loss: str | None = None) -> None:
        """Take no more; what has been taken can still be read. The first end counts."""
        if not self.ended:
            self.ended = True
            self.loss = loss
            self.bell.ring()
