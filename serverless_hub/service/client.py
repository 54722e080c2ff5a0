"""Who a connection belongs to, and the upstream headers that say so."""

from collections.abc import Sequence
from dataclasses import dataclass

from serverless_hub.protocol.client_info import write_claims
from serverless_hub.protocol.codec import JSON, HubProtocol
from serverless_hub.protocol.signature import sign_connection
from serverless_hub.protocol.upstream import Category, UpstreamEvent

__all__ = ["Client"]


@dataclass(frozen=True, slots=True)
class Client:
    """A connection as the app is told of it."""

    connection_id: str
    hub: str
    """In lower case."""
    user_id: str | None = None
    claims: tuple[tuple[str, str], ...] = ()
    query: str | None = None
    closes_at: float | None = None
    """When the connection has to end, in seconds since the epoch."""
    detailed_errors: bool = False
    """Whether the client is told details of what went wrong."""

    def event(self, category: Category, event: str, keys: Sequence[str], protocol: HubProtocol = JSON) -> UpstreamEvent:
        """Return the headers of an event of this client, signed with `keys`."""
        return UpstreamEvent(
            connection_id=self.connection_id,
            hub=self.hub,
            category=category,
            event=event,
            protocol=protocol,
            signature=sign_connection(self.connection_id, keys),
            user_id=self.user_id,
            claims=write_claims(self.claims),
            query=self.query,
        )
