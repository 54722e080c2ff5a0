"""Who is connected to a hub, as which user, in which groups. No I/O, no clock."""

from collections.abc import Iterable, Iterator
from typing import Generic, Literal, Protocol, TypeVar

__all__ = ["Kind", "Member", "Registry"]

Kind = Literal["all", "connections", "groups", "users"]


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


class Registry(Generic[_M]):
    """The members of one hub; an empty group or a user without connections takes no memory."""

    def __init__(self) -> None:
        self._members: dict[str, _M] = {}
        self._users: dict[str, dict[str, _M]] = {}
        self._groups: dict[str, dict[str, _M]] = {}
        self._groups_of: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._members)

    def get(self, connection_id: str) -> _M | None:
        """Return the member with this id."""
        return self._members.get(connection_id)

    def add(self, member: _M) -> None:
        """Take a new connection in."""
        self._members[member.id] = member
        if member.user_id is not None:
            self._users.setdefault(member.user_id, {})[member.id] = member

    def remove(self, connection_id: str) -> None:
        """Forget a connection and its memberships; unknown ids are no error."""
        member = self._members.pop(connection_id, None)
        if member is None:
            return
        self.leave_all(connection_id)
        if member.user_id is not None:
            _discard(self._users, member.user_id, connection_id)

    def join(self, connection_id: str, group: str) -> bool:
        """Make a connection a member of `group`; False when it is not here."""
        member = self._members.get(connection_id)
        if member is None:
            return False
        self._groups.setdefault(group, {})[connection_id] = member
        self._groups_of.setdefault(connection_id, set()).add(group)
        return True

    def leave(self, connection_id: str, group: str) -> None:
        """End a membership, if there is one."""
        _discard(self._groups, group, connection_id)
        groups = self._groups_of.get(connection_id, set())
        groups.discard(group)
        if not groups:
            self._groups_of.pop(connection_id, None)

    def leave_all(self, connection_id: str) -> None:
        """End all memberships of a connection."""
        for group in self._groups_of.pop(connection_id, ()):
            _discard(self._groups, group, connection_id)

    def select(self, kind: Kind, names: Iterable[str] = (), excluded: Iterable[str] = ()) -> Iterator[_M]:
        """Yield each receiver once: of `kind`, among `names`, without the connection ids in `excluded`."""
        if kind == "all":
            found = dict(self._members)
        elif kind == "connections":
            found = {name: self._members[name] for name in names if name in self._members}
        else:
            index = self._groups if kind == "groups" else self._users
            found = {key: member for name in names for key, member in index.get(name, {}).items()}
        for connection_id in excluded:
            found.pop(connection_id, None)
        yield from found.values()


def _discard(index: dict[str, dict[str, _M]], name: str, connection_id: str) -> None:
    members = index.get(name)
    if members is None:
        return
    members.pop(connection_id, None)
    if not members:
        del index[name]
