"""Calls of one client that wait for the app: bounded in number and in bytes."""

from collections import deque

from serverless_hub.protocol.messages import Invocation

__all__ = ["CallQueue"]

_URGENT_FACTOR = 16
"""So many times more calls may wait while something behind them is awaited."""


class CallQueue:
    """A queue in order.

    Args:
        max_calls: how many may wait.
        max_bytes: how large they may be together; a single one may be larger.
    """

    __slots__ = ("_calls", "_max_bytes", "_max_calls", "_size")

    def __init__(self, max_calls: int, max_bytes: int) -> None:
        self._max_calls = max_calls
        self._max_bytes = max_bytes
        self._calls: deque[tuple[Invocation, int]] | None = None  # An empty deque takes 600 bytes.
        self._size = 0

    def full(self, *, urgent: bool) -> bool:
        """Tell whether there is room for no more.

        Args:
            urgent: something is awaited that may come behind the calls: more of them may wait, though not more bytes.
        """
        if self._calls is None:
            return False
        most = self._max_calls * _URGENT_FACTOR if urgent else self._max_calls
        return self._size >= self._max_bytes or len(self._calls) >= most

    def put(self, call: Invocation, size: int) -> None:
        """Queue a call of `size` bytes."""
        if self._calls is None:
            self._calls = deque()
        self._calls.append((call, size))
        self._size += size

    def get(self) -> Invocation | None:
        """Return the next call, or None where none waits."""
        if self._calls is None:
            return None
        call, size = self._calls.popleft()
        self._size -= size
        if not self._calls:
            self._calls = None
        return call

    def clear(self) -> None:
        """Forget all that wait."""
        self._calls = None
        self._size = 0
