"""Closing the connections of clients that the app refused, at services that do not do it themselves.

What Azure SignalR Service does with a 403 to `connected` is not public, so the connection is closed over its REST API.
Its client may come back after that: who may come at all is better said at negotiate.
"""

import asyncio
import logging
from http import HTTPStatus

from starlette.types import Message, Send

from serverless_hub.clock import Clock, limit
from serverless_hub.errors import ServiceError
from serverless_hub.hub.call import Call
from serverless_hub.hub.descriptor import MethodDescriptor
from serverless_hub.management.remote_service import RemoteService
from serverless_hub.protocol.upstream import CONNECTED, Category
from serverless_hub.protocol.upstream_answer import read_refusal
from serverless_hub.routing.services import Services

__all__ = ["Refusals"]

_logger = logging.getLogger("serverless_hub.routing")

_MOST = 1000
"""Connections that are being closed at a time."""
_SECONDS = 30.0
"""Until closing one fails."""
_STOP_SECONDS = 5.0
"""Until what is still being closed is given up when the app stops."""


class Refusals:
    """Closes refused connections in the background, after the answer that refuses them.

    Args:
        services: whose connections they are.
        clock: for the limits.
    """

    def __init__(self, services: Services, clock: Clock) -> None:
        self._services = services
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def watched(self, call: Call, send: Send) -> Send:
        """Return `send` as one that also closes the connection of `call` if it sends a refusal."""
        if not self.watches(call.method):
            return send
        if not isinstance(self._services.of(call.event.key[0]), RemoteService):
            return send
        status = HTTPStatus.OK

        async def send_watched(message: Message) -> None:
            nonlocal status
            try:
                await send(message)
            finally:
                if message["type"] == "http.response.start":
                    status = HTTPStatus(message["status"])
                elif status is HTTPStatus.FORBIDDEN:
                    self._begin(call, read_refusal(message.get("body", b"")))

        return send_watched

    @staticmethod
    def watches(method: MethodDescriptor) -> bool:
        """Tell whether the answers of a method may refuse a client."""
        return method.event == CONNECTED and method.category is Category.CONNECTIONS

    async def stop(self) -> None:
        """Wait for what is being closed, but not for long."""
        if self._tasks:
            try:
                async with limit(self._clock, _STOP_SECONDS):
                    await asyncio.wait(self._tasks)
            except TimeoutError:
                for task in self._tasks:
                    task.cancel()
                await asyncio.wait(self._tasks)

    def _begin(self, call: Call, reason: str | None) -> None:
        if len(self._tasks) >= _MOST:
            _logger.error("connection %s was refused and stays open: too many at once", call.context.connection_id)
            return
        task = asyncio.create_task(self._close(call, reason))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _close(self, call: Call, reason: str | None) -> None:
        connection_id = call.context.connection_id
        try:
            async with limit(self._clock, _SECONDS):
                await call.context.abort(reason)
        except ServiceError as error:
            _logger.error("connection %s was refused and stays open: %s", connection_id, error)  # noqa: TRY400 - says it all
        except Exception:
            _logger.exception("connection %s was refused and stays open", connection_id)
        else:
            _logger.info("closed connection %s, which was refused", connection_id)
