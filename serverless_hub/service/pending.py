"""Clients between negotiate and connect."""

import secrets
from dataclasses import dataclass

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

    def belongs_to(self, hub: str, identity: ClientIdentity) -> bool:
        """Tell whether it is of this hub and user."""
        return self.hub == hub and self.identity.user_id == identity.user_id


class TooManyPendingError(Exception):
    """So many clients are between negotiate and connect that no more are let in."""


class Admissions:
    """Each can be taken once, within `seconds` from its making."""

    def __init__(self, clock: Clock, seconds: float, size: int) -> None:
        self._clock = clock
        self._seconds = seconds
        self._size = size
        self._waiting: dict[str, Admission] = {}

    def admit(self, hub: str, identity: ClientIdentity, version: int, *, stateful: bool = False) -> Admission:
        """Make one.

        Raises:
            TooManyPendingError: there are too many already.
        """
        if len(self._waiting) >= self._size:
            raise TooManyPendingError
        token = new_connection_id()
        admission = Admission(hub, identity, token if version == 0 else new_connection_id(), token, stateful)
        self._waiting[token] = admission
        self._clock.call_later(self._seconds, lambda: self._waiting.pop(token, None))
        return admission

    def take(self, token: str, hub: str, identity: ClientIdentity) -> Admission | None:
        """Return the admission that `token` opens for this hub and user; it cannot be taken again."""
        admission = self._waiting.get(token)
        if admission is None or not admission.belongs_to(hub, identity):
            return None
        return self._waiting.pop(token)


def new_connection_id() -> str:
    """Return 128 random bits, safe in URLs and without a dot."""
    return secrets.token_urlsafe(_ID_BYTES)
