"""`SyncHubContext`: a `HubContext` for code that is not asynchronous, such as scripts, Django and Flask."""

from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from functools import wraps
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self

from anyio.from_thread import BlockingPortal, start_blocking_portal
from typing_extensions import TypeVar

from serverless_hub.hub.clients import ClientProxy, Clients
from serverless_hub.hub.ports import GroupMember
from serverless_hub.management.hub_context import HubContext

__all__ = ["SyncHubContext"]

_P = ParamSpec("_P")
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
        self.context = context
        self._portal: BlockingPortal | None = None
        self._running = ExitStack()
        self.clients = _Clients(context.clients.untyped, self)
        self.groups = _Groups(context, self)
        self.user_groups = _UserGroups(context, self)
        self.users = _Users(context, self)
        self.connections = _Connections(context, self)
        self.execute = self.waiting(context.execute)
        self.negotiate = self.waiting(context.negotiate)
        self.generate_token = self.waiting(context.generate_token)
        self.is_healthy = self.waiting(context.is_healthy)
        self.check_endpoints = self.waiting(context.check_endpoints)

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

    def waiting(self, function: Callable[_P, Coroutine[Any, Any, _R]]) -> Callable[_P, _R]:
        """Return `function` as one that waits."""

        @wraps(function)
        def wait(*values: _P.args, **named: _P.kwargs) -> _R:
            return self.run(function(*values, **named))

        return wait


class _Proxy:
    def __init__(self, proxy: ClientProxy, hub: SyncHubContext[Any]) -> None:
        self._proxy = proxy
        self._hub = hub
        self.send = hub.waiting(proxy.send)

    def invoke(self, target: str, *arguments: Any, returns: Any = Any, timeout: float | None = None) -> Any:
        return self._hub.run(self._proxy.invoke(target, *arguments, returns=returns, timeout=timeout))


class _Clients:
    def __init__(self, clients: Clients[ClientProxy], hub: SyncHubContext[Any]) -> None:
        def choosing(function: Callable[_P, ClientProxy]) -> Callable[_P, _Proxy]:
            return lambda *values, **named: _Proxy(function(*values, **named), hub)

        self.all = _Proxy(clients.all, hub)
        self.all_except = choosing(clients.all_except)
        self.client = choosing(clients.client)
        self.clients = choosing(clients.clients)
        self.group = choosing(clients.group)
        self.group_except = choosing(clients.group_except)
        self.groups = choosing(clients.groups)
        self.user = choosing(clients.user)
        self.users = choosing(clients.users)


class _Groups:
    def __init__(self, context: HubContext[Any], hub: SyncHubContext[Any]) -> None:
        groups = context.groups

        async def members(group: str) -> list[GroupMember]:
            return [member async for member in groups.members(group)]

        self.add = hub.waiting(groups.add)
        self.remove = hub.waiting(groups.remove)
        self.remove_from_all = hub.waiting(groups.remove_from_all)
        self.exists = hub.waiting(groups.exists)
        self.close = hub.waiting(groups.close)
        self.members = hub.waiting(members)


class _UserGroups:
    def __init__(self, context: HubContext[Any], hub: SyncHubContext[Any]) -> None:
        groups = context.user_groups
        self.add = hub.waiting(groups.add)
        self.remove = hub.waiting(groups.remove)
        self.remove_from_all = hub.waiting(groups.remove_from_all)
        self.contains = hub.waiting(groups.contains)


class _Users:
    def __init__(self, context: HubContext[Any], hub: SyncHubContext[Any]) -> None:
        self.exists = hub.waiting(context.users.exists)
        self.close = hub.waiting(context.users.close)


class _Connections:
    def __init__(self, context: HubContext[Any], hub: SyncHubContext[Any]) -> None:
        self.exists = hub.waiting(context.connections.exists)
        self.close = hub.waiting(context.connections.close)
        self.close_all = hub.waiting(context.connections.close_all)
