"""What stands for the service where a method is tested alone: it notes what is sent, and knows groups."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from serverless_hub.hub.ports import GroupMember, GroupPage, Receivers
from serverless_hub.protocol.codec import JSON
from serverless_hub.protocol.commands import Command
from serverless_hub.protocol.rest import MemberKind

__all__ = ["Action", "SendRecorder", "Sent"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A call of clients."""

    to: Receivers
    target: str
    arguments: list[Any]
    """Plain values, as clients read them from JSON."""


class Action(NamedTuple):
    """Anything else that a method did with the service, by the name of the `HubSender`'s method."""

    name: str
    arguments: tuple[Any, ...]


class SendRecorder:
    """A `HubSender` without a service.

    Args:
        answers: what clients answer, by target: a value, or a function that takes the arguments and may be async.
        connections: which exist; further ones that become members of groups exist, too.
    """

    def __init__(self, answers: Mapping[str, Any] | None = None, connections: Iterable[str] = ()) -> None:
        self.sent: list[Sent] = []
        """Calls of clients in order, those included that clients answer."""
        self.actions: list[Action] = []
        """Changes of groups, closed connections and all else, in order."""
        self._answers = dict(answers or {})
        self._connections = set(connections)
        self._members: dict[str, dict[str, None]] = {}
        self._users: dict[str, dict[str, None]] = {}

    async def send(self, receivers: Receivers, target: str, arguments: Sequence[Any]) -> None:
        """Note a call."""
        self.sent.append(Sent(receivers, target, JSON.decode_value(JSON.encode_value(list(arguments)))))

    async def invoke(self, connection_id: str, target: str, arguments: Sequence[Any], timeout: float) -> Any:  # noqa: ASYNC109 - as the port has it
        """Note a call and return the answer that the test has given for it."""
        del timeout
        await self.send(Receivers("connections", (connection_id,)), target, arguments)
        if target not in self._answers:
            raise AssertionError(f"the client is asked for {target!r}: say call(..., answers={{{target!r}: ...}})")
        answer = self._answers[target]
        answer = answer(*self.sent[-1].arguments) if callable(answer) else answer
        answer = await answer if inspect.isawaitable(answer) else answer
        return JSON.decode_value(JSON.encode_value(answer))

    async def send_stream_item(self, connection_id: str, stream_id: str, item: Any, *, completed: bool) -> None:
        """Note one item of a stream."""
        self._note("send_stream_item", connection_id, stream_id, item, completed)

    async def complete_stream(self, connection_id: str, stream_id: str, error: str | None) -> None:
        """Note the end of a stream."""
        self._note("complete_stream", connection_id, stream_id, error)

    async def add_to_group(self, connection_id: str, group: str) -> None:
        """Make a connection a member of `group`."""
        self._note("add_to_group", connection_id, group)
        self._members.setdefault(group, {})[connection_id] = None
        self._connections.add(connection_id)

    async def remove_from_group(self, connection_id: str, group: str) -> None:
        """End a connection's membership in `group`."""
        self._note("remove_from_group", connection_id, group)
        self._members.get(group, {}).pop(connection_id, None)

    async def remove_from_all_groups(self, connection_id: str) -> None:
        """End all memberships of a connection."""
        self._note("remove_from_all_groups", connection_id)
        for members in self._members.values():
            members.pop(connection_id, None)

    async def group_members(self, group: str, *, page_size: int, continuation: str | None) -> GroupPage:
        """Return the connections of `group`, all on one page."""
        del page_size, continuation
        return GroupPage([GroupMember(connection_id) for connection_id in self._members.get(group, {})])

    async def add_user_to_group(self, user_id: str, group: str, ttl: float | None) -> None:
        """Make a user a member of `group`; no time passes here."""
        self._note("add_user_to_group", user_id, group, ttl)
        self._users.setdefault(group, {})[user_id] = None

    async def remove_user_from_group(self, user_id: str, group: str) -> None:
        """End a user's membership in `group`."""
        self._note("remove_user_from_group", user_id, group)
        self._users.get(group, {}).pop(user_id, None)

    async def remove_user_from_all_groups(self, user_id: str) -> None:
        """End all memberships of a user."""
        self._note("remove_user_from_all_groups", user_id)
        for users in self._users.values():
            users.pop(user_id, None)

    async def user_in_group(self, user_id: str, group: str) -> bool:
        """Tell whether a user is a member of `group`."""
        return user_id in self._users.get(group, {})

    async def exists(self, kind: MemberKind, name: str) -> bool:
        """Tell whether a connection is known, or a group has a member; no user is connected."""
        return (
            name in self._connections if kind == "connections" else bool(kind == "groups" and self._members.get(name))
        )

    async def close(self, receivers: Receivers, reason: str | None) -> None:
        """Note that connections are closed."""
        self._note("close", receivers, reason)

    async def execute(self, commands: Sequence[Command], only: str | None) -> None:
        """Note commands."""
        self._note("execute", tuple(commands), only)

    async def generate_token(self, user_id: str | None, lifetime: float) -> str:
        """Return a text that is no token."""
        self._note("generate_token", user_id, lifetime)
        return f"token of {user_id}"

    def _note(self, name: str, *arguments: Any) -> None:
        self.actions.append(Action(name, arguments))
