"""One hub of the service: what can be done with its clients."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from serverless_hub.clock import Clock
from serverless_hub.errors import ConnectionGoneError, InvalidArgumentError
from serverless_hub.protocol.codec import JSON, HubProtocol
from serverless_hub.protocol.commands import Command, JoinGroup, LeaveGroup, SendMessage
from serverless_hub.protocol.messages import Completion, HubMessage, Invocation, StreamItem
from serverless_hub.protocol.rest import ErrorCode, MemberKind
from serverless_hub.service.memberships import UserMemberships
from serverless_hub.service.metrics import NO_METRICS, Metrics
from serverless_hub.service.odata import read_filter
from serverless_hub.service.odata_values import Subject
from serverless_hub.service.paging import page_of
from serverless_hub.service.registry import Kind, Registry
from serverless_hub.service.session import Session
from serverless_hub.service.settings import ServiceSettings

__all__ = ["ServiceHub"]

_logger = logging.getLogger("serverless_hub.service")


class ServiceHub:
    """The clients of one hub, for whoever may send to them.

    Args:
        name: of the hub.
        clock: what memberships end by.
        settings: how many groups there may be.
        metrics: where its messages are counted.
    """

    def __init__(
        self, name: str, clock: Clock, settings: ServiceSettings | None = None, *, metrics: Metrics = NO_METRICS
    ) -> None:
        settings = settings or ServiceSettings()
        self.name = name
        self._metrics = metrics
        self.registry: Registry[Session] = Registry(settings.max_groups_per_connection, settings.max_groups_per_user)
        self.users: UserMemberships = UserMemberships(self.registry, clock)

    def send(
        self,
        kind: Kind,
        names: Iterable[str],
        target: str,
        arguments: Sequence[Any],
        excluded: Iterable[str] = (),
    ) -> None:
        """Call `target` on the receivers; encoded once per protocol, then the same bytes for everybody.

        Raises:
            TypeError: an argument cannot be encoded, whether or not there are receivers; then nobody gets anything.
        """
        sessions = self.registry.select(kind, names, excluded)
        encoded = _encode(Invocation(target, arguments), sessions)
        for session in sessions:
            session.outbound.push(encoded[session.protocol])
        self._metrics.sent(len(sessions))

    async def invoke(self, connection_id: str, target: str, arguments: Sequence[Any], timeout: float) -> Any:  # noqa: ASYNC109 - measured by the injected clock, not by asyncio's
        """Call `target` on one connection and return its client's result as plain values, None where it has none.

        Raises:
            TypeError: an argument cannot be encoded.
            ThrottledError: too many calls of this client wait already.
            ServiceTimeoutError: it has not answered within `timeout` seconds.
            ConnectionGoneError: it is not open, or ended before it answered.
            ClientResultError: it answered with an error, or with a result that cannot be read.
        """
        session = self.registry.get(connection_id)
        if session is None:
            raise ConnectionGoneError("the connection is not open", code=ErrorCode.CONNECTION_NOT_EXISTED)
        return await session.client_calls.invoke(target, arguments, timeout)

    def send_stream_item(self, connection_id: str, stream_id: str, item: Any, *, completed: bool) -> bool:
        """Send one item of a stream, and with `completed` its end behind it; False if the connection is not open.

        Raises:
            TypeError: the item cannot be encoded; then nothing is sent.
        """
        is_open = self._send_to(connection_id, StreamItem(stream_id, item))
        if completed:
            self.complete_stream(connection_id, stream_id, None)
        return is_open

    def complete_stream(self, connection_id: str, stream_id: str, error: str | None) -> None:
        """End a stream, in order or with an error; nothing happens if the connection is not open."""
        self._send_to(connection_id, Completion(stream_id, error=error))

    def exists(self, kind: MemberKind, name: str) -> bool:
        """Tell whether a connection is open, or a user or a group has an open one."""
        return self.registry.has(kind, name)

    def members(self, group: str, page_size: int, continuation: str | None) -> tuple[list[Session], str | None]:
        """Return a page of a group's connections, and what the next one is asked for with; None after the last.

        Raises:
            InvalidArgumentError: the page size is out of range, or the continuation is not from here.
        """
        return page_of(self.registry.select("groups", [group]), page_size, continuation)

    def close(self, kind: Kind, names: Iterable[str], reason: str | None, excluded: Iterable[str] = ()) -> None:
        """Close connections, telling their clients why and that they may come back."""
        for session in self.registry.select(kind, names, excluded):
            session.dismiss(reason)

    def execute(self, commands: Sequence[Command], only: str | None) -> None:
        """Do `commands`, in order, for each connection that the filter `only` takes now; for all without one.

        Whatever else the commands say, a close is the last that happens to a connection. One that is in too many groups
        does not join another; the log says so.

        Raises:
            InvalidArgumentError: the filter cannot be read; the text says where, and nothing is done.
            TypeError: an argument cannot be encoded; nothing is done.
        """
        sessions = self.registry.select("all") if only is None else list(self._filtered(only))
        steps = [self._step(command, sessions) for command in commands]
        self._metrics.sent(len(sessions) * sum(isinstance(command, SendMessage) for command in commands))
        for step in steps:
            for session in sessions:
                step(session)

    def _filtered(self, only: str) -> Iterable[Session]:
        takes = read_filter(only)
        for session in self.registry.select("all"):
            if takes(Subject(session.id, session.user_id, self.registry.groups_of(session.id))):
                yield session

    def _step(self, command: Command, sessions: Sequence[Session]) -> Callable[[Session], object]:
        """Return what does `command`; everything that may fail has happened then."""
        match command:
            case SendMessage():
                encoded = _encode(Invocation(command.target, command.arguments), sessions)
                return lambda session: session.push(encoded[session.protocol])
            case JoinGroup():
                return lambda session: self._join(session, command.group)
            case LeaveGroup():
                return lambda session: self.registry.leave(session.id, command.group)
            case _:  # What is pushed right after a close still goes out before it.
                return lambda session: session.dismiss(command.reason)

    def _join(self, session: Session, group: str) -> None:
        try:
            self.registry.join(session.id, group)
        except InvalidArgumentError as error:
            _logger.warning("connection %s of hub %s has not joined a group: %s", session.id, self.name, error)

    def _send_to(self, connection_id: str, message: HubMessage) -> bool:
        session = self.registry.get(connection_id)
        encoded = _encode(message, [session] if session is not None else [])
        if session is None:
            return False
        session.push(encoded[session.protocol])
        return True


def _encode(message: HubMessage, sessions: Sequence[Session]) -> dict[HubProtocol, bytes]:
    """Encode once per protocol, and at least once, so that what cannot be sent is an error also when nobody listens."""
    spoken = {session.protocol for session in sessions} or {JSON}
    return {protocol: protocol.encode(message) for protocol in spoken}
