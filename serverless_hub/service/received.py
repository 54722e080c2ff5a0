"""What a stateful client has sent: each message counts once, and is acknowledged (HubProtocol.md, "Ack")."""

from collections.abc import Callable

from serverless_hub.clock import Clock
from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.messages import (
    CancelInvocation,
    Completion,
    HubMessage,
    Invocation,
    Sequence,
    StreamInvocation,
    StreamItem,
)
from serverless_hub.service.deadline import Deadline

__all__ = ["ACK_BYTES", "ACK_INTERVAL", "Received"]

ACK_INTERVAL = 1.0
"""Seconds after which a message is acknowledged, with those that came meanwhile (aspnetcore `MessageBuffer.cs`)."""
ACK_BYTES = 50_000
"""After so many bytes an acknowledgement does not wait: clients keep 100 000, and then wait for us."""

_NUMBERED = (Invocation, StreamItem, Completion, StreamInvocation, CancelInvocation)


class Received:
    """Counts the messages of a client.

    Args:
        clock: what acknowledgements wait by.
        acknowledge: sends one, for all messages up to a number.
    """

    def __init__(self, clock: Clock, acknowledge: Callable[[int], None]) -> None:
        self._acknowledge = acknowledge
        self._due = Deadline(clock, ACK_INTERVAL, self._say_so)
        self._bytes = 0
        self._number = 0
        self._latest = 0
        self._awaits_sequence = False

    def admits(self, message: HubMessage) -> bool:
        """Tell whether `message` is for us: one that came before is not, nor is any before the client's Sequence."""
        if self._awaits_sequence:
            self._awaits_sequence = not isinstance(message, Sequence)
            return not self._awaits_sequence
        if not isinstance(message, _NUMBERED):
            return True
        self._number += 1
        if self._number > self._latest:
            return True
        self._wait()  # The client sends it again: it has not heard of it.
        return False

    def took(self, message: HubMessage, size: int) -> None:
        """Count `message`, of `size` bytes, as received; from now on it is never admitted again."""
        if not isinstance(message, _NUMBERED):
            return
        self._latest = self._number
        self._bytes += size
        if self._bytes >= ACK_BYTES:
            self._say_so()
        else:
            self._wait()

    def resume(self) -> None:
        """Admit nothing until the client says which message comes next."""
        self._awaits_sequence = True

    def count_from(self, number: int) -> None:
        """Give the next message this number.

        Raises:
            ProtocolError: messages before it have never come.
        """
        if not 0 < number <= self._latest + 1:
            raise ProtocolError("the messages before its Sequence have not come")
        self._number = number - 1

    def stop(self) -> None:
        """Acknowledge nothing until the next message."""
        self._due.stop()

    def _wait(self) -> None:
        if not self._due.running:
            self._due.restart()

    def _say_so(self) -> None:
        self._due.stop()
        self._bytes = 0
        self._acknowledge(self._latest)
