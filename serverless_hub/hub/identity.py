"""Who the client is, proven: as the app's own negotiate said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from serverless_hub.protocol.multimap import MultiMap
from serverless_hub.protocol.upstream import UpstreamEvent

__all__ = ["Identify", "Identity"]


@dataclass(frozen=True, slots=True)
class Identity:
    """User id and claims that came back unchanged from our own negotiate."""

    user_id: str | None
    claims: Mapping[str, Any] = field(repr=False)
    """As they were given to `Negotiation`: types included, lists as lists."""

    def has(self, name: str, value: Any) -> bool:
        """Tell whether a claim is `value`, or a list with `value` in it."""
        if name not in self.claims:
            return False
        return any(_equal(each, value) for each in _each(self.claims[name]))


def _each(claim: list[Any] | str | float | None) -> list[Any]:
    return claim if isinstance(claim, list) else [claim]


def _equal(one: Any, other: Any) -> bool:
    """Compare claims: in Python 1 == True, but a level is not a permission."""
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


Identify = Callable[[MultiMap, UpstreamEvent], Identity | None]
"""Finds the verified identity in the raw claims that came with an event."""
