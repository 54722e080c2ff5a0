"""The way to apps in other processes: HTTP over kept connections."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from serverless_hub.clock import Clock, sleep
from serverless_hub.http_client import HttpClient, HttpError, HttpTooLargeError
from serverless_hub.protocol.upstream import Category
from serverless_hub.service.managed_identity import ManagedIdentity
from serverless_hub.service.metrics import NO_METRICS, Metrics, Outcome
from serverless_hub.service.ports import (
    MAX_ANSWER_BYTES,
    AnswerTooLargeError,
    UnreachableError,
    UpstreamError,
    UpstreamResponse,
)
from serverless_hub.service.upstream_rules import UpstreamRule, UpstreamRules

__all__ = ["HttpUpstream"]

_logger = logging.getLogger("serverless_hub.service")
_FIRST_DELAY = 0.5
_LONGEST_DELAY = 8.0
"""Seconds between two attempts; each delay is twice the one before."""
_NO_RULE = UpstreamResponse(HTTPStatus.NOT_FOUND, b"", unmatched=True)


class HttpUpstream:
    """Posts events to where the rules say; redirects are answers like others: not followed.

    Args:
        rules: where events go; an event keeps to those that it has begun with.
        client: what sends; whoever made it opens and closes it.
        clock: what times are measured by.
        timeout: seconds that an app has for its whole answer.
        retries: how often a `connected` or `disconnected` is sent again that an app has answered with a 5xx, or that it
            was not there for. Such an event may then reach the app twice.
        metrics: where events are counted.
        identity: signs the tokens of rules that want one.
    """

    def __init__(
        self,
        rules: UpstreamRules,
        client: HttpClient,
        clock: Clock,
        timeout: float,
        *,
        retries: int = 0,
        metrics: Metrics = NO_METRICS,
        identity: ManagedIdentity | None = None,
    ) -> None:
        self.rules = rules
        """Replaced as a whole when settings change."""
        self.identity: ManagedIdentity = identity or ManagedIdentity(clock)
        """Who signs the tokens of rules that want one."""
        self._client = client
        self._clock = clock
        self._timeout = timeout
        self._delays = [min(_FIRST_DELAY * 2**number, _LONGEST_DELAY) for number in range(retries)]
        self._metrics = metrics

    async def post(self, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> UpstreamResponse:
        """Post one event, and again where that is wanted."""
        said = {name.decode(): value.decode() for name, value in headers}
        hub, category, event = said["x-asrs-hub"], said["x-asrs-category"], said["x-asrs-event"]
        rule = self.rules.find(hub, category, event)
        if rule is None:
            self._metrics.event(category, "unmatched", 0.0)
            return _NO_RULE
        attempt = _Attempt(rule.template.url(hub, category, event), self._with_token(rule, said), body)
        for delay in self._delays if category == Category.CONNECTIONS else ():
            try:
                response = await self._try(attempt)
            except UnreachableError as error:
                _logger.warning("event %r of hub %s is sent again in %g s: %s", event, hub, delay, str(error))
            else:
                if response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    return response
                _logger.warning(
                    "event %r of hub %s is sent again in %g s: the app answered %d", event, hub, delay, response.status
                )
            await sleep(self._clock, delay)
        return await self._try(attempt)

    def _with_token(self, rule: UpstreamRule, said: Mapping[str, str]) -> Mapping[str, str]:
        if rule.resource is None:
            return said
        return {**said, "authorization": f"Bearer {self.identity.token(rule.resource)}"}

    async def _try(self, attempt: "_Attempt") -> UpstreamResponse:
        """Post once, and count it."""
        category, began = attempt.headers["x-asrs-category"], self._clock.monotonic()
        try:
            response = await self._send(attempt)
        except UpstreamError as error:
            outcome: Outcome = "timeout" if isinstance(error, _TimeoutError) else "unreachable"
            self._metrics.event(category, outcome, self._clock.monotonic() - began)
            raise
        self._metrics.event(category, _outcome(response.status), self._clock.monotonic() - began)
        return response

    async def _send(self, attempt: "_Attempt") -> UpstreamResponse:
        try:
            response = await self._client.request(
                "POST",
                attempt.url,
                headers=attempt.headers,
                body=attempt.body,
                timeout=self._timeout,
                max_bytes=MAX_ANSWER_BYTES,
            )
        except HttpTooLargeError as error:
            raise AnswerTooLargeError(str(error)) from error
        except HttpError as error:
            if error.failure == "connect":
                raise UnreachableError(f"{error}; is the app running there?") from error
            raise (_TimeoutError if error.failure == "timeout" else UpstreamError)(str(error)) from error
        return UpstreamResponse(response.status, response.body)


class _TimeoutError(UpstreamError):
    """There was no answer in time."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """All that is sent; the same each time."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def _outcome(status: int) -> Outcome:
    if status in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
        return "ok"
    return "refused" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "failed"
