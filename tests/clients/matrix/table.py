"""Which client is played over which transport in which hub protocol, and what none of our tests can ask of it.

`CELLS` is the whole matrix; `LIMITS` says, with the reason, where a client cannot do something. All the rest is played:
a test of this folder takes `played(topic)` as its cells.
"""

from dataclasses import dataclass
from itertools import product

import pytest

__all__ = ["CELLS", "LIMITS", "TOPICS", "Cell", "Limit", "limit_of", "played"]

TOPICS = (
    "values",  # every JSON type, binary, dates, 60 KB and 1 MB, errors
    "in flight",  # ten invokes at once
    "delivery",  # everybody, others, groups, users, connections
    "client results",
    "closed",  # by the server, with leave to come back
    "closed, comes back",
    "dropped",  # a pulled cable, without a reconnect policy
    "dropped, comes back",
    "restart",  # of the same connection object
    "rejected",  # by on_connected
    "expired",  # closed when its token is over
    "expired, comes back",  # with another token
    "comes back with a token that is over",  # it does not
    "server restart",  # the client hears it
    "server restart, comes back",
)


@dataclass(frozen=True)
class Cell:
    """One way to talk to the service."""

    client: str
    transport: str
    protocol: str

    @property
    def goes_straight(self) -> bool:
        """Whether it connects to the service without asking the app: to a WebSocket only does signalrcore follow it."""
        return self.client == "signalrcore" and self.transport != "WebSockets"

    def __str__(self) -> str:
        return f"{self.client}-{self.transport}-{self.protocol}"


@dataclass(frozen=True)
class Limit:
    """Something that cannot be played; what is None stands for anything."""

    reason: str
    client: str | None = None
    transport: str | None = None
    protocol: str | None = None
    topics: tuple[str, ...] = TOPICS

    def bars(self, cell: Cell, topic: str) -> bool:
        """Return whether it stands in the way of `topic` in `cell`."""
        pairs = (self.client, cell.client), (self.transport, cell.transport), (self.protocol, cell.protocol)
        return topic in self.topics and all(mine in (None, its) for mine, its in pairs)


CELLS = [
    Cell(*names)
    for names in product(
        ("javascript", "pysignalr", "signalrcore"),
        ("WebSockets", "ServerSentEvents", "LongPolling"),
        ("json", "messagepack"),
    )
]

LIMITS = [
    Limit("event streams carry text only", transport="ServerSentEvents", protocol="messagepack"),
    Limit("it has WebSockets only", "pysignalr", "ServerSentEvents"),
    Limit("it has WebSockets only", "pysignalr", "LongPolling"),
    Limit("its polls carry no token, neither as a header nor in the query", "signalrcore", "LongPolling"),
    Limit("it has no client results", "signalrcore", topics=("client results",)),
    Limit(
        "its `run` ends with the reason of a close, whether or not that allows to come back",
        "pysignalr",
        topics=("closed, comes back", "expired, comes back", "server restart, comes back"),
    ),
    Limit("it always comes back after a drop", "pysignalr", topics=("dropped",)),
    Limit("it cannot `run` again: cancelled, it still believes itself connected", "pysignalr", topics=("restart",)),
    Limit(
        "it tries once and at once to come back: before another attempt it asks for an attribute that it has not set",
        "signalrcore",
        topics=("server restart, comes back",),
    ),
    Limit(
        "an attempt to come back that fails leaves it between all states, and it tells nobody",
        "signalrcore",
        topics=("comes back with a token that is over",),
    ),
    Limit("it never asks the app for another token", "signalrcore", topics=("expired, comes back",)),
]


def limit_of(cell: Cell, topic: str) -> Limit | None:
    """Return what stands in the way of `topic` in `cell`; None if it is played."""
    return next((limit for limit in LIMITS if limit.bars(cell, topic)), None)


def played(topic: str) -> pytest.MarkDecorator:
    """Return a mark that gives a test the argument `cell`: each cell that can do `topic`."""
    assert topic in TOPICS
    cells = [cell for cell in CELLS if limit_of(cell, topic) is None]
    return pytest.mark.parametrize("cell", [pytest.param(cell, id=str(cell)) for cell in cells])
