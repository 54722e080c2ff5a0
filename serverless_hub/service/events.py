"""The events of one connection, one after the other: connected, its messages, disconnected."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from serverless_hub.clock import Clock
from serverless_hub.errors import ProtocolError
from serverless_hub.protocol.codec import JSON, HubProtocol
from serverless_hub.protocol.messages import Completion, Invocation
from serverless_hub.protocol.upstream import (
    CONNECTED,
    DISCONNECTED,
    EVENT_HEADER,
    Category,
    connected_body,
    disconnected_body,
    invocation_body,
)
from serverless_hub.protocol.upstream_answer import read_refusal
from serverless_hub.service.answers import TOO_LARGE, completion_of, failed_completion
from serverless_hub.service.client import Client
from serverless_hub.service.ports import (
    AnswerTooLargeError,
    StartingUpstream,
    Upstream,
    UpstreamError,
    UpstreamResponse,
)

__all__ = ["Events", "is_safe_target"]

_logger = logging.getLogger("serverless_hub.service")
_MAX_TARGET = 512
_MESSAGES = Category.MESSAGES
_GOOD = {int(HTTPStatus.OK), int(HTTPStatus.NO_CONTENT)}
_UNREACHABLE = UpstreamResponse(HTTPStatus.INTERNAL_SERVER_ERROR, b"")


class Events:
    """Takes one client's events to the app and brings the answers to its calls.

    Args:
        client: whose events they are.
        protocol: what it speaks.
        upstream: the way to the app.
        keys: what the events are signed with.
        clock: what their durations are measured by.
    """

    __slots__ = ("_call_headers", "_client", "_clock", "_keys", "_protocol", "_refused", "_starting", "_upstream")

    def __init__(
        self, client: Client, protocol: HubProtocol, upstream: Upstream, keys: Sequence[str], clock: Clock
    ) -> None:
        self._client = client
        self._clock = clock
        self._protocol = protocol
        self._upstream = upstream
        self._starting = upstream if isinstance(upstream, StartingUpstream) else None
        self._keys = keys
        self._refused = False
        self._call_headers: list[tuple[bytes, bytes]] | None = None
        """Those that all calls have; a connection that calls nothing does without."""

    async def connected(self) -> str | None:
        """Post `connected`; return the reason when the app refuses the client, else None."""
        try:
            response = await self._post(Category.CONNECTIONS, CONNECTED, connected_body(), JSON)
        except UpstreamError:
            return None
        self._refused = response.status == HTTPStatus.FORBIDDEN
        return (read_refusal(response.body) or "The connection was refused.") if self._refused else None

    async def disconnected(self, error: str | None) -> None:
        """Post `disconnected`, unless the app has refused the client."""
        if self._refused:
            return
        try:
            await self._post(Category.CONNECTIONS, DISCONNECTED, disconnected_body(error), JSON)
        except UpstreamError:
            return

    def start(self, call: Invocation, answered: Callable[[bytes | None], None]) -> bool:
        """Post a call without a task that waits; False where that cannot be.

        Args:
            call: what to post.
            answered: called later with what `answer` returns.
        """
        if self._starting is None or not is_safe_target(call.target):
            return False
        began = self._clock.monotonic()

        def ended(outcome: UpstreamResponse | UpstreamError) -> None:
            if isinstance(outcome, UpstreamError):
                self._failed(_MESSAGES, call.target, began, outcome)
            else:
                self._succeeded(_MESSAGES, call.target, began, outcome)
            answered(self._completion(call, outcome))

        headers = self._headers(_MESSAGES, call.target, self._protocol)
        self._starting.start(headers, invocation_body(call, self._protocol), ended)
        return True

    async def answer(self, call: Invocation) -> bytes | None:
        """Post a call; return the completion where the client waits for one."""
        if not is_safe_target(call.target):
            text = "connection %s called a target that no app can have"
            _logger.warning(text, self._client.connection_id, extra=self._fields(None))
            return self._failure(call, "Invocation failed, error: no app can have this target.")
        body = invocation_body(call, self._protocol)
        try:
            return self._completion(call, await self._post(_MESSAGES, call.target, body, self._protocol))
        except UpstreamError as error:
            return self._completion(call, error)

    def _completion(self, call: Invocation, outcome: UpstreamResponse | UpstreamError) -> bytes | None:
        """Return what the client hears of a call, where it waits for that."""
        if call.invocation_id is None:
            return None
        if isinstance(outcome, AnswerTooLargeError):
            return self._failure(call, TOO_LARGE)
        response = _UNREACHABLE if isinstance(outcome, UpstreamError) else outcome
        try:
            return completion_of(response, call.invocation_id, self._protocol)
        except ProtocolError as error:
            text = "the answer to %r of hub %s is unusable: %s"
            _logger.error(text, call.target, self._client.hub, str(error), extra=self._fields(call.target))  # noqa: TRY400 - its text says it all
            return failed_completion(HTTPStatus.INTERNAL_SERVER_ERROR, call.invocation_id, self._protocol)

    def _failure(self, call: Invocation, error: str) -> bytes | None:
        return (
            None if call.invocation_id is None else self._protocol.encode(Completion(call.invocation_id, error=error))
        )

    async def _post(self, category: Category, event: str, body: bytes, protocol: HubProtocol) -> UpstreamResponse:
        """Post one event; what became of it is in the log afterwards."""
        headers = self._headers(category, event, protocol)
        began = self._clock.monotonic()
        try:
            response = await self._upstream.post(headers, body)
        except UpstreamError as error:
            self._failed(category, event, began, error)
            raise
        self._succeeded(category, event, began, response)
        return response

    def _failed(self, category: Category, event: str, began: float, error: UpstreamError) -> None:
        """Log that an event has no answer."""
        text = "event %r of hub %s did not reach the app: %s"
        _logger.error(text, event, self._client.hub, str(error), extra=self._took(category, event, began))

    def _succeeded(self, category: Category, event: str, began: float, response: UpstreamResponse) -> None:
        """Log how an event was answered."""
        is_ordinary = response.status in _GOOD or (response.unmatched and category is Category.CONNECTIONS)
        level = logging.DEBUG if is_ordinary else logging.INFO
        if _logger.isEnabledFor(level):
            self._report(level, response, self._took(category, event, began))

    def _report(self, level: int, response: UpstreamResponse, fields: Mapping[str, object]) -> None:
        """Log what became of an event."""
        if response.unmatched:
            text = "no upstream takes event %(event)r of hub %(hub)s, category %(category)s: it is dropped"
        else:
            fields = {**fields, "status": int(response.status)}
            text = "the app answered %(status)d to event %(event)r of hub %(hub)s after %(duration).3f s"
        _logger.log(level, text, fields, extra=fields)

    def _took(self, category: Category, event: str, began: float) -> dict[str, object]:
        """Return the fields of an event that is over."""
        return {**self._fields(event), "category": str(category), "duration": self._clock.monotonic() - began}

    def _headers(self, category: Category, event: str, protocol: HubProtocol) -> list[tuple[bytes, bytes]]:
        if category is Category.CONNECTIONS:
            return self._client.event(category, event, self._keys, protocol).to_headers()
        if self._call_headers is None:
            headers = self._client.event(category, event, self._keys, protocol).to_headers()
            self._call_headers = [(name, value) for name, value in headers if name != EVENT_HEADER]
        return [*self._call_headers, (EVENT_HEADER, event.encode())]

    def _fields(self, event: str | None) -> dict[str, object]:
        """Return what structured logs say of an event besides its text."""
        fields = {"connection": self._client.connection_id, "hub": self._client.hub}
        return {**fields} if event is None else {**fields, "event": event}


def is_safe_target(target: str) -> bool:
    """Tell whether `target` can stand in a header and in a path of the upstream call.

    Slashes are escaped there, but a proxy may read `%2F` as one: no part may lead upwards.
    """
    if not 0 < len(target) <= _MAX_TARGET or not target.isprintable():
        return False
    return "." not in target or not {".", ".."}.intersection(re.split(r"[/\\]", target))
