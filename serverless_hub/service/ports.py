"""What the service needs from outside: a transport to the client, and a way to the app."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from serverless_hub.service.direct import DirectSocket
from serverless_hub.service.metrics import TransportKind

__all__ = [
    "MAX_ANSWER_BYTES",
    "AnswerTooLargeError",
    "Answered",
    "Line",
    "StartingUpstream",
    "Transport",
    "UnreachableError",
    "Upstream",
    "UpstreamError",
    "UpstreamResponse",
]

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""The largest answer that Azure's emulator reads (HttpServerlessMessageHandler.cs)."""


class Transport(Protocol):
    """One client's line."""

    async def receive(self) -> bytes | None:
        """Return the next bytes, or None once the client is gone."""
        ...

    async def send(self, data: bytes, *, binary: bool) -> None:
        """Send whole messages; raises OSError once the client is gone."""

    async def close(self) -> None:
        """End it; does nothing when the client has gone first."""

    @property
    def kind(self) -> TransportKind:
        """What it is called in metrics."""
        ...

    @property
    def loss(self) -> str | None:
        """Why the client is gone; None while it is there or when it left in order."""
        ...

    @property
    def broken(self) -> bool:
        """Whether the line has broken, so that nobody has meant the client to go; False where it cannot come back."""
        ...


class Line(Transport, Protocol):
    """A transport that has not been opened."""

    takes_binary: bool
    """Whether bytes that are no text can be sent."""
    resumable: bool
    """Whether its client may come back to its connection over another one."""
    socket: DirectSocket | None
    """What is below, where the server lets it be used without its call."""

    async def accept(self) -> bool:
        """Open it; False when the client has gone already."""
        ...


@dataclass(frozen=True, slots=True)
class UpstreamResponse:
    """What came back for an event."""

    status: int
    body: bytes
    unmatched: bool = False
    """Whether the event went nowhere, since no rule takes it."""
    trusted: bool = False
    """Whether the body is what our own endpoint has just made for this event: nothing in it has to be checked."""


class UpstreamError(Exception):
    """The app could not be reached, took too long or broke off; the text is for our log."""


class UnreachableError(UpstreamError):
    """The app has not got the event, for certain: no connection came to be."""


class AnswerTooLargeError(UpstreamError):
    """The app answered more than is read."""


Answered = Callable[[UpstreamResponse | UpstreamError], object]
"""Is told what becomes of an event."""


class Upstream(Protocol):
    """Takes events to the app."""

    async def post(self, headers: list[tuple[bytes, bytes]], body: bytes) -> UpstreamResponse:
        """Post one event and return the answer.

        Raises:
            UpstreamError: there is none.
        """
        ...


@runtime_checkable
class StartingUpstream(Upstream, Protocol):
    """One for which nobody has to wait in a task."""

    def start(self, headers: list[tuple[bytes, bytes]], body: bytes, answered: Answered) -> None:
        """Post one event; `answered` is called with what becomes of it, once and later."""
        ...
