"""Managing groups of connections, groups of users, users, and connections themselves."""

from collections.abc import AsyncGenerator, Iterable

from serverless_hub.hub.names import checked_connection, checked_group, checked_user, several
from serverless_hub.hub.ports import GroupMember, HubSender, Receivers
from serverless_hub.protocol.rest import MAX_PAGE_SIZE, MAX_TTL

__all__ = ["Connections", "Groups", "UserGroups", "Users"]


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
        await self._sender.add_to_group(checked_connection(connection_id), checked_group(group))

    async def remove(self, connection_id: str, group: str) -> None:
        """End a connection's membership in `group`, if there is one."""
        await self._sender.remove_from_group(checked_connection(connection_id), checked_group(group))

    async def remove_from_all(self, connection_id: str) -> None:
        """End all memberships of a connection."""
        await self._sender.remove_from_all_groups(checked_connection(connection_id))

    async def exists(self, group: str) -> bool:
        """Tell whether a group has a member."""
        return await self._sender.exists("groups", checked_group(group))

    async def members(self, group: str, *, page_size: int = MAX_PAGE_SIZE) -> AsyncGenerator[GroupMember]:
        """Yield the connections in `group`, asked for page by page; who comes or goes meanwhile may be missed.

        Args:
            group: the group's name.
            page_size: how many are asked for at once, 1 to 200.

        Raises:
            ValueError: the group's name is blank or longer than 1024 characters, or the size is not within its limits.
        """
        if not 1 <= page_size <= MAX_PAGE_SIZE:
            raise ValueError(f"page_size={page_size!r} must be from 1 to {MAX_PAGE_SIZE}")
        continuation: str | None = None
        while True:
            page = await self._sender.group_members(
                checked_group(group), page_size=page_size, continuation=continuation
            )
            for member in page.members:
                yield member
            continuation = page.continuation
            if continuation is None:
                return

    async def close(self, group: str, reason: str | None = None, *, excluded: Iterable[str] = ()) -> None:
        """Close the connections in `group` but the `excluded` ones; clients are shown `reason` and may reconnect."""
        await self._sender.close(Receivers("groups", (checked_group(group),), several(excluded)), reason)


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
            ValueError: the group's name is blank or longer than 1024 characters, or `ttl` is negative or too large.
        """
        if ttl is not None and not 0 <= ttl <= MAX_TTL:
            raise ValueError(f"ttl must be from 0 to {MAX_TTL} seconds; 0 is for the connections that are open now")
        await self._sender.add_user_to_group(checked_user(user_id), checked_group(group), ttl)

    async def remove(self, user_id: str, group: str) -> None:
        """End a user's membership in `group`, if there is one."""
        await self._sender.remove_user_from_group(checked_user(user_id), checked_group(group))

    async def remove_from_all(self, user_id: str) -> None:
        """End all memberships of a user."""
        await self._sender.remove_user_from_all_groups(checked_user(user_id))

    async def contains(self, user_id: str, group: str) -> bool:
        """Tell whether a user is a member of `group`."""
        return await self._sender.user_in_group(checked_user(user_id), checked_group(group))


class Connections:
    """The open connections of a hub."""

    __slots__ = ("_sender",)

    def __init__(self, sender: HubSender) -> None:
        self._sender = sender

    async def close(self, connection_id: str, reason: str | None = None) -> None:
        """Close a connection, if it is open; its client is shown `reason` and may reconnect."""
        await self._sender.close(Receivers("connections", (checked_connection(connection_id),)), reason)

    async def exists(self, connection_id: str) -> bool:
        """Tell whether a connection is open."""
        return await self._sender.exists("connections", checked_connection(connection_id))

    async def close_all(self, reason: str | None = None, *, excluded: Iterable[str] = ()) -> None:
        """Close all connections but the `excluded` ones; clients are shown `reason` and may reconnect."""
        await self._sender.close(Receivers("all", excluded=several(excluded)), reason)


class Users:
    """The users who are connected to a hub."""

    __slots__ = ("_sender",)

    def __init__(self, sender: HubSender) -> None:
        self._sender = sender

    async def exists(self, user_id: str) -> bool:
        """Tell whether a user has an open connection."""
        return await self._sender.exists("users", checked_user(user_id))

    async def close(self, user_id: str, reason: str | None = None, *, excluded: Iterable[str] = ()) -> None:
        """Close a user's connections but the `excluded` ones; clients are shown `reason` and may reconnect."""
        await self._sender.close(Receivers("users", (checked_user(user_id),), several(excluded)), reason)
