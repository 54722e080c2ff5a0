"""Choosing who gets a message: `self.clients.group("lobby").send("receive", text)`."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from types import UnionType
from typing import Any, Generic, cast, overload

from typing_extensions import TypeVar

from serverless_hub.hub.casing import OutgoingCasing
from serverless_hub.hub.client_results import ClientResultReader
from serverless_hub.hub.destination import DEFAULT_TIMEOUT, Destination, check_timeout
from serverless_hub.hub.names import checked_connection, checked_group, checked_user, several
from serverless_hub.hub.ports import HubSender, Receivers
from serverless_hub.hub.typed_clients import ClientContract

__all__ = ["CallerClients", "ClientProxy", "Clients"]

_R = TypeVar("_R")
_U = TypeVar("_U")
_MOST_TYPES = 256
_reader_of = lru_cache(_MOST_TYPES)(ClientResultReader)


class ClientProxy:
    """Stands for some clients of a hub."""

    __slots__ = ("_destination",)

    def __init__(self, destination: Destination) -> None:
        self._destination = destination

    async def send(self, target: str, *arguments: Any) -> None:
        """Call `target` on these clients, with whatever pydantic can serialise as arguments.

        Raises:
            TypeError: an argument cannot be serialised.
        """
        await self._destination.send(_checked(target), self._written(arguments))

    @overload
    async def invoke(
        self,
        target: str,
        *arguments: Any,
        timeout: float | None = None,  # noqa: ASYNC109 - it travels to whoever waits
    ) -> Any: ...
    @overload
    async def invoke(
        self,
        target: str,
        *arguments: Any,
        returns: type[_R],
        timeout: float | None = None,  # noqa: ASYNC109 - as above
    ) -> _R: ...
    @overload
    async def invoke(
        self,
        target: str,
        *arguments: Any,
        returns: UnionType,
        timeout: float | None = None,  # noqa: ASYNC109 - as above
    ) -> Any: ...
    async def invoke(
        self,
        target: str,
        *arguments: Any,
        returns: Any = Any,
        timeout: float | None = None,  # noqa: ASYNC109 - as above
    ) -> Any:
        """Call `target` on this client and return its result.

        Args:
            target: what the client calls it.
            arguments: whatever pydantic can serialise.
            returns: the type of the result; without it, plain values are returned as they came.
            timeout: seconds that the client has; without it, those of `client(..., timeout=)`.

        Raises:
            TypeError: an argument cannot be serialised, `returns` is no type, or this may be several clients.
            ServiceTimeoutError: no answer in time.
            ConnectionGoneError: the connection is not open, or closed before the answer came.
            ClientResultError: the client answered with an error, or with something else than `returns`.
        """
        usual = self._destination.timeout_for(f"invoke({_checked(target)!r})")
        seconds = usual if timeout is None else check_timeout(timeout)
        reader = _reader_of(returns)
        return reader.read(target, await self._destination.invoke(target, self._written(arguments), seconds))

    def _written(self, arguments: tuple[Any, ...]) -> Any:
        casing = self._destination.casing
        return arguments if casing is None else casing.cased(arguments)


_T_co = TypeVar("_T_co", covariant=True, default=ClientProxy)


class Clients(Generic[_T_co]):
    """The clients of a hub, from wherever one sends.

    Args:
        sender: the way to the service.
        contract: what the clients implement; without it, any target can be sent to them.
        casing: how fields of models are spelt in what is sent without a contract.
    """

    __slots__ = ("_casing", "_make", "_sender")

    @overload
    def __init__(
        self: "Clients[ClientProxy]", sender: HubSender, contract: None = None, *, casing: OutgoingCasing | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, sender: HubSender, contract: ClientContract[_T_co], *, casing: OutgoingCasing | None = None
    ) -> None: ...
    def __init__(
        self,
        sender: HubSender,
        contract: ClientContract[Any] | None = None,
        *,
        casing: OutgoingCasing | None = None,
    ) -> None:
        self._sender = sender
        self._make = ClientProxy if contract is None else contract.proxy
        self._casing = casing

    @property
    def all(self) -> _T_co:
        """Everyone connected to the hub."""
        return self._proxy(Receivers("all"))

    def all_except(self, connection_ids: Iterable[str]) -> _T_co:
        """Everyone but these connections."""
        return self._proxy(Receivers("all", excluded=several(connection_ids)))

    def client(self, connection_id: str, *, timeout: float = DEFAULT_TIMEOUT) -> _T_co:
        """One connection, which can be asked for results.

        Args:
            connection_id: the connection.
            timeout: seconds that it has for each result.
        """
        return self._proxy(Receivers("connections", (checked_connection(connection_id),)), check_timeout(timeout))

    def clients(self, connection_ids: Iterable[str]) -> _T_co:
        """Several connections."""
        return self._proxy(Receivers("connections", _each(checked_connection, connection_ids)))

    def group(self, name: str) -> _T_co:
        """The members of a group."""
        return self._proxy(Receivers("groups", (checked_group(name),)))

    def group_except(self, name: str, connection_ids: Iterable[str]) -> _T_co:
        """The members of a group but these connections."""
        return self._proxy(Receivers("groups", (checked_group(name),), several(connection_ids)))

    def groups(self, names: Iterable[str]) -> _T_co:
        """The members of several groups."""
        return self._proxy(Receivers("groups", _each(checked_group, names)))

    def user(self, user_id: str) -> _T_co:
        """Every connection of one user."""
        return self._proxy(Receivers("users", (checked_user(user_id),)))

    def users(self, user_ids: Iterable[str]) -> _T_co:
        """Every connection of several users."""
        return self._proxy(Receivers("users", _each(checked_user, user_ids)))

    @property
    def untyped(self) -> "Clients[ClientProxy]":
        """The same clients, to send any target to: `send("name", *arguments)`."""
        return Clients(self._sender, casing=self._casing)

    def typed(self, contract: ClientContract[_U]) -> "Clients[_U]":
        """The same clients, with the methods of a Protocol; see `client_contract`."""
        return Clients(self._sender, contract, casing=self._casing)

    def _proxy(self, receivers: Receivers, timeout: float | None = None) -> _T_co:
        return cast("_T_co", self._make(Destination(self._sender, receivers, timeout, self._casing)))


class CallerClients(Clients[_T_co]):
    """The clients of a hub, as seen from the event of one of them.

    Args:
        sender: the way to the service.
        connection_id: the connection whose event it is.
        contract: what the clients implement; without it, any target can be sent to them.
        casing: how fields of models are spelt in what is sent without a contract.
    """

    __slots__ = ("_connection_id",)

    @overload
    def __init__(
        self: "CallerClients[ClientProxy]",
        sender: HubSender,
        connection_id: str,
        contract: None = None,
        *,
        casing: OutgoingCasing | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        sender: HubSender,
        connection_id: str,
        contract: ClientContract[_T_co],
        *,
        casing: OutgoingCasing | None = None,
    ) -> None: ...
    def __init__(
        self,
        sender: HubSender,
        connection_id: str,
        contract: ClientContract[Any] | None = None,
        *,
        casing: OutgoingCasing | None = None,
    ) -> None:
        super().__init__(sender, cast("ClientContract[Any]", contract), casing=casing)
        self._connection_id = connection_id

    @property
    def caller(self) -> _T_co:
        """The connection whose event this is, which can be asked for results."""
        return self.client(self._connection_id)

    @property
    def others(self) -> _T_co:
        """Everyone but the caller."""
        return self.all_except([self._connection_id])

    def others_in_group(self, name: str) -> _T_co:
        """The members of a group but the caller."""
        return self.group_except(name, [self._connection_id])

    @property
    def untyped(self) -> "CallerClients[ClientProxy]":
        """The same clients, to send any target to: `send("name", *arguments)`."""
        return CallerClients(self._sender, self._connection_id, casing=self._casing)

    def typed(self, contract: ClientContract[_U]) -> "CallerClients[_U]":
        """The same clients, with the methods of a Protocol; see `client_contract`."""
        return CallerClients(self._sender, self._connection_id, contract, casing=self._casing)


def _each(check: Callable[[str], str], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(check(name) for name in several(names))


def _checked(target: str) -> str:
    if not target:
        raise ValueError("the target of a message must not be empty")
    return target
