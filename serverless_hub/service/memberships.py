"""Groups of users, and the timers that end memberships."""

import logging

from serverless_hub.clock import Clock, Timer
from serverless_hub.service.registry import Lasting, Registry
from serverless_hub.service.session import Session
from serverless_hub.service.user_groups import MAX_ENDLESS_GROUPS

__all__ = ["LONGEST", "UserMemberships"]

LONGEST = 365 * 86400.0
"""Seconds that a membership lasts when nobody says how long (REST API 2024-12-01, parameter `ttl`: a year)."""
_logger = logging.getLogger("serverless_hub.service")


class UserMemberships:
    """Users in groups: their connections join, those that are there and those that come (REST API, parameter `ttl`).

    Args:
        registry: the members of the hub.
        clock: what memberships end by.
    """

    def __init__(self, registry: Registry[Session], clock: Clock) -> None:
        self._registry = registry
        self._clock = clock
        self._ends: dict[tuple[str, str], Timer] = {}

    def add(self, user_id: str, group: str, ttl: float | None) -> None:
        """Make a user a member of `group`, connected or not; what was said of it before no longer counts.

        Args:
            user_id: the user.
            group: the group.
            ttl: after so many seconds it ends, and the user's connections leave; with 0 only the connections that are
                open now join; with None it lasts a year, though only the latest 100 of a user do.

        Raises:
            ValueError: `ttl` is negative or no number.
            InvalidArgumentError: the user is in as many groups as they may be.
        """
        if ttl is not None and not ttl >= 0:
            raise ValueError(f"ttl={ttl!r} must be 0, more, or None")
        lasting: Lasting = "endless" if ttl is None else "ending" if ttl else "no"
        displaced = self._registry.join_user(user_id, group, lasting)
        self._forget_end(user_id, group)
        seconds = LONGEST if ttl is None else ttl
        if seconds:
            self._ends[user_id, group] = self._clock.call_later(seconds, lambda: self.remove(user_id, group))
        if displaced is not None:
            _logger.warning("a user is in %d groups without an end: the oldest is left", MAX_ENDLESS_GROUPS)
            self.remove(user_id, displaced)

    def remove(self, user_id: str, group: str) -> None:
        """End a membership, if there is one; connections that are in `group` by themselves stay."""
        self._forget_end(user_id, group)
        self._registry.leave_user(user_id, group)

    def remove_all(self, user_id: str) -> None:
        """End all memberships of a user."""
        for group in self._registry.groups_of_user(user_id):
            self.remove(user_id, group)

    def contains(self, user_id: str, group: str) -> bool:
        """Tell whether a user is in `group`, or an open connection is through them."""
        return group in self._registry.groups_of_user(user_id)

    def _forget_end(self, user_id: str, group: str) -> None:
        timer = self._ends.pop((user_id, group), None)
        if timer is not None:
            timer.cancel()
