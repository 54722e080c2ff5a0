"""What a hub method knows about the event it runs for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from serverless_hub.hub.azure_json import azure_json
from serverless_hub.hub.groups import Connections
from serverless_hub.hub.identity import Identity
from serverless_hub.protocol.multimap import MultiMap
from serverless_hub.protocol.upstream import Category

__all__ = ["InvocationContext"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationContext:
    """One upstream event. Its repr leaves out headers, query, claims and arguments: they may hold secrets."""

    hub: str
    """The hub's name, as its class declares it."""
    category: Category
    event: str
    """`connected`, `disconnected`, or the target of the call."""
    connection_id: str
    user_id: str | None = None
    arguments: Sequence[Any] = field(default=(), repr=False)
    """The arguments as they came, before binding."""
    error: str | None = None
    """Why the connection ended, in a `disconnected` event."""
    headers: MultiMap = field(default_factory=MultiMap, repr=False)
    """The headers of the service's own request (not the client's), names in any case."""
    query: MultiMap = field(default_factory=MultiMap, repr=False)
    """The query parameters with which the client connected."""
    claims: MultiMap = field(default_factory=MultiMap, repr=False)
    """The client's claims as a header carried them: a hint, never proof."""
    connections: Connections | None = field(default=None, repr=False, compare=False)
    identity_source: Callable[[], Identity | None] | None = field(default=None, repr=False, compare=False)

    @property
    def identity(self) -> Identity | None:
        """Who the client is, proven: as our own negotiate said; None when it was not ours, or was tampered with."""
        return None if self.identity_source is None else self.identity_source()

    @property
    def tracing_id(self) -> str | None:
        """The service's id for the message (`X-ASRS-Message-Tracing-Id`), where it traces them."""
        return self.headers.get("x-asrs-message-tracing-id")

    def to_json(self) -> str:
        """Return what Azure hands to functions in Python: ten PascalCase keys, repeated values joined by commas.

        Source: Functions extension, InvocationContext.cs and SignalRTriggerUtils.cs.

        Raises:
            TypeError: an argument has no JSON form.
        """
        return azure_json(self)

    async def abort(self, reason: str | None = None) -> None:
        """Close the connection of this event; its client is shown `reason`.

        Raises:
            RuntimeError: this context belongs to no running event.
        """
        if self.connections is None:
            raise RuntimeError("this InvocationContext was made by hand: there is no connection to abort")
        await self.connections.close(self.connection_id, reason)
