"""Managing groups of connections, and connections themselves."""

from serverless_hub.hub.ports import HubSender

__all__ = ["Connections", "Groups"]

_MAX_GROUP_NAME = 1024


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


class Connections:
    """The open connections of a hub."""

    __slots__ = ("_sender",)

    def __init__(self, sender: HubSender) -> None:
        self._sender = sender

    async def close(self, connection_id: str, reason: str | None = None) -> None:
        """Close a connection, if it is open; its client is shown `reason` and may reconnect."""
        await self._sender.close_connection(connection_id, reason)

    async def exists(self, connection_id: str) -> bool:
        """Tell whether a connection is open."""
        return await self._sender.connection_exists(connection_id)


def _checked(group: str) -> str:
    if group.strip() and len(group) <= _MAX_GROUP_NAME:
        return group
    raise ValueError(f"a group's name has 1 to {_MAX_GROUP_NAME} characters and is not blank")
