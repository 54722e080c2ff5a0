"""What Server-Sent Events and long polling have in common: the client's messages come in requests of their own."""

import asyncio
from abc import ABC, abstractmethod

from serverless_hub.service.asgi import Message, Receive
from serverless_hub.service.direct import DirectSocket
from serverless_hub.service.inbound import Inbound
from serverless_hub.service.metrics import TransportKind

__all__ = ["HttpTransport", "until_disconnect"]


class HttpTransport(ABC):
    """A client's line over plain HTTP.

    Args:
        inbound: what the client posts.
    """

    kind: TransportKind
    takes_binary: bool
    """Whether bytes that are no text can be sent."""
    resumable = False
    """Its connection ends with it: clients come back to one over WebSockets only."""
    socket: DirectSocket | None = None

    def __init__(self, inbound: Inbound) -> None:
        self._inbound = inbound

    @property
    def loss(self) -> str | None:
        """Why the client is gone; None while it is there or when it left in order."""
        return self._inbound.loss

    @property
    def broken(self) -> bool:
        """Whether the client is expected back; it cannot come back."""
        return False

    async def accept(self) -> bool:
        """Do nothing: the response begins when it is served."""
        return True

    @property
    @abstractmethod
    def over(self) -> bool:
        """Whether there is nothing left to answer: the connection is as good as unknown."""

    async def receive(self) -> bytes | None:
        """Return the next bytes, or None once the client is gone."""
        return await self._inbound.get()

    @abstractmethod
    async def send(self, data: bytes, *, binary: bool) -> None:
        """Send whole messages; raises OSError once the client is gone."""

    @abstractmethod
    async def close(self) -> None:
        """End it, behind all that was sent."""

    @abstractmethod
    def abandon(self) -> None:
        """Nobody sends or reads any more: whatever request is open has to end."""


def until_disconnect(receive: Receive, inbound: Inbound) -> "asyncio.Task[None]":
    """Return a task that ends when the client of a request is gone; it rings the bell of `inbound` then."""

    async def wait() -> None:
        message: Message = {}
        while message.get("type") != "http.disconnect":
            message = await receive()

    task = asyncio.create_task(wait())
    task.add_done_callback(lambda _: inbound.bell.ring())
    return task
