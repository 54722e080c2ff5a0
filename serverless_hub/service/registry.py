"""Who is connected to a hub, as which user, in which groups. No I/O, no clock."""

from collections.abc import Collection, Iterable
from typing import Generic, Literal, Protocol, TypeVar

from serverless_hub.errors import InvalidArgumentError
from serverless_hub.protocol.rest import ErrorCode, MemberKind
from serverless_hub.service.user_groups import UserGroups

__all__ = ["Kind", "Lasting", "Member", "Registry"]

Kind = Literal["all", "connections", "groups", "users"]
Lasting = Literal["no", "ending", "endless"]
"""Whether later connections of a user join a group, too, and if so whether somebody will end that."""


class Member(Protocol):
    """What the registry has to know of a connection."""

    @property
    def id(self) -> str:
        """The connection id."""
        ...

    @property
    def user_id(self) -> str | None:
        """Whose connection it is."""
        ...


_M = TypeVar("_M", bound=Member)
_T = TypeVar("_T")


class Registry(Generic[_M]):
    """The members of one hub.

    A connection is in a group by itself, through its user, or both, and stays until both have ended. What has no
    members takes no memory, but for what users are in while they are away.

    Args:
        max_groups: how many groups a connection may be in by itself.
        max_user_groups: how many groups a user, or their connections through them, may be in.
    """

    def __init__(self, max_groups: int = 1000, max_user_groups: int = 1000) -> None:
        self._max_groups = max_groups
        self._max_user_groups = max_user_groups
        self._members: dict[str, _M] = {}
        self._users: dict[str, dict[str, _M]] = {}
        self._groups: dict[str, dict[str, _M]] = {}
        self._by_itself: dict[str, dict[str, _M]] = {}
        self._through_user: dict[str, dict[str, _M]] = {}
        self._user_groups = UserGroups()

    def __len__(self) -> int:
        return len(self._members)

    def get(self, connection_id: str) -> _M | None:
        """Return the member with this id."""
        return self._members.get(connection_id)

    def has(self, kind: MemberKind, name: str) -> bool:
        """Tell whether there is a connection, or a user or a group has one."""
        if kind == "connections":
            return name in self._members
        return name in (self._groups if kind == "groups" else self._users)

    def add(self, member: _M) -> None:
        """Take a new connection in; it joins the groups of its user."""
        self._members[member.id] = member
        if member.user_id is not None:
            self._users.setdefault(member.user_id, {})[member.id] = member
            for group in self._user_groups.of(member.user_id):
                self._enter(member, group, self._through_user)

    def remove(self, connection_id: str) -> None:
        """Forget a connection and its memberships; unknown ids are no error."""
        member = self._members.pop(connection_id, None)
        if member is None:
            return
        self.leave_all(connection_id)
        if member.user_id is not None:
            _discard(self._users, member.user_id, connection_id)

    def join(self, connection_id: str, group: str) -> bool:
        """Make a connection a member of `group` by itself; False when it is not here.

        Raises:
            InvalidArgumentError: it is in as many groups as it may be.
        """
        member = self._members.get(connection_id)
        if member is None:
            return False
        _check_room("connection", self._by_itself.get(connection_id, {}), group, self._max_groups)
        self._enter(member, group, self._by_itself)
        return True

    def leave(self, connection_id: str, group: str) -> None:
        """Take a connection out of `group`, however it came in; its user stays in it with other connections."""
        _discard(self._groups, group, connection_id)
        _discard(self._by_itself, connection_id, group)
        _discard(self._through_user, connection_id, group)

    def leave_all(self, connection_id: str) -> None:
        """Take a connection out of all groups, however it came in."""
        for group in self._by_itself.pop(connection_id, {}) | self._through_user.pop(connection_id, {}):
            _discard(self._groups, group, connection_id)

    def join_user(self, user_id: str, group: str, lasting: Lasting) -> str | None:
        """Make the connections of a user members of `group`.

        Args:
            user_id: whose connections.
            group: the group.
            lasting: whether those that come join, too.

        Returns:
            The group that the user has to leave for it, if they are in too many without an end.

        Raises:
            InvalidArgumentError: the user is in as many groups as they may be.
        """
        _check_room("user", self.groups_of_user(user_id), group, self._max_user_groups)
        for member in self._users.get(user_id, {}).values():
            self._enter(member, group, self._through_user)
        if lasting == "no":
            self._user_groups.discard(user_id, group)
            return None
        return self._user_groups.add(user_id, group, endless=lasting == "endless")

    def leave_user(self, user_id: str, group: str) -> None:
        """End the membership of a user; their connections leave, but for those that are members by themselves."""
        self._user_groups.discard(user_id, group)
        for connection_id in self._users.get(user_id, {}):
            _discard(self._through_user, connection_id, group)
            if group not in self._by_itself.get(connection_id, {}):
                _discard(self._groups, group, connection_id)

    def groups_of_user(self, user_id: str) -> set[str]:
        """Return the groups that a user is in, or some connection is in through them."""
        groups = self._user_groups.of(user_id)
        return groups.union(*(self._through_user.get(name, {}) for name in self._users.get(user_id, {})))

    def groups_of(self, connection_id: str) -> set[str]:
        """Return the groups that a connection is in, however it came in."""
        return {*self._by_itself.get(connection_id, ()), *self._through_user.get(connection_id, ())}

    def select(self, kind: Kind, names: Iterable[str] = (), excluded: Iterable[str] = ()) -> list[_M]:
        """Return each receiver once: of `kind`, among `names`, without the connection ids in `excluded`."""
        found: dict[str, _M] = {}
        if kind == "all":
            found.update(self._members)
        elif kind == "connections":
            found = {name: self._members[name] for name in names if name in self._members}
        else:
            index = self._groups if kind == "groups" else self._users
            for name in names:
                found.update(index.get(name, {}))
        for connection_id in excluded:
            found.pop(connection_id, None)
        return list(found.values())

    def _enter(self, member: _M, group: str, how: dict[str, dict[str, _M]]) -> None:
        self._groups.setdefault(group, {})[member.id] = member
        how.setdefault(member.id, {})[group] = member


def _check_room(who: str, groups: Collection[str], group: str, limit: int) -> None:
    if len(groups) >= limit and group not in groups:
        text = f"the {who} is in {limit} groups, and has to leave one before it can join another"
        raise InvalidArgumentError(text, code=ErrorCode.INVALID_REQUEST)


def _discard(index: dict[str, dict[str, _T]], name: str, item: str) -> None:
    items = index.get(name)
    if items is None:
        return
    items.pop(item, None)
    if not items:
        del index[name]
