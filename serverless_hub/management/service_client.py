"""Requests to one SignalR service: signed, sent, repeated where that is right, and failures told apart."""

import random
from collections.abc import Callable
from http import HTTPStatus
from itertools import count
from typing import Protocol

from serverless_hub.clock import Clock, sleep
from serverless_hub.errors import ServiceError
from serverless_hub.http_client import HttpClient, HttpError, HttpResponse
from serverless_hub.management.access_key_tokens import AccessKeyTokens
from serverless_hub.management.entra_tokens import EntraTokens
from serverless_hub.management.requests import ServiceRequest
from serverless_hub.management.response_errors import error_of, unanswered
from serverless_hub.management.retry import is_repeatable_failure, is_repeatable_status, read_retry_after
from serverless_hub.management.send_options import SendOptions
from serverless_hub.protocol.endpoint import Endpoint

__all__ = ["ServiceClient"]

_MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""The largest answer that is read: what a client returned may be large."""
_HEALTH = ServiceRequest(method="HEAD", path="/api/health", purpose="a health check")


class _Tokens(Protocol):
    async def get(self, audience: str) -> str: ...
    async def close(self) -> None: ...


class ServiceClient:
    """Asks one service.

    Args:
        endpoint: where it is, and how to prove who asks.
        http: how to send; whoever made it opens it before this and closes it afterwards.
        clock: times waits, and dates tokens.
        options: what the app has chosen.
        random: returns numbers from 0 to 1; spreads retries.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        http: HttpClient,
        clock: Clock,
        options: SendOptions,
        *,
        random: Callable[[], float] = random.random,
    ) -> None:
        self.endpoint = endpoint
        self.options = options
        self.clock = clock
        self._http = http
        self._random = random
        self._tokens = _tokens(endpoint, clock, options)

    async def send(self, request: ServiceRequest) -> HttpResponse:
        """Return the answer to `request`: a success, or what else it takes for an answer.

        Raises:
            ServiceError: there is no such answer, also not when it was repeated as the retry policy says.
        """
        url = request.url(self.endpoint.server_url)
        policy = self.options.retry
        for retry in count():
            outcome = await self._try(request, url)
            if isinstance(outcome, HttpResponse) and (_is_success(outcome) or request.is_answer(outcome)):
                return outcome
            if retry >= policy.max_retries or not _is_repeatable(outcome, request):
                raise self._error(outcome, request)
            await sleep(self.clock, policy.wait(retry, self._asked_wait(outcome), self._random))
        raise AssertionError  # pragma: no cover - the loop has no end

    async def is_healthy(self, timeout: float) -> bool:  # noqa: ASYNC109 - the HTTP client's own limit
        """Tell whether the service says that it works; asks once, without a token, for at most `timeout` seconds.

        Raises:
            ServiceError: there is no answer, or one that only something else than a SignalR service gives.
        """
        url = _HEALTH.url(self.endpoint.server_url)
        try:
            response = await self._http.request(
                _HEALTH.method, url, headers={}, timeout=timeout, max_bytes=_MAX_ANSWER_BYTES
            )
        except HttpError as error:
            raise unanswered(error, _HEALTH, self.endpoint.server_url, timeout) from None
        if _is_success(response) or response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _is_success(response)
        raise self._error(response, _HEALTH)

    async def close(self) -> None:
        """Close the credential, where this made one; requests may not be on their way any more."""
        await self._tokens.close()

    async def _try(self, request: ServiceRequest, url: str) -> HttpResponse | HttpError:
        # The host that a token is for is that of the service, also where a proxy stands before it
        # (azure-signalr AccessTokenHttpMessageHandlerTests.cs).
        token = await self._tokens.get(self.endpoint.url + request.path)
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        try:
            return await self._http.request(
                request.method,
                url,
                headers=headers,
                body=request.body,
                timeout=self._seconds(request),
                max_bytes=_MAX_ANSWER_BYTES,
            )
        except HttpError as error:
            return error

    def _seconds(self, request: ServiceRequest) -> float:
        return self.options.timeout + request.extra_seconds

    def _error(self, outcome: HttpResponse | HttpError, request: ServiceRequest) -> ServiceError:
        if isinstance(outcome, HttpError):
            return unanswered(outcome, request, self.endpoint.server_url, self._seconds(request))
        return error_of(outcome, request, self.endpoint.server_url, has_key=self.endpoint.access_key is not None)

    def _asked_wait(self, outcome: HttpResponse | HttpError) -> float | None:
        header = None if isinstance(outcome, HttpError) else outcome.headers.get("Retry-After")
        return read_retry_after(header, self.clock.time())


def _tokens(endpoint: Endpoint, clock: Clock, options: SendOptions) -> _Tokens:
    if endpoint.credential is not None:
        return EntraTokens(options.credential or endpoint.credential, clock)
    return AccessKeyTokens(endpoint.access_key or "", clock)  # An endpoint has one of the two.


def _is_success(response: HttpResponse) -> bool:
    return HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES


def _is_repeatable(outcome: HttpResponse | HttpError, request: ServiceRequest) -> bool:
    if isinstance(outcome, HttpError):
        return is_repeatable_failure(outcome, request.repeating)
    return is_repeatable_status(outcome.status, request.repeating)
