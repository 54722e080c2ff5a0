"""The nine hub messages as values (aspnetcore `docs/specs/HubProtocol.md`, "Message types").

`arguments`, `item` and `result` may be a `msgspec.Raw`: bytes already encoded in the message's own
protocol, embedded as they are. Parsed messages carry them so, and whoever needs the values decodes them.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal

__all__ = [
    "NO_RESULT",
    "Ack",
    "CancelInvocation",
    "Close",
    "Completion",
    "HubMessage",
    "Invocation",
    "NoResult",
    "Ping",
    "Sequence",
    "StreamInvocation",
    "StreamItem",
]


class NoResult(Enum):
    """The type of `NO_RESULT`."""

    NO_RESULT = "no result"


NO_RESULT: Final = NoResult.NO_RESULT
"""The result of a call that completes without one (`undefined` in JavaScript, not `null`)."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """Call `target`; without an `invocation_id` nobody answers it."""

    target: str
    arguments: Any = ()
    """A sequence of values."""
    invocation_id: str | None = None
    stream_ids: tuple[str, ...] = ()
    type: Literal[1] = 1


@dataclass(frozen=True, slots=True)
class StreamItem:
    """One item of the stream `invocation_id`."""

    invocation_id: str
    item: Any
    type: Literal[2] = 2


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer to an invocation: an error, a result, or neither."""

    invocation_id: str
    result: Any = NO_RESULT
    error: str | None = None
    type: Literal[3] = 3


@dataclass(frozen=True, slots=True)
class StreamInvocation:
    """Call a `target` that answers with a stream."""

    target: str
    invocation_id: str
    arguments: Any = ()
    """A sequence of values."""
    stream_ids: tuple[str, ...] = ()
    type: Literal[4] = 4


@dataclass(frozen=True, slots=True)
class CancelInvocation:
    """The caller no longer wants the stream `invocation_id`."""

    invocation_id: str
    type: Literal[5] = 5


@dataclass(frozen=True, slots=True)
class Ping:
    """Keeps the connection alive."""

    type: Literal[6] = 6


@dataclass(frozen=True, slots=True)
class Close:
    """The last message of a connection; `error` is for people, `allow_reconnect` for the client library."""

    error: str | None = None
    allow_reconnect: bool = False
    type: Literal[7] = 7


@dataclass(frozen=True, slots=True)
class Ack:
    """Stateful reconnect: everything up to `sequence_id` has arrived."""

    sequence_id: int
    type: Literal[8] = 8


@dataclass(frozen=True, slots=True)
class Sequence:
    """Stateful reconnect: the next message has the number `sequence_id`."""

    sequence_id: int
    type: Literal[9] = 9


HubMessage = Invocation | StreamItem | Completion | StreamInvocation | CancelInvocation | Ping | Close | Ack | Sequence
