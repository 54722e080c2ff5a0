"""The parts of a `SyncHubContext`: those of a `HubContext` for callers that wait, arguments and errors the same."""

from collections.abc import Coroutine, Iterable
from typing import Any, Protocol, TypeVar

from serverless_hub.hub.clients import ClientProxy, Clients
from serverless_hub.hub.destination import DEFAULT_TIMEOUT
from serverless_hub.hub.groups import Connections, Groups, UserGroups, Users
from serverless_hub.hub.ports import GroupMember

__all__ = [
    "Wait",
    "WaitingClients",
    "WaitingConnections",
    "WaitingGroups",
    "WaitingProxy",
    "WaitingUserGroups",
    "WaitingUsers",
]

_R = TypeVar("_R")


class Wait(Protocol):
    """Waits for a coroutine in another thread, and returns its result."""

    def __call__(self, call: Coroutine[Any, Any, _R], /) -> _R:
        """Wait for `call`."""
        ...


class WaitingProxy:
    """Whom to send to."""

    def __init__(self, proxy: ClientProxy, wait: Wait) -> None:
        self._proxy = proxy
        self._wait = wait

    def send(self, target: str, *arguments: Any) -> None:
        """Call `target` on all of them."""
        self._wait(self._proxy.send(target, *arguments))

    def invoke(self, target: str, *arguments: Any, returns: Any = Any, timeout: float | None = None) -> Any:
        """Call `target` on the one client that this is, and return its answer as a `returns`."""
        return self._wait(self._proxy.invoke(target, *arguments, returns=returns, timeout=timeout))


class WaitingClients:
    """Clients by who they are."""

    def __init__(self, clients: Clients[ClientProxy], wait: Wait) -> None:
        self._clients = clients
        self._wait = wait

    @property
    def all(self) -> WaitingProxy:
        """Every connection."""
        return self._of(self._clients.all)

    def all_except(self, connection_ids: Iterable[str]) -> WaitingProxy:
        """Return every connection but these."""
        return self._of(self._clients.all_except(connection_ids))

    def client(self, connection_id: str, *, timeout: float = DEFAULT_TIMEOUT) -> WaitingProxy:
        """Return one connection, which has `timeout` seconds for a result."""
        return self._of(self._clients.client(connection_id, timeout=timeout))

    def clients(self, connection_ids: Iterable[str]) -> WaitingProxy:
        """Return some connections."""
        return self._of(self._clients.clients(connection_ids))

    def group(self, name: str) -> WaitingProxy:
        """Return the connections in a group."""
        return self._of(self._clients.group(name))

    def group_except(self, name: str, connection_ids: Iterable[str]) -> WaitingProxy:
        """Return the connections in a group but these."""
        return self._of(self._clients.group_except(name, connection_ids))

    def groups(self, names: Iterable[str]) -> WaitingProxy:
        """Return the connections in some groups."""
        return self._of(self._clients.groups(names))

    def user(self, user_id: str) -> WaitingProxy:
        """Return the connections of a user."""
        return self._of(self._clients.user(user_id))

    def users(self, user_ids: Iterable[str]) -> WaitingProxy:
        """Return the connections of some users."""
        return self._of(self._clients.users(user_ids))

    def _of(self, proxy: ClientProxy) -> WaitingProxy:
        return WaitingProxy(proxy, self._wait)


class WaitingGroups:
    """Groups of connections."""

    def __init__(self, groups: Groups, wait: Wait) -> None:
        self._groups = groups
        self._wait = wait

    def add(self, connection_id: str, group: str) -> None:
        """Make a connection a member of `group`."""
        self._wait(self._groups.add(connection_id, group))

    def remove(self, connection_id: str, group: str) -> None:
        """End a connection's membership in `group`."""
        self._wait(self._groups.remove(connection_id, group))

    def remove_from_all(self, connection_id: str) -> None:
        """End all memberships of a connection."""
        self._wait(self._groups.remove_from_all(connection_id))

    def exists(self, group: str) -> bool:
        """Tell whether a group has a member."""
        return self._wait(self._groups.exists(group))

    def close(self, group: str, reason: str | None = None, *, excluded: Iterable[str] = ()) -> None:
        """Close the connections in a group, but those with the `excluded` ids."""
        self._wait(self._groups.close(group, reason, excluded=excluded))

    def members(self, group: str) -> list[GroupMember]:
        """Return the connections in a group."""

        async def all_of_them() -> list[GroupMember]:
            return [member async for member in self._groups.members(group)]

        return self._wait(all_of_them())


class WaitingUserGroups:
    """Groups of users."""

    def __init__(self, groups: UserGroups, wait: Wait) -> None:
        self._groups = groups
        self._wait = wait

    def add(self, user_id: str, group: str, *, ttl: float | None = None) -> None:
        """Make a user a member of `group`, for `ttl` seconds."""
        self._wait(self._groups.add(user_id, group, ttl=ttl))

    def remove(self, user_id: str, group: str) -> None:
        """End a user's membership in `group`."""
        self._wait(self._groups.remove(user_id, group))

    def remove_from_all(self, user_id: str) -> None:
        """End all memberships of a user."""
        self._wait(self._groups.remove_from_all(user_id))

    def contains(self, user_id: str, group: str) -> bool:
        """Tell whether a user is a member of `group`."""
        return self._wait(self._groups.contains(user_id, group))


class WaitingUsers:
    """Users."""

    def __init__(self, users: Users, wait: Wait) -> None:
        self._users = users
        self._wait = wait

    def exists(self, user_id: str) -> bool:
        """Tell whether a user has an open connection."""
        return self._wait(self._users.exists(user_id))

    def close(self, user_id: str, reason: str | None = None, *, excluded: Iterable[str] = ()) -> None:
        """Close the connections of a user, but those with the `excluded` ids."""
        self._wait(self._users.close(user_id, reason, excluded=excluded))


class WaitingConnections:
    """Connections."""

    def __init__(self, connections: Connections, wait: Wait) -> None:
        self._connections = connections
        self._wait = wait

    def exists(self, connection_id: str) -> bool:
        """Tell whether a connection is open."""
        return self._wait(self._connections.exists(connection_id))

    def close(self, connection_id: str, reason: str | None = None) -> None:
        """Close a connection."""
        self._wait(self._connections.close(connection_id, reason))

    def close_all(self, reason: str | None = None, *, excluded: Iterable[str] = ()) -> None:
        """Close all connections of the hub, but those with the `excluded` ids."""
        self._wait(self._connections.close_all(reason, excluded=excluded))
