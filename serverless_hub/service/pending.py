"""Clients on their way in: from negotiate to the end of their handshake.

Each takes a place until it has shaken hands, or is gone. A user has few of all places, so that whoever floods the
service with one token shuts out nobody else. Clients without a user cannot be told apart: together they have half.
"""

import re
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from serverless_hub.clock import Clock
from serverless_hub.protocol.client_token import ClientIdentity

__all__ = ["Admission", "Admissions", "TooManyPendingError", "new_connection_id"]

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Admission:
    """A connection that may be opened."""

    hub: str
    identity: ClientIdentity
    connection_id: str
    token: str
    """The secret that opens it; in negotiate version 0 it is the connection id."""
    stateful: bool = False
    """Whether its client may come back to it over another WebSocket."""
    leave: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)
    """Gives its place to others: the client has shaken hands, or is gone. More calls change nothing."""

    def belongs_to(self, hub: str, identity: ClientIdentity) -> bool:
        """Tell whether it is of this hub and user."""
        return self.hub == hub and self.identity.user_id == identity.user_id


class TooManyPendingError(Exception):
    """So many clients are on their way in that there is no place for another; the text says whose, and how many."""

    def __init__(self, reason: str, *, own: bool) -> None:
        super().__init__(reason)
        self.own = own
        """Whether they are of the same user."""


class Admissions:
    """Each can be taken once, within `seconds` from its making.

    Args:
        clock: what the seconds are counted by.
        seconds: how long one waits.
        size: how many clients may be on their way in.
        user_size: how many of one user; without a user, half of all.
    """

    def __init__(self, clock: Clock, seconds: float, size: int, user_size: int) -> None:
        self._clock = clock
        self._seconds = seconds
        self._size = size
        self._user_size = user_size
        self._waiting: dict[str, Admission] = {}
        self._places: dict[str, str | None] = {}
        self._users: Counter[str | None] = Counter()

    def admit(self, hub: str, identity: ClientIdentity, version: int, *, stateful: bool = False) -> Admission:
        """Make one.

        Raises:
            TooManyPendingError: there are too many already.
        """
        token = new_connection_id()
        admission = self._placed(hub, identity, token if version == 0 else new_connection_id(), token, stateful)
        self._waiting[token] = admission
        self._clock.call_later(self._seconds, lambda: self._expire(token))
        return admission

    def admit_at_once(self, hub: str, identity: ClientIdentity) -> Admission:
        """Make one for a client that connects without having negotiated here; it is taken.

        Raises:
            TooManyPendingError: there are too many already.
        """
        connection_id = new_connection_id()
        return self._placed(hub, identity, connection_id, connection_id, stateful=False)

    def take(self, token: str, hub: str, identity: ClientIdentity) -> Admission | None:
        """Return the admission that `token` opens for this hub and user; it cannot be taken again."""
        admission = self._waiting.get(token)
        if admission is None or not admission.belongs_to(hub, identity):
            return None
        return self._waiting.pop(token)

    def _placed(self, hub: str, identity: ClientIdentity, connection_id: str, token: str, stateful: bool) -> Admission:
        user = identity.user_id
        limit = max(1, self._size // 2) if user is None else min(self._user_size, self._size)
        if self._users[user] >= limit:
            whose = "without a user" if user is None else "of one user"
            raise TooManyPendingError(f"{limit} clients {whose} have not connected yet", own=True)
        if len(self._places) >= self._size:
            raise TooManyPendingError(f"{self._size} clients have not connected yet", own=False)
        self._places[token] = user
        self._users[user] += 1
        return Admission(hub, identity, connection_id, token, stateful, lambda: self._leave(token))

    def _leave(self, token: str) -> None:
        if token in self._places:
            user = self._places.pop(token)
            self._users[user] -= 1
            if not self._users[user]:
                del self._users[user]

    def _expire(self, token: str) -> None:
        admission = self._waiting.pop(token, None)
        if admission is not None:
            admission.leave()


def new_connection_id() -> str:
    """Return 128 random bits, safe in URLs, without a dot, and on command lines: no hyphen comes first."""
    return re.sub("^-", "_", secrets.token_urlsafe(_ID_BYTES))
