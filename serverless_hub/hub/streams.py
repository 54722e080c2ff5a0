"""Streams to a client: items for a stream that it has asked for (REST API 2024-12-01, `streams/{streamId}`).

Azure documents the routes, not the layout of an item: that is any JSON value here, and provisional.
"""

from collections.abc import AsyncIterable
from contextlib import suppress
from typing import Any

import anyio

from serverless_hub.errors import ConnectionGoneError, ServiceError
from serverless_hub.hub.names import checked_connection, checked_stream
from serverless_hub.hub.ports import HubSender

__all__ = ["Streams"]

_LAST_WORDS = 1.0
"""Seconds for telling a client that its stream was broken off."""


class Streams:
    """Streams to the clients of a hub; a stream has one sender at a time."""

    __slots__ = ("_sender",)

    def __init__(self, sender: HubSender) -> None:
        self._sender = sender

    async def send(self, connection_id: str, stream_id: str, items: AsyncIterable[Any]) -> None:
        """Send all `items` in order, and end the stream.

        Args:
            connection_id: the client's connection.
            stream_id: what the client calls the stream: the id of its stream invocation.
            items: whatever pydantic can serialise. When it raises, the stream ends with an error that says nothing of
                the exception, and that is raised here. The same goes for being cancelled.

        Raises:
            ConnectionGoneError: the connection is not open, or no longer.
        """
        try:
            async for item in items:
                await self.send_item(connection_id, stream_id, item)
        except ConnectionGoneError:
            raise
        except BaseException:
            with anyio.move_on_after(_LAST_WORDS, shield=True), suppress(ServiceError):
                await self.complete(connection_id, stream_id, "The stream was broken off.")
            raise
        await self.complete(connection_id, stream_id)

    async def send_item(self, connection_id: str, stream_id: str, item: Any, *, completed: bool = False) -> None:
        """Send one item; with `completed` the stream ends after it.

        Raises:
            ConnectionGoneError: the connection is not open, or no longer.
        """
        await self._sender.send_stream_item(*_checked(connection_id, stream_id), item, completed=completed)

    async def complete(self, connection_id: str, stream_id: str, error: str | None = None) -> None:
        """End a stream: in order, or with an `error` that the client is shown."""
        await self._sender.complete_stream(*_checked(connection_id, stream_id), error)


def _checked(connection_id: str, stream_id: str) -> tuple[str, str]:
    return checked_connection(connection_id), checked_stream(stream_id)
