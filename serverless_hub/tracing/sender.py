"""What a hub asks of its service, each thing in a span."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from opentelemetry.trace import Span, SpanKind, Tracer

from serverless_hub.hub.ports import GroupPage, HubSender, Receivers
from serverless_hub.protocol.commands import Command
from serverless_hub.protocol.rest import MemberKind
from serverless_hub.tracing.spans import HUB, OPERATION, RECEIVERS, rpc, spanning

__all__ = ["TracedSender"]


class TracedSender:
    """A `HubSender` that makes a span of whatever another one does.

    Args:
        hub: its name on the wire.
        sender: does it.
        tracer: makes the spans.
    """

    def __init__(self, hub: str, sender: HubSender, tracer: Tracer) -> None:
        self._hub = hub
        self._sender = sender
        self._tracer = tracer

    async def send(self, receivers: Receivers, target: str, arguments: Sequence[Any]) -> None:
        """Call `target` on the receivers."""
        with self._calling(target, receivers.kind):
            await self._sender.send(receivers, target, arguments)

    async def invoke(self, connection_id: str, target: str, arguments: Sequence[Any], timeout: float) -> Any:  # noqa: ASYNC109 - as the port has it
        """Call `target` on one connection and return its client's answer."""
        with self._calling(target, "connections"):
            return await self._sender.invoke(connection_id, target, arguments, timeout)

    async def send_stream_item(self, connection_id: str, stream_id: str, item: Any, *, completed: bool) -> None:
        """Send one item of a stream."""
        with self._doing("send_stream_item"):
            await self._sender.send_stream_item(connection_id, stream_id, item, completed=completed)

    async def complete_stream(self, connection_id: str, stream_id: str, error: str | None) -> None:
        """End a stream."""
        with self._doing("complete_stream"):
            await self._sender.complete_stream(connection_id, stream_id, error)

    async def add_to_group(self, connection_id: str, group: str) -> None:
        """Make a connection a member of `group`."""
        with self._doing("add_to_group"):
            await self._sender.add_to_group(connection_id, group)

    async def remove_from_group(self, connection_id: str, group: str) -> None:
        """End a connection's membership in `group`."""
        with self._doing("remove_from_group"):
            await self._sender.remove_from_group(connection_id, group)

    async def remove_from_all_groups(self, connection_id: str) -> None:
        """End all memberships of a connection."""
        with self._doing("remove_from_all_groups"):
            await self._sender.remove_from_all_groups(connection_id)

    async def group_members(self, group: str, *, page_size: int, continuation: str | None) -> GroupPage:
        """Return a page of the members of `group`."""
        with self._doing("group_members"):
            return await self._sender.group_members(group, page_size=page_size, continuation=continuation)

    async def add_user_to_group(self, user_id: str, group: str, ttl: float | None) -> None:
        """Make a user a member of `group`."""
        with self._doing("add_user_to_group"):
            await self._sender.add_user_to_group(user_id, group, ttl)

    async def remove_user_from_group(self, user_id: str, group: str) -> None:
        """End a user's membership in `group`."""
        with self._doing("remove_user_from_group"):
            await self._sender.remove_user_from_group(user_id, group)

    async def remove_user_from_all_groups(self, user_id: str) -> None:
        """End all memberships of a user."""
        with self._doing("remove_user_from_all_groups"):
            await self._sender.remove_user_from_all_groups(user_id)

    async def user_in_group(self, user_id: str, group: str) -> bool:
        """Tell whether a user is a member of `group`."""
        with self._doing("user_in_group"):
            return await self._sender.user_in_group(user_id, group)

    async def exists(self, kind: MemberKind, name: str) -> bool:
        """Tell whether a connection is open, or a user or a group has one."""
        with self._doing("exists"):
            return await self._sender.exists(kind, name)

    async def close(self, receivers: Receivers, reason: str | None) -> None:
        """Close connections."""
        with self._doing("close"):
            await self._sender.close(receivers, reason)

    async def execute(self, commands: Sequence[Command], only: str | None) -> None:
        """Do all `commands` for each connection that the filter `only` takes."""
        with self._doing("execute"):
            await self._sender.execute(commands, only)

    async def generate_token(self, user_id: str | None, lifetime: float) -> str:
        """Return an access token for a client."""
        with self._doing("generate_token"):
            return await self._sender.generate_token(user_id, lifetime)

    def _calling(self, target: str, receivers: str) -> AbstractContextManager[Span]:
        about = {**rpc(self._hub, target), RECEIVERS: receivers}
        return spanning(self._tracer, f"{self._hub}/{target}", SpanKind.CLIENT, about)

    def _doing(self, operation: str) -> AbstractContextManager[Span]:
        about: dict[str, str | int] = {HUB: self._hub, OPERATION: operation}
        return spanning(self._tracer, f"{self._hub} {operation}", SpanKind.CLIENT, about)
