"""Who a client is, as the app says when it negotiates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

__all__ = ["Negotiation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Negotiation:
    """What goes into a client's access token.

    Raises:
        ValueError: a lifetime that is not positive, a user id that is empty or has control characters, or a claim whose
            name belongs to the service.
    """

    user_id: str | None = None
    """Whose connection it will be; None for somebody unknown."""
    claims: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """Text, numbers, booleans or lists of these, by name."""
    lifetime: timedelta = timedelta(hours=1)
    """How long the client may take to connect; connections outlive it."""
    close_on_authentication_expiration: bool = False
    """Close the connection when `lifetime` is over; its client comes back through negotiate."""
    detailed_errors: bool = False
    """Let the service tell the client why it closes a connection (Azure keeps such reasons back otherwise)."""
    diagnostic_client: bool = False
    """Mark the client for the service's live traces."""

    def __post_init__(self) -> None:
        """Check what no service would take."""
        if self.lifetime <= timedelta(0):
            raise ValueError("the lifetime of a negotiation must be positive")
        if any(name.startswith("asrs.") for name in self.claims):
            raise ValueError("claims whose names begin with 'asrs.' belong to the service")
        if self.user_id is not None and not (self.user_id and self.user_id.isprintable()):
            raise ValueError("a user id must not be empty nor have control characters; None means anonymous")
