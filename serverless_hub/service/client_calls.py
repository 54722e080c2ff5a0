"""Calls of one client that wait for its answer (HubProtocol.md, "Client results")."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from serverless_hub.clock import Clock, limit
from serverless_hub.errors import (
    ClientResultError,
    ConnectionGoneError,
    ProtocolError,
    ServiceTimeoutError,
    ThrottledError,
)
from serverless_hub.protocol.codec import HubProtocol
from serverless_hub.protocol.messages import NO_RESULT, Completion, Invocation
from serverless_hub.protocol.nesting import check_json
from serverless_hub.protocol.rest import ErrorCode

__all__ = ["MAX_WAITING", "ClientCalls"]

MAX_WAITING = 256
"""How many calls of one client may wait at a time."""


class ClientCalls:
    """Calls `target`s of a client and waits for its completions; other messages of the client pass meanwhile.

    Args:
        protocol: what the client speaks.
        clock: what the calls' timeouts ask.
        push: sends an encoded message to the client.
    """

    def __init__(self, protocol: HubProtocol, clock: Clock, push: Callable[[bytes], None]) -> None:
        self._protocol = protocol
        self._clock = clock
        self._push = push
        # Calls of the client count in a namespace of their own, so that these ids cannot clash with its.
        self._last_id = 0
        self._waiting: dict[str, asyncio.Future[Completion | None]] = {}

    @property
    def waiting(self) -> bool:
        """Whether somebody waits for a completion of this client."""
        return bool(self._waiting)

    async def invoke(self, target: str, arguments: Sequence[Any], timeout: float) -> Any:  # noqa: ASYNC109 - measured by the injected clock, not by asyncio's
        """Call `target` and return the client's result as plain values, None where it has none.

        Raises:
            TypeError: an argument cannot be encoded.
            ThrottledError: too many calls of this client wait already.
            ServiceTimeoutError: it has not answered within `timeout` seconds.
            ConnectionGoneError: the connection ended before it answered.
            ClientResultError: it answered with an error, or with a result that cannot be read.
        """
        completion = await self._completion(target, arguments, timeout)
        if completion.error is not None:
            raise ClientResultError(completion.error, code=ErrorCode.INVOCATION_FAILED)
        try:
            return self._result(completion)
        except ProtocolError as error:
            text = f"the client's result cannot be read: {error}"
            raise ClientResultError(text, code=ErrorCode.INVOCATION_FAILED) from None

    def complete(self, completion: Completion) -> None:
        """Take a completion of the client; one that nobody waits for means nothing."""
        self._settle(completion.invocation_id, completion)

    def finish(self) -> None:
        """Tell everybody who waits that the connection has ended."""
        for invocation_id in self._waiting:
            self._settle(invocation_id, None)

    async def _completion(self, target: str, arguments: Sequence[Any], seconds: float) -> Completion:
        if len(self._waiting) >= MAX_WAITING:
            text = f"{MAX_WAITING} calls of this client wait for its answers: call it again once it has answered some"
            raise ThrottledError(text, retry_is_safe=True)
        self._last_id += 1
        invocation_id = str(self._last_id)
        message = self._protocol.encode(Invocation(target, arguments, invocation_id))
        answer: asyncio.Future[Completion | None] = asyncio.get_running_loop().create_future()
        self._waiting[invocation_id] = answer
        try:
            self._push(message)
            async with limit(self._clock, seconds):
                completion = await answer
        except TimeoutError:
            text = f"the client has not answered within {seconds:g} seconds"
            raise ServiceTimeoutError(text, code=ErrorCode.INVOCATION_TIMED_OUT) from None
        finally:
            del self._waiting[invocation_id]
        if completion is None:
            text = "the connection ended before its client answered"
            raise ConnectionGoneError(text, code=ErrorCode.CONNECTION_NOT_EXISTED)
        return completion

    def _settle(self, invocation_id: str, completion: Completion | None) -> None:
        answer = self._waiting.get(invocation_id)
        if answer is not None and not answer.done():
            answer.set_result(completion)

    def _result(self, completion: Completion) -> Any:
        if completion.result is NO_RESULT:
            return None
        if not self._protocol.binary:  # MessagePack is checked as it is decoded.
            check_json(bytes(completion.result))
        return self._protocol.decode_value(completion.result)
