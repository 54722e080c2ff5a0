"""A sender that remembers what a hub wanted to have sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from serverless_hub.hub.ports import Receivers

__all__ = ["RecordingSender", "Sent"]


@dataclass(frozen=True)
class Sent:
    receivers: Receivers
    target: str
    arguments: tuple[Any, ...]


@dataclass
class RecordingSender:
    sent: list[Sent] = field(default_factory=list[Sent])
    steps: list[tuple[str | float | None, ...]] = field(default_factory=list[tuple[str | float | None, ...]])
    """Every other call: the name of the method, then its arguments."""
    open_connections: set[str] = field(default_factory=set[str])

    async def send(self, receivers: Receivers, target: str, arguments: Sequence[Any]) -> None:
        self.sent.append(Sent(receivers, target, tuple(arguments)))

    async def add_to_group(self, connection_id: str, group: str) -> None:
        self.steps.append(("add_to_group", connection_id, group))

    async def remove_from_group(self, connection_id: str, group: str) -> None:
        self.steps.append(("remove_from_group", connection_id, group))

    async def remove_from_all_groups(self, connection_id: str) -> None:
        self.steps.append(("remove_from_all_groups", connection_id))

    async def close_connection(self, connection_id: str, reason: str | None) -> None:
        self.steps.append(("close_connection", connection_id, reason))

    async def connection_exists(self, connection_id: str) -> bool:
        return connection_id in self.open_connections

    async def add_user_to_group(self, user_id: str, group: str, ttl: float | None) -> None:
        self.steps.append(("add_user_to_group", user_id, group, ttl))

    async def remove_user_from_group(self, user_id: str, group: str) -> None:
        self.steps.append(("remove_user_from_group", user_id, group))

    async def remove_user_from_all_groups(self, user_id: str) -> None:
        self.steps.append(("remove_user_from_all_groups", user_id))

    async def user_in_group(self, user_id: str, group: str) -> bool:
        return ("add_user_to_group", user_id, group, None) in self.steps
