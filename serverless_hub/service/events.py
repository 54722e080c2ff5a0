"""The events of one connection, one after the other: connected, its messages, disconnected."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus

from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import JSON, HubProtocol
from serverless_hub.protocol.messages import Completion, Invocation
from serverless_hub.protocol.upstream import (
    CONNECTED,
    DISCONNECTED,
    Category,
    connected_body,
    disconnected_body,
    invocation_body,
)
from serverless_hub.protocol.upstream_answer import read_refusal
from serverless_hub.service.answers import completion_of, failed_completion
from serverless_hub.service.client import Client
from serverless_hub.service.ports import Upstream, UpstreamError, UpstreamResponse

__all__ = ["EventQueue"]

_logger = logging.getLogger("serverless_hub.service")
_MAX_TARGET = 512


class EventQueue:
    """Takes one client's calls to the app and brings the answers.

    Args:
        client: whose events they are.
        upstream: the way to the app.
        keys: what the events are signed with.
        size: how many calls may wait; `put` waits beyond that.
    """

    def __init__(self, client: Client, upstream: Upstream, keys: Sequence[str], size: int) -> None:
        self._client = client
        self._upstream = upstream
        self._keys = keys
        self._calls: asyncio.Queue[Invocation | None] = asyncio.Queue(size)
        self._finished = False

    @property
    def full(self) -> bool:
        """Whether `put` would wait."""
        return self._calls.full()

    async def put(self, invocation: Invocation) -> None:
        """Queue a call."""
        await self._calls.put(invocation)

    def finish(self) -> None:
        """Let the queued calls be the last."""
        self._finished = True
        if self._calls.empty():
            self._calls.put_nowait(None)

    async def connected(self) -> str | None:
        """Post `connected`; return the reason when the app refuses the client, else None."""
        response = await self._post(Category.CONNECTIONS, CONNECTED, connected_body())
        if response.status == HTTPStatus.FORBIDDEN:
            return read_refusal(response.body) or "The connection was refused."
        return None

    async def disconnected(self, error: str | None) -> None:
        """Post `disconnected`."""
        await self._post(Category.CONNECTIONS, DISCONNECTED, disconnected_body(error))

    async def run(self, protocol: HubProtocol, push: Callable[[bytes], None]) -> None:
        """Post the calls until `finish`, and push a completion for each that waits for one."""
        while not (self._finished and self._calls.empty()):
            call = await self._calls.get()
            if call is None:
                return
            answer = await self._answer(call, protocol)
            if answer is not None:
                push(answer)

    async def _answer(self, call: Invocation, protocol: HubProtocol) -> bytes | None:
        if not is_safe_target(call.target):
            _logger.warning("connection %s called a target that no app can have", self._client.connection_id)
            error = "Invocation failed, error: no app can have this target."
            return None if call.invocation_id is None else protocol.encode(Completion(call.invocation_id, error=error))
        response = await self._post(Category.MESSAGES, call.target, invocation_body(call, protocol), protocol)
        if call.invocation_id is None:
            return None
        try:
            return completion_of(response, call.invocation_id, protocol)
        except ProtocolError as error:
            _logger.error("the answer to %r of hub %s is unusable: %s", call.target, self._client.hub, error)  # noqa: TRY400 - its text says it all
            return failed_completion(HTTPStatus.INTERNAL_SERVER_ERROR, call.invocation_id, protocol)

    async def _post(
        self, category: Category, event: str, body: bytes, protocol: HubProtocol = JSON
    ) -> UpstreamResponse:
        headers = self._client.event(category, event, self._keys, protocol).to_headers()
        try:
            response = await self._upstream.post(headers, body)
        except UpstreamError as error:
            _logger.error("event %r of hub %s did not reach the app: %s", event, self._client.hub, error)  # noqa: TRY400 - its text says it all
            return UpstreamResponse(HTTPStatus.INTERNAL_SERVER_ERROR, b"")
        if response.status not in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
            _logger.info("the app answered %d to event %r of hub %s", response.status, event, self._client.hub)
        return response


def is_safe_target(target: str) -> bool:
    """Tell whether `target` can stand in a header and in a path of the upstream call."""
    return target.isprintable() and target not in {"", ".", ".."} and len(target) <= _MAX_TARGET
