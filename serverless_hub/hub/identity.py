"""Who the client is, proven: as the app's own negotiate said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from serverless_hub.protocol.multimap import MultiMap

__all__ = ["Identify", "Identity"]


@dataclass(frozen=True, slots=True)
class Identity:
    """User id and claims that came back unchanged from our own negotiate."""

    user_id: str | None
    claims: Mapping[str, Any] = field(repr=False)
    """As they were given to `Negotiation`: types included, lists as lists."""

    def has(self, name: str, value: Any) -> bool:
        """Tell whether a claim is `value`, or a list with `value` in it."""
        found = self.claims.get(name)
        return value in found if isinstance(found, list) else found == value


Identify = Callable[[MultiMap, str | None], Identity | None]
"""Finds the verified identity in the raw claims of a client, who is said to be this user."""
