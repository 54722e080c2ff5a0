"""A sender that remembers what a hub wanted to have sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from serverless_hub.hub.ports import GroupPage, Receivers
from serverless_hub.protocol.commands import Command
from serverless_hub.protocol.rest import MemberKind

__all__ = ["RecordingSender", "Sent"]


@dataclass(frozen=True)
class Sent:
    receivers: Receivers
    target: str
    arguments: tuple[Any, ...]


@dataclass
class RecordingSender:
    sent: list[Sent] = field(default_factory=list[Sent])
    steps: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    """Every other call: the name of the method, then its arguments."""
    existing: set[tuple[MemberKind, str]] = field(default_factory=set[tuple[MemberKind, str]])
    result: Any = None
    """What `invoke` returns, or raises."""
    pages: list[GroupPage] = field(default_factory=list[GroupPage])

    async def send(self, receivers: Receivers, target: str, arguments: Sequence[Any]) -> None:
        self.sent.append(Sent(receivers, target, tuple(arguments)))

    async def add_to_group(self, connection_id: str, group: str) -> None:
        self.steps.append(("add_to_group", connection_id, group))

    async def remove_from_group(self, connection_id: str, group: str) -> None:
        self.steps.append(("remove_from_group", connection_id, group))

    async def remove_from_all_groups(self, connection_id: str) -> None:
        self.steps.append(("remove_from_all_groups", connection_id))

    async def close(self, receivers: Receivers, reason: str | None) -> None:
        self.steps.append(("close", receivers, reason))

    async def exists(self, kind: MemberKind, name: str) -> bool:
        return (kind, name) in self.existing

    async def invoke(self, connection_id: str, target: str, arguments: Sequence[Any], timeout: float) -> Any:  # noqa: ASYNC109 - as the port has it
        self.sent.append(Sent(Receivers("connections", (connection_id,)), target, tuple(arguments)))
        self.steps.append(("invoke", connection_id, target, timeout))
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    async def send_stream_item(self, connection_id: str, stream_id: str, item: Any, *, completed: bool) -> None:
        self.steps.append(("send_stream_item", connection_id, stream_id, item, completed))

    async def complete_stream(self, connection_id: str, stream_id: str, error: str | None) -> None:
        self.steps.append(("complete_stream", connection_id, stream_id, error))

    async def group_members(self, group: str, *, page_size: int, continuation: str | None) -> GroupPage:
        self.steps.append(("group_members", group, page_size, continuation))
        return self.pages.pop(0)

    async def execute(self, commands: Sequence[Command], only: str | None) -> None:
        self.steps.append(("execute", tuple(commands), only))

    async def generate_token(self, user_id: str | None, lifetime: float) -> str:
        self.steps.append(("generate_token", user_id, lifetime))
        return "token"

    async def add_user_to_group(self, user_id: str, group: str, ttl: float | None) -> None:
        self.steps.append(("add_user_to_group", user_id, group, ttl))

    async def remove_user_from_group(self, user_id: str, group: str) -> None:
        self.steps.append(("remove_user_from_group", user_id, group))

    async def remove_user_from_all_groups(self, user_id: str) -> None:
        self.steps.append(("remove_user_from_all_groups", user_id))

    async def user_in_group(self, user_id: str, group: str) -> bool:
        return ("add_user_to_group", user_id, group, None) in self.steps
