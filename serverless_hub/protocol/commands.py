"""The commands of a batch, `POST /api/hubs/{hub}/:execute` (REST API 2024-12-01, definition SignalRCommand)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["CloseConnection", "Command", "JoinGroup", "LeaveGroup", "SendMessage"]


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Call `target` on each connection."""

    target: str
    arguments: Sequence[Any] = ()

    def to_wire(self) -> dict[str, Any]:
        """Return its JSON object."""
        return {"type": "SendMessage", "message": {"target": self.target, "arguments": list(self.arguments)}}


@dataclass(frozen=True, slots=True)
class JoinGroup:
    """Make each connection a member of `group`."""

    group: str

    def to_wire(self) -> dict[str, Any]:
        """Return its JSON object."""
        return {"type": "JoinGroup", "group": self.group}


@dataclass(frozen=True, slots=True)
class LeaveGroup:
    """End each connection's membership in `group`."""

    group: str

    def to_wire(self) -> dict[str, Any]:
        """Return its JSON object."""
        return {"type": "LeaveGroup", "group": self.group}


@dataclass(frozen=True, slots=True)
class CloseConnection:
    """Close each connection; its client is shown `reason`."""

    reason: str | None = None

    def to_wire(self) -> dict[str, Any]:
        """Return its JSON object."""
        return {"type": "CloseConnection"} | ({} if self.reason is None else {"reason": self.reason})


Command = SendMessage | JoinGroup | LeaveGroup | CloseConnection
