"""Which users are in which groups, connected or not. No I/O, no clock."""

__all__ = ["MAX_ENDLESS_GROUPS", "UserGroups"]

MAX_ENDLESS_GROUPS = 100
"""How many groups without an end a user can be in (REST API 2024-12-01, parameter `ttl`)."""


class UserGroups:
    """The lasting memberships of users: what their next connection joins."""

    def __init__(self) -> None:
        self._ending: dict[str, set[str]] = {}
        self._endless: dict[str, dict[str, None]] = {}

    def add(self, user_id: str, group: str, *, endless: bool) -> str | None:
        """Make a user a member, or renew it.

        Returns:
            The group that has to go for it, since the user would be in more than `MAX_ENDLESS_GROUPS` without an end:
            the one that was added or renewed the longest time ago.
        """
        self.discard(user_id, group)
        if not endless:
            self._ending.setdefault(user_id, set()).add(group)
            return None
        groups = self._endless.setdefault(user_id, {})
        groups[group] = None
        return next(iter(groups)) if len(groups) > MAX_ENDLESS_GROUPS else None

    def discard(self, user_id: str, group: str) -> None:
        """End a membership, if there is one."""
        ending = self._ending.get(user_id, set())
        ending.discard(group)
        if not ending:
            self._ending.pop(user_id, None)
        endless = self._endless.get(user_id, {})
        endless.pop(group, None)
        if not endless:
            self._endless.pop(user_id, None)

    def of(self, user_id: str) -> set[str]:
        """Return the groups of a user."""
        return self._ending.get(user_id, set()) | self._endless.get(user_id, {}).keys()
