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
        ValueError: a lifetime that is not positive, or a user id that is empty or has control characters.
    """

    user_id: str | None = None
    """Whose connection it will be; None for somebody unknown."""
    claims: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """Text, numbers, booleans or lists of these, by name."""
    lifetime: timedelta = timedelta(hours=1)
    """How long the client may take to connect; connections outlive it."""

    def __post_init__(self) -> None:
        """Check what no service would take."""
        if self.lifetime <= timedelta(0):
            raise ValueError("the lifetime of a negotiation must be positive")
        if self.user_id is not None and not (self.user_id and self.user_id.isprintable()):
            raise ValueError("a user id must not be empty nor have control characters; None means anonymous")
