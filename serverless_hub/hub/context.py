"""What a hub method knows about the event it runs for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from serverless_hub.hub.azure_json import azure_json
from serverless_hub.hub.casing import OutgoingCasing
from serverless_hub.hub.clients import CallerClients, ClientProxy
from serverless_hub.hub.groups import Connections, Groups, UserGroups
from serverless_hub.hub.identity import Identity
from serverless_hub.hub.negotiation import Negotiation, Redirect, SignalRConnectionInfo
from serverless_hub.hub.ports import HubSender
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
    tracing_id: str | None = None
    """The service's id for the message (`X-ASRS-Message-Tracing-Id`), where it traces them."""
    sender: HubSender | None = field(default=None, repr=False, compare=False)
    """The way to the service; None in a context that was made by hand."""
    redirect: Redirect | None = field(default=None, repr=False, compare=False)
    """Sends a client to the service; None in a context that was made by hand."""
    identity_source: Callable[[], Identity | None] | None = field(default=None, repr=False, compare=False)
    casing: OutgoingCasing | None = field(default=None, repr=False, compare=False)
    """How the hub's class spells fields of models that go to clients, where it says so."""

    @property
    def identity(self) -> Identity | None:
        """Who the client is, proven: as our own negotiate said; None when it was not ours, or was tampered with."""
        return None if self.identity_source is None else self.identity_source()

    def to_json(self) -> str:
        """Return what Azure hands to functions in Python: ten PascalCase keys, repeated values joined by commas.

        Source: Functions extension, InvocationContext.cs and SignalRTriggerUtils.cs.

        Raises:
            TypeError: an argument has no JSON form.
        """
        return azure_json(self)

    @property
    def clients(self) -> CallerClients[ClientProxy]:
        """Whom to send to, any target: `send("name", *arguments)`."""
        return CallerClients(self._service(), self.connection_id, casing=self.casing)

    @property
    def groups(self) -> Groups:
        """The groups of connections of the hub."""
        return Groups(self._service())

    @property
    def user_groups(self) -> UserGroups:
        """The groups of users of the hub."""
        return UserGroups(self._service())

    @property
    def connections(self) -> Connections:
        """The connections of the hub."""
        return Connections(self._service())

    async def negotiate(self, negotiation: Negotiation) -> SignalRConnectionInfo:
        """Return where a client connects to this hub, and its token, for a client that asks in a way of its own.

        Raises:
            HTTPException: the service's URL is not known here (`EmbeddedService(public_url=...)`), or the token would
                be too long; the log says more.
            RuntimeError: this context belongs to no running event.
        """
        if self.redirect is None:
            raise RuntimeError(
                "this InvocationContext was made by hand, without redirect=: there is no service to go to"
            )
        return self.redirect(negotiation)

    async def abort(self, reason: str | None = None) -> None:
        """Close the connection of this event; its client is shown `reason`.

        Raises:
            RuntimeError: this context belongs to no running event.
        """
        await self.connections.close(self.connection_id, reason)

    def _service(self) -> HubSender:
        if self.sender is None:
            raise RuntimeError(
                "this InvocationContext was made by hand, without sender=: there is no service to talk to"
            )
        return self.sender
