"""What a hub needs from a SignalR service; whoever reaches one implements it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from serverless_hub.protocol.commands import Command
from serverless_hub.protocol.rest import MemberKind

__all__ = ["GroupMember", "GroupPage", "HubSender", "Receivers"]


@dataclass(frozen=True, slots=True)
class Receivers:
    """Who gets a message or is closed: everyone in the hub, or whoever is among `names`."""

    kind: Literal["all", "connections", "groups", "users"]
    names: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    """Connection ids that do not get it."""


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A connection in a group."""

    connection_id: str
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class GroupPage:
    """Some members of a group, and how to get more."""

    members: Sequence[GroupMember]
    continuation: str | None = None
    """What the next page is asked for with; None after the last."""


class HubSender(Protocol):
    """Sends to the clients of one hub and manages their groups and connections.

    Names that the service does not know are no error, as on Azure: a message to nobody is delivered. Everything raises
    `ServiceError` when the service does not do it, and TypeError for a value that cannot be serialised.
    """

    async def send(self, receivers: Receivers, target: str, arguments: Sequence[Any]) -> None:
        """Call `target` on the receivers, without an answer; returns when the service has accepted it."""

    async def invoke(self, connection_id: str, target: str, arguments: Sequence[Any], timeout: float) -> Any:  # noqa: ASYNC109 - it travels to whoever waits
        """Call `target` on one connection and return its client's answer as plain values, None where it has no result.

        Raises:
            ServiceTimeoutError: no answer within `timeout` seconds.
            ConnectionGoneError: the connection is not open, or closed before the answer came.
            ClientResultError: the client answered with an error; its text is the client's.
        """

    async def send_stream_item(self, connection_id: str, stream_id: str, item: Any, *, completed: bool) -> None:
        """Send one item of a stream to a connection; with `completed` the stream ends after it.

        Raises:
            ConnectionGoneError: the connection is not open.
        """

    async def complete_stream(self, connection_id: str, stream_id: str, error: str | None) -> None:
        """End a stream to a connection, in order or with an error."""

    async def add_to_group(self, connection_id: str, group: str) -> None:
        """Make a connection a member of `group`."""

    async def remove_from_group(self, connection_id: str, group: str) -> None:
        """End a connection's membership in `group`."""

    async def remove_from_all_groups(self, connection_id: str) -> None:
        """End all memberships of a connection."""

    async def group_members(self, group: str, *, page_size: int, continuation: str | None) -> GroupPage:
        """Return a page of at most `page_size` connections of `group`."""
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

    async def exists(self, kind: MemberKind, name: str) -> bool:
        """Tell whether a connection is open, or a user or a group has one."""
        ...

    async def close(self, receivers: Receivers, reason: str | None) -> None:
        """Close connections; their clients may come back. `reason` is shown to them."""

    async def execute(self, commands: Sequence[Command], only: str | None) -> None:
        """Do all `commands`, in order, for each connection that the OData filter `only` takes; for all without one."""

    async def generate_token(self, user_id: str | None, lifetime: float) -> str:
        """Return an access token for a client that is valid for `lifetime` seconds; the service signs it."""
        ...
