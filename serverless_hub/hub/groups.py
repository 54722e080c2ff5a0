"""Managing groups of connections, groups of users, and connections themselves."""

from serverless_hub.hub.ports import HubSender, Receivers
from serverless_hub.protocol.rest import MAX_GROUP_NAME

__all__ = ["Connections", "Groups", "UserGroups"]


class Groups:
    """Groups of connections; a group exists while it has members."""

    __slots__ = ("_sender",)

    def __init__(self, sender: HubSender) -> None:
        self._sender = sender

    async def add(self, connection_id: str, group: str) -> None:
        """Make a connection a member of `group`; membership ends with the connection.

        Raises:
            ValueError: the group's name is blank or longer than 1024 characters.
        """
        await self._sender.add_to_group(connection_id, _checked(group))

    async def remove(self, connection_id: str, group: str) -> None:
        """End a connection's membership in `group`, if there is one."""
        await self._sender.remove_from_group(connection_id, _checked(group))

    async def remove_from_all(self, connection_id: str) -> None:
        """End all memberships of a connection."""
        await self._sender.remove_from_all_groups(connection_id)


class UserGroups:
    """Groups that users are members of: with all their connections, those to come too.

    They are the same groups: a message to one reaches members of either kind.
    """

    __slots__ = ("_sender",)

    def __init__(self, sender: HubSender) -> None:
        self._sender = sender

    async def add(self, user_id: str, group: str, *, ttl: float | None = None) -> None:
        """Make a user a member of `group`, whether or not the user is connected.

        Args:
            user_id: the user.
            group: the group's name.
            ttl: how long the membership lasts, in seconds; 0 is for the connections that are open now, None for as
                long as the service keeps memberships (on Azure up to a year, and the latest 100 groups of a user).

        Raises:
            ValueError: the group's name is blank or longer than 1024 characters, or `ttl` is negative.
        """
        if ttl is not None and ttl < 0:
            raise ValueError("ttl must not be negative: 0 is for the connections that are open now")
        await self._sender.add_user_to_group(user_id, _checked(group), ttl)

    async def remove(self, user_id: str, group: str) -> None:
        """End a user's membership in `group`, if there is one."""
        await self._sender.remove_user_from_group(user_id, _checked(group))

    async def remove_from_all(self, user_id: str) -> None:
        """End all memberships of a user."""
        await self._sender.remove_user_from_all_groups(user_id)

    async def contains(self, user_id: str, group: str) -> bool:
        """Tell whether a user is a member of `group`."""
        return await self._sender.user_in_group(user_id, _checked(group))


class Connections:
    """The open connections of a hub."""

    __slots__ = ("_sender",)

    def __init__(self, sender: HubSender) -> None:
        self._sender = sender

    async def close(self, connection_id: str, reason: str | None = None) -> None:
        """Close a connection, if it is open; its client is shown `reason` and may reconnect."""
        await self._sender.close(Receivers("connections", (connection_id,)), reason)

    async def exists(self, connection_id: str) -> bool:
        """Tell whether a connection is open."""
        return await self._sender.exists("connections", connection_id)


def _checked(group: str) -> str:
    if group.strip() and len(group) <= MAX_GROUP_NAME:
        return group
    raise ValueError(f"a group's name has 1 to {MAX_GROUP_NAME} characters and is not blank")
