"""Who a client is, as the app says when it negotiates."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from serverless_hub.protocol.client_token import TransportName

__all__ = ["Negotiation", "Redirect", "SignalRConnectionInfo"]


class SignalRConnectionInfo(BaseModel):
    """Where a client connects, and with what; return it as it is from an endpoint that ends in `/negotiate`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    url: str
    accessToken: str  # noqa: N815 - its name on the wire

    def __repr__(self) -> str:
        return f"SignalRConnectionInfo(url={self.url!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Negotiation:
    """What goes into a client's access token.

    Raises:
        ValueError: a lifetime that is not positive, a time without time zone, no transport at all, a user id that is
            empty or has control characters, or a claim whose name belongs to the service.
    """

    user_id: str | None = None
    """Whose connection it will be; None for somebody unknown."""
    claims: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """Text, numbers, booleans or lists of these, by name."""
    lifetime: timedelta = timedelta(hours=1)
    """How long the client may take to connect; WebSockets and event streams outlive it, polls do not."""
    close_on_authentication_expiration: bool = False
    """Close the connection when `lifetime` is over, or at `authentication_expires_on`; its client comes back."""
    authentication_expires_on: datetime | None = None
    """When the connection is closed, with a time zone; given alone, it is closed then, too."""
    detailed_errors: bool = False
    """Let the service tell the client why it closes a connection (Azure keeps such reasons back otherwise)."""
    diagnostic_client: bool = False
    """Mark the client for the service's live traces."""
    transports: Collection[TransportName] | None = None
    """What the client may connect with; None for everything that the service has."""

    def __post_init__(self) -> None:
        """Check what no service would take."""
        if self.lifetime <= timedelta(0):
            raise ValueError("the lifetime of a negotiation must be positive")
        if any(name.startswith("asrs.") for name in self.claims):
            raise ValueError("claims whose names begin with 'asrs.' belong to the service")
        if self.user_id is not None and not (self.user_id and self.user_id.isprintable()):
            raise ValueError("a user id must not be empty nor have control characters; None means anonymous")
        if self.authentication_expires_on is not None and self.authentication_expires_on.tzinfo is None:
            raise ValueError("authentication_expires_on needs a time zone, such as datetime.UTC")
        if self.transports is not None and not self.transports:
            raise ValueError("transports must not be empty: None allows every transport")

    def closes_at(self, now: float) -> float | None:
        """Return when the connection of a client that negotiates `now` is closed, in seconds since the epoch."""
        if self.authentication_expires_on is not None:
            return self.authentication_expires_on.timestamp()
        return now + self.lifetime.total_seconds() if self.close_on_authentication_expiration else None


Redirect = Callable[[Negotiation], Awaitable[SignalRConnectionInfo]]
"""Sends a client to the service of a hub."""
