"""`SyncHubContext`: a `HubContext` for code that is not asynchronous, such as scripts, Django and Flask."""

from collections.abc import Coroutine, Sequence
from contextlib import ExitStack
from datetime import timedelta
from types import TracebackType
from typing import Any, Generic, Self

from anyio.from_thread import BlockingPortal, start_blocking_portal
from typing_extensions import TypeVar

from serverless_hub.hub.clients import ClientProxy
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo
from serverless_hub.management.endpoints import EndpointState
from serverless_hub.management.hub_context import HubContext
from serverless_hub.management.waiting import (
    WaitingClients,
    WaitingConnections,
    WaitingGroups,
    WaitingUserGroups,
    WaitingUsers,
)
from serverless_hub.protocol.commands import Command

__all__ = ["SyncHubContext"]

_R = TypeVar("_R")
_T_co = TypeVar("_T_co", covariant=True, default=ClientProxy)


class SyncHubContext(Generic[_T_co]):
    """What a `HubContext` can do, for callers that wait; threads may share it.

        with SyncHubContext(HubContext.from_connection_string(text, "chat")) as chat:
            chat.clients.all.send("news", "hello")

    Methods have the arguments, results and errors of those of `HubContext`. Typed clients stay asynchronous: hand their
    calls to `run`, as in `chat.run(chat.context.clients.all.receive_news("hello"))`.

    Args:
        context: opened and closed with this, in a thread of its own.
    """

    def __init__(self, context: HubContext[_T_co]) -> None:
        self.context: HubContext[_T_co] = context
        self.clients: WaitingClients = WaitingClients(context.clients.untyped, self.run)
        self.groups: WaitingGroups = WaitingGroups(context.groups, self.run)
        self.user_groups: WaitingUserGroups = WaitingUserGroups(context.user_groups, self.run)
        self.users: WaitingUsers = WaitingUsers(context.users, self.run)
        self.connections: WaitingConnections = WaitingConnections(context.connections, self.run)
        self._portal: BlockingPortal | None = None
        self._running = ExitStack()

    def __enter__(self) -> Self:
        if self._portal is not None:
            raise RuntimeError("this SyncHubContext is entered already: use it as it is, also in other threads")
        with ExitStack() as stack:
            portal = stack.enter_context(start_blocking_portal())
            stack.enter_context(portal.wrap_async_context_manager(self.context))
            self._portal = portal
            self._running = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._portal = None
        self._running.close()

    def run(self, call: Coroutine[Any, Any, _R]) -> _R:
        """Wait for `call` and return its result.

        Raises:
            RuntimeError: this context is not entered.
        """

        async def wait() -> _R:
            return await call

        if self._portal is None:
            call.close()
            raise RuntimeError("a SyncHubContext works between `with SyncHubContext(...) as hub:` and its end")
        return self._portal.call(wait)

    def execute(self, *commands: Command, only: str | None = None) -> None:
        """Do several things for each connection that the filter `only` takes."""
        self.run(self.context.execute(*commands, only=only))

    def negotiate(self, negotiation: Negotiation) -> SignalRConnectionInfo:
        """Return where a client connects to this hub, and its token."""
        return self.run(self.context.negotiate(negotiation))

    def generate_token(self, user_id: str | None = None, *, lifetime: timedelta = timedelta(hours=1)) -> str:
        """Return an access token for a client that the service makes."""
        return self.run(self.context.generate_token(user_id, lifetime=lifetime))

    def is_healthy(self) -> bool:
        """Tell whether every endpoint of the service answers that it is well."""
        return self.run(self.context.is_healthy())

    def check_endpoints(self) -> Sequence[EndpointState]:
        """Ask every endpoint of the service whether it works now; the embedded one has none."""
        return self.run(self.context.check_endpoints())
