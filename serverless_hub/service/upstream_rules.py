"""Which upstream an event goes to: the first rule in order that takes it.

Source: Azure docs `concept-upstream.md`, and Microsoft's emulator (UpstreamTemplateItem.cs): a pattern is `*`, a name,
or names with commas between, blanks around them do not count. Case counts in categories and events, as in the emulator;
not in hubs, whose names SignalR clients send in lower case however they are written.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.upstream import Category
from serverless_hub.service.upstream_template import UpstreamTemplate

__all__ = ["ANY", "UpstreamPattern", "UpstreamRule", "UpstreamRules", "category_pattern", "hub_pattern"]


class UpstreamPattern:
    """The names that a rule takes.

    Args:
        text: `*` for all, or names with commas between.

    Raises:
        ConfigurationError: it takes nothing, or no name can be meant by it.
    """

    def __init__(self, text: str) -> None:
        names = [name for piece in text.split(",") if (name := piece.strip())]
        if not names:
            raise ConfigurationError("it takes nothing: write * for all")
        if names != ["*"] and any("*" in name for name in names):
            raise ConfigurationError("it has * beside other characters: write * alone for all, or whole names")
        if not all(name.isprintable() for name in names):
            raise ConfigurationError("it has characters that no name has")
        self._names = None if names == ["*"] else frozenset(names)
        self.text: str = ", ".join(names)
        """In its normal form."""

    def __repr__(self) -> str:
        return f"UpstreamPattern({self.text!r})"

    @property
    def names(self) -> frozenset[str]:
        """The names that are in it; empty where it takes all."""
        return self._names or frozenset()

    def takes(self, name: str) -> bool:
        """Tell whether `name` is one of them."""
        return self._names is None or name in self._names


ANY = UpstreamPattern("*")
"""Takes all names."""


def hub_pattern(text: str) -> UpstreamPattern:
    """Return a pattern for names of hubs, which the service knows in lower case."""
    return UpstreamPattern(text.lower())


def category_pattern(text: str) -> UpstreamPattern:
    """Return a pattern for categories, of which there are two."""
    pattern = UpstreamPattern(text)
    if not pattern.names <= set(Category):
        raise ConfigurationError(f"it has a category that no event has: there are {' and '.join(Category)}")
    return pattern


@dataclass(frozen=True, slots=True)
class UpstreamRule:
    """Some events, and where they go."""

    template: UpstreamTemplate
    hubs: UpstreamPattern = ANY
    categories: UpstreamPattern = ANY
    events: UpstreamPattern = ANY
    resource: str | None = None
    """What the managed identity's token is for that goes with them; None for no token."""

    def takes(self, hub: str, category: str, event: str) -> bool:
        """Tell whether an event goes here; the hub is in lower case."""
        return self.hubs.takes(hub) and self.categories.takes(category) and self.events.takes(event)


@dataclass(frozen=True, slots=True)
class UpstreamRules:
    """All rules of a service, in order. They are replaced as a whole, never changed."""

    rules: Sequence[UpstreamRule] = ()

    def find(self, hub: str, category: str, event: str) -> UpstreamRule | None:
        """Return the first rule that takes an event; None where it goes nowhere."""
        hub = hub.lower()
        return next((rule for rule in self.rules if rule.takes(hub, category, event)), None)
