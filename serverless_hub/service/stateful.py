"""Stateful reconnect: a connection that outlives its line (HubProtocol.md; aspnetcore `MessageBuffer.cs`)."""

from collections.abc import Callable

from serverless_hub.clock import Clock
from serverless_hub.protocol.codec import HubProtocol
from serverless_hub.protocol.messages import Ack, Close, HubMessage, Sequence
from serverless_hub.service.deadline import Deadline
from serverless_hub.service.ending import Ending
from serverless_hub.service.received import Received
from serverless_hub.service.resending import ResendingOutbound
from serverless_hub.service.settings import ServiceSettings

__all__ = ["HOLD", "Stateful"]

HOLD = 1.0
"""Seconds for which a client that has said nothing yet is sent nothing.

The JavaScript client does not count what it gets together with the answer to its handshake, and would be out of step
with us for good. Once it counts, it sends a ping at once.
"""


class Stateful:
    """What a session keeps so that its client can come back over another line.

    Args:
        protocol: what the client speaks.
        settings: times and limits.
        clock: what all timers ask.
        overflow: called once when more would wait for the client than may.
        end: ends the connection.
    """

    def __init__(
        self,
        protocol: HubProtocol,
        settings: ServiceSettings,
        clock: Clock,
        *,
        overflow: Callable[[], None],
        end: Callable[[Ending], None],
    ) -> None:
        self._protocol = protocol
        self._end = end
        self._loss: str | None = None
        self._stalled = Deadline(clock, settings.client_timeout, self._never_acknowledged)
        self._window = Deadline(clock, settings.stateful_reconnect_window, self._stayed_away)
        self.outbound: ResendingOutbound = ResendingOutbound(
            protocol,
            settings.max_outbound_bytes,
            overflow,
            max_kept=settings.stateful_buffer_bytes,
            stalled=self._stalled,
        )
        """What is sent to the client."""
        self._received = Received(clock, self._acknowledge)
        self._hold = Deadline(clock, HOLD, self.outbound.release)

    @property
    def suspended(self) -> bool:
        """Whether the line is lost, and its client awaited."""
        return self._window.running

    def start(self) -> None:
        """Begin with the first line, its handshake answered."""
        self._hold.restart()

    def heard(self) -> None:
        """Know that the client speaks."""
        if self._hold.running:
            self._hold.stop()
            self.outbound.release()

    def admits(self, message: HubMessage) -> bool:
        """Tell whether `message` counts: it has not come before, and where it belongs among the others is known."""
        return self._received.admits(message)

    def took(self, message: HubMessage, size: int) -> None:
        """Take `message`, of `size` bytes: it has been done, or queued, what it asks for.

        Raises:
            ProtocolError: it says something of messages that there have never been.
        """
        match message:
            case Ack():
                self.outbound.acknowledge(message.sequence_id)
            case Sequence():
                self._received.count_from(message.sequence_id)
            case _:
                self._received.took(message, size)

    def suspend(self, loss: str) -> None:
        """Wait for the client, whose line is lost."""
        self._loss = loss
        self._rest()
        self._window.restart()

    def resume(self) -> None:
        """Begin with another line."""
        self._rest()
        self._received.resume()
        self.outbound.resume()

    def stop(self) -> None:
        """End all timers."""
        self._rest()

    def _rest(self) -> None:
        for timer in (self._stalled, self._window, self._hold):
            timer.stop()
        self._received.stop()

    def _acknowledge(self, number: int) -> None:
        self.outbound.urge(self._protocol.encode(Ack(number)))

    def _never_acknowledged(self) -> None:
        error = "The client does not acknowledge what it is sent."
        self._end(Ending(error, Close(error, allow_reconnect=True), blame="it does not acknowledge what it is sent"))

    def _stayed_away(self) -> None:
        self._end(Ending(self._loss))
