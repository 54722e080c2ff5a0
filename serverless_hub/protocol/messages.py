"""The nine hub messages as values (aspnetcore `docs/specs/HubProtocol.md`, "Message types").

`arguments`, `item` and `result` may be a `msgspec.Raw`: bytes already encoded in the message's own
protocol, embedded as they are. Parsed messages carry them so, and whoever needs the values decodes them.
"""

from enum import Enum
from typing import Any, Final, Literal

import msgspec

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


class Invocation(msgspec.Struct, frozen=True):
    """Call `target`; without an `invocation_id` nobody answers it."""

    target: str
    arguments: Any = ()
    """A sequence of values."""
    invocation_id: str | None = None
    stream_ids: tuple[str, ...] = ()
    type: Literal[1] = 1


class StreamItem(msgspec.Struct, frozen=True):
    """One item of the stream `invocation_id`."""

    invocation_id: str
    item: Any
    type: Literal[2] = 2


class Completion(msgspec.Struct, frozen=True):
    """The answer to an invocation: an error, a result, or neither."""

    invocation_id: str
    result: Any = NO_RESULT
    error: str | None = None
    type: Literal[3] = 3


class StreamInvocation(msgspec.Struct, frozen=True):
    """Call a `target` that answers with a stream."""

    target: str
    invocation_id: str
    arguments: Any = ()
    """A sequence of values."""
    stream_ids: tuple[str, ...] = ()
    type: Literal[4] = 4


class CancelInvocation(msgspec.Struct, frozen=True):
    """The caller no longer wants the stream `invocation_id`."""

    invocation_id: str
    type: Literal[5] = 5


class Ping(msgspec.Struct, frozen=True):
    """Keeps the connection alive."""

    type: Literal[6] = 6


class Close(msgspec.Struct, frozen=True):
    """The last message of a connection; `error` is for people, `allow_reconnect` for the client library."""

    error: str | None = None
    allow_reconnect: bool = False
    type: Literal[7] = 7


class Ack(msgspec.Struct, frozen=True):
    """Stateful reconnect: everything up to `sequence_id` has arrived."""

    sequence_id: int
    type: Literal[8] = 8


class Sequence(msgspec.Struct, frozen=True):
    """Stateful reconnect: the next message has the number `sequence_id`."""

    sequence_id: int
    type: Literal[9] = 9


HubMessage = Invocation | StreamItem | Completion | StreamInvocation | CancelInvocation | Ping | Close | Ack | Sequence
