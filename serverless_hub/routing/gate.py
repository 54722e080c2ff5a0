"""What a request has to pass before its body is read: its headers, its proofs, its rate."""

from dataclasses import dataclass
from http import HTTPStatus

from starlette.types import Scope

from serverless_hub.errors import TokenError
from serverless_hub.hub.rate_limit import RateLimiter
from serverless_hub.protocol.upstream import Category, UpstreamEvent, UpstreamRefusal, read_event
from serverless_hub.routing.authentication import Authentication

__all__ = ["Gate", "RateLimiters"]


@dataclass(frozen=True, slots=True)
class RateLimiters:
    """Who counts; None lets everything pass."""

    per_connection: RateLimiter | None = None
    per_user: RateLimiter | None = None

    def refill(self) -> None:
        """Begin anew."""
        for limiter in (self.per_connection, self.per_user):
            if limiter is not None:
                limiter.refill()


class Gate:
    """Lets a SignalR service in, and nobody else.

    Args:
        authentication: what proves that it is one.
        limiters: how many messages pass.
        max_header_bytes: the largest headers that are read: names and values, in bytes.
    """

    def __init__(self, authentication: Authentication, limiters: RateLimiters, max_header_bytes: int) -> None:
        self._authentication = authentication
        self._limiters = limiters
        self._limits = limiters != RateLimiters()
        self._max_header_bytes = max_header_bytes

    async def admit(self, scope: Scope) -> UpstreamEvent:
        """Return the event that a request announces.

        Raises:
            UpstreamRefusal: 405, 431, 415, 400, 401 or 429, in this order.
            ConfigurationError: there is no service yet.
        """
        if scope["method"] != "POST":
            raise UpstreamRefusal(HTTPStatus.METHOD_NOT_ALLOWED, "only POST is allowed")
        event = read_event(scope["headers"], self._max_header_bytes)
        try:
            self._authentication.verify(event, scope)
            await self._authentication.verify_token(event, scope)
        except TokenError as error:
            raise UpstreamRefusal(HTTPStatus.UNAUTHORIZED, str(error)) from error
        self.count(event)
        return event

    def recognise(self, scope: Scope) -> UpstreamEvent:
        """Return the event that a POST announces, still to be counted, if it needs no token.

        Raises:
            TokenError: it is not proven, or not before its token is verified.
            UpstreamRefusal: as `admit` would.
            ConfigurationError: there is no service yet.
        """
        event = read_event(scope["headers"], self._max_header_bytes)
        self._authentication.verify(event, scope)
        if self._authentication.needs_token(event):
            raise TokenError("the token comes next")
        return event

    def count(self, event: UpstreamEvent) -> None:
        """Raise `UpstreamRefusal`, 429, for a message too many."""
        if not self._limits or event.key[1] == Category.CONNECTIONS:
            return  # What a hub counts and cleans up when clients come and go must not get lost.
        limited = [(self._limiters.per_connection, event.connection_id), (self._limiters.per_user, event.user_id)]
        for limiter, name in limited:
            if limiter is not None and name is not None and not limiter.allows(name):
                raise UpstreamRefusal(HTTPStatus.TOO_MANY_REQUESTS, f"too many messages of {name!r}")
