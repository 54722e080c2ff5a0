"""One hub of the service: whom a message reaches."""

from collections.abc import Iterable, Sequence
from typing import Any

from serverless_hub.clock import Clock
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.messages import Invocation
from serverless_hub.service.memberships import UserMemberships
from serverless_hub.service.registry import Kind, Registry
from serverless_hub.service.session import Session

__all__ = ["ServiceHub"]


class ServiceHub:
    """The clients of one hub, for whoever may send to them.

    Args:
        name: of the hub.
        clock: what memberships end by.
    """

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self.registry: Registry[Session] = Registry()
        self.users = UserMemberships(self.registry, clock)

    def send(
        self,
        kind: Kind,
        names: Iterable[str],
        target: str,
        arguments: Sequence[Any],
        excluded: Iterable[str] = (),
    ) -> None:
        """Call `target` on the receivers; encoded once per protocol, then the same bytes for everybody.

        Raises:
            TypeError: an argument cannot be encoded, whether or not there are receivers; then nobody gets anything.
        """
        invocation = Invocation(target, arguments)
        sessions = list(self.registry.select(kind, names, excluded))
        spoken = {session.protocol for session in sessions} or {JSON}
        encoded = {protocol: protocol.encode(invocation) for protocol in spoken}
        for session in sessions:
            session.push(encoded[session.protocol])

    def close(self, connection_id: str, reason: str | None) -> bool:
        """Close a connection, telling its client why; False when it is not here (REST: its client may come back)."""
        session = self.registry.get(connection_id)
        if session is None:
            return False
        session.close(reason, allow_reconnect=True)
        return True
