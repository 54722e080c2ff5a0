"""What a stateful client is sent: numbered, and kept until it says that it has arrived (HubProtocol.md, "Ack")."""

from collections import deque
from collections.abc import Callable

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import HubProtocol
from serverless_hub.protocol.messages import Sequence
from serverless_hub.service.deadline import Deadline
from serverless_hub.service.outbound import Outbound

__all__ = ["ResendingOutbound"]

_NOTHING: deque[bytes] = deque()


class ResendingOutbound(Outbound):
    """A queue whose reader may be another one from now and then, each of which gets what the last may have lost.

    Nothing but urgent messages is sent before `release`. Messages are numbered from 1 in the order in which they are
    sent first.

    Args:
        protocol: what the client speaks.
        max_bytes: how much may wait to be sent.
        overflow: called once when more would wait; from then on everything is dropped.
        max_kept: how many bytes may be on their way; beyond that, messages wait for an acknowledgement.
        stalled: runs while messages wait for one.
    """

    def __init__(
        self,
        protocol: HubProtocol,
        max_bytes: int,
        overflow: Callable[[], None],
        *,
        max_kept: int,
        stalled: Deadline,
    ) -> None:
        super().__init__(max_bytes, overflow)
        self._protocol = protocol
        self._max_kept = max_kept
        self._stalled = stalled
        self._held = True
        self._replay: deque[bytes] = deque()
        self._kept: deque[bytes] = deque()
        self._first = 1
        self._acknowledged = 0
        self._kept_bytes = 0
        self._proven_above = 0

    def release(self) -> None:
        """Let messages go out from now on."""
        self._held = False
        self._wake()

    def acknowledge(self, number: int) -> None:
        """Forget the messages up to `number`: they have arrived.

        Raises:
            ProtocolError: there are not so many.
        """
        if number >= self._first + len(self._kept):
            raise ProtocolError("it acknowledged a message that it was not sent")
        if number <= self._acknowledged:
            return
        for index in range(self._acknowledged + 1 - self._first, number + 1 - self._first):
            self._kept_bytes -= len(self._kept[index])
        self._acknowledged = number
        if number > self._proven_above:
            self._forget()
        self._stalled.stop()
        self._wake()

    def resume(self) -> None:
        """Begin with a new reader: say which message comes next, and send again what may not have arrived."""
        self._urgent.clear()
        self._urgent.append(self._protocol.encode(Sequence(self._first)))
        self._replay = self._kept.copy()
        # A client counts from the message that we name now, and must have counted as far as we name the next time. What
        # it acknowledges of the messages up to here, it may have got over the last line, and not yet over this one.
        self._proven_above = self._first + len(self._kept) - 1
        self.release()

    def _source(self) -> deque[bytes]:
        if self._urgent or self._replay:
            return self._urgent or self._replay
        if self._finished:
            return self._messages or self._last
        if self._held:
            return _NOTHING
        if self._kept_bytes <= self._max_kept:
            return self._messages
        if self._messages and not self._stalled.running:
            self._stalled.restart()
        return _NOTHING

    def _take(self, source: deque[bytes]) -> bytes:
        message = source.popleft()
        if source is self._messages:
            self._size -= len(message)
            self._kept.append(message)
            self._kept_bytes += len(message)
        return message

    def _forget(self) -> None:
        while self._first <= self._acknowledged:
            self._kept.popleft()
            self._first += 1
