"""What a hub needs from a SignalR service; whoever reaches one implements it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

__all__ = ["HubSender", "Receivers"]


@dataclass(frozen=True, slots=True)
class Receivers:
    """Who gets a message: everyone in the hub, or whoever is among `names`."""

    kind: Literal["all", "connections", "groups", "users"]
    names: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    """Connection ids that do not get it."""


class HubSender(Protocol):
    """Sends to the clients of one hub and manages their groups and connections.

    Names that the service does not know are no error, as on Azure: a message to nobody is delivered.
    """

    async def send(self, receivers: Receivers, target: str, arguments: Sequence[Any]) -> None:
        """Call `target` on the receivers, without an answer; returns when the service has accepted it."""

    async def add_to_group(self, connection_id: str, group: str) -> None:
        """Make a connection a member of `group`."""

    async def remove_from_group(self, connection_id: str, group: str) -> None:
        """End a connection's membership in `group`."""

    async def remove_from_all_groups(self, connection_id: str) -> None:
        """End all memberships of a connection."""

    async def close_connection(self, connection_id: str, reason: str | None) -> None:
        """Close a connection; the client may come back. `reason` is shown to it."""

    async def connection_exists(self, connection_id: str) -> bool:
        """Tell whether a connection is open."""
        ...

    async def add_user_to_group(self, user_id: str, group: str, ttl: float | None) -> None:
        """Make all connections of a user members of `group`, those to come too, for `ttl` seconds.

        None is for as long as the service keeps such memberships; 0 means the connections that are open now.
        """

    async def remove_user_from_group(self, user_id: str, group: str) -> None:
        """End a user's membership in `group`."""

    async def remove_user_from_all_groups(self, user_id: str) -> None:
        """End all memberships of a user."""

    async def user_in_group(self, user_id: str, group: str) -> bool:
        """Tell whether a user is a member of `group`."""
        ...
