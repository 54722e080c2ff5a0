"""What a request has to pass before its body is read: its headers, its proofs, its rate."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.types import Scope

from serverless_hub.errors import ConfigurationError
from serverless_hub.hub.rate_limit import RateLimiter
from serverless_hub.protocol.signature import verify_connection
from serverless_hub.protocol.upstream import Category, UpstreamEvent, UpstreamRefusal, read_event
from serverless_hub.routing.choice import CurrentService

__all__ = ["Gate", "RateLimiters"]

_MIN_CODE_LENGTH = 16


@dataclass(frozen=True, slots=True)
class RateLimiters:
    """Who counts; None lets everything pass."""

    per_connection: RateLimiter | None = None
    per_user: RateLimiter | None = None


class Gate:
    """Lets a SignalR service in, and nobody else.

    Args:
        service: the current one: its access keys have signed the connection id.
        code: what `?code=` has to be, if anything; it counts besides the signature.
        limiters: how many messages pass.

    Raises:
        ConfigurationError: a code that can be guessed.
    """

    def __init__(self, service: CurrentService, code: str | None, limiters: RateLimiters) -> None:
        if code is not None and len(code) < _MIN_CODE_LENGTH:
            raise ConfigurationError(f"upstream_code has fewer than {_MIN_CODE_LENGTH} characters: take random ones")
        self._service = service
        self._code = code
        self._limiters = limiters

    def admit(self, scope: Scope) -> UpstreamEvent:
        """Return the event that a request announces.

        Raises:
            UpstreamRefusal: 405, 415, 400, 401 or 429, in this order.
            ConfigurationError: there is no service yet.
        """
        if scope["method"] != "POST":
            raise UpstreamRefusal(HTTPStatus.METHOD_NOT_ALLOWED, "only POST is allowed")
        event = read_event(scope["headers"])
        self._authenticate(event, scope["query_string"], self._service.get().keys)
        self._count(event)
        return event

    def _authenticate(self, event: UpstreamEvent, query: bytes, keys: Sequence[str]) -> None:
        if not verify_connection(event.connection_id, event.signature, keys):
            raise UpstreamRefusal(HTTPStatus.UNAUTHORIZED, "no valid signature of the connection id")
        if self._code is not None:
            codes = parse_qs(query.decode("latin-1")).get("code", [])
            if len(codes) != 1 or not hmac.compare_digest(codes[0].encode(), self._code.encode()):
                raise UpstreamRefusal(HTTPStatus.UNAUTHORIZED, "no valid code in the query")

    def _count(self, event: UpstreamEvent) -> None:
        if event.category.lower() == Category.CONNECTIONS:
            return  # What a hub counts and cleans up when clients come and go must not get lost.
        limited = [(self._limiters.per_connection, event.connection_id), (self._limiters.per_user, event.user_id)]
        for limiter, name in limited:
            if limiter is not None and name is not None and not limiter.allows(name):
                raise UpstreamRefusal(HTTPStatus.TOO_MANY_REQUESTS, f"too many messages of {name!r}")
