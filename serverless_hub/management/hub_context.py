"""`HubContext`: a hub as one reaches it from endpoints, tasks and scripts."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Generic, Self, cast, overload

from typing_extensions import TypeVar

from serverless_hub.clock import SystemClock
from serverless_hub.errors import ConfigurationError
from serverless_hub.hub.casing import Casing, OutgoingCasing, outgoing_casing
from serverless_hub.hub.client_contract import client_contract
from serverless_hub.hub.clients import ClientProxy, Clients
from serverless_hub.hub.groups import Connections, Groups, UserGroups, Users
from serverless_hub.hub.hub import ServerlessHub
from serverless_hub.hub.names import checked_user
from serverless_hub.hub.naming import Naming
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo
from serverless_hub.hub.ports import HubSender
from serverless_hub.hub.streams import Streams
from serverless_hub.hub.typed_clients import ClientContract
from serverless_hub.management.access_keys import AccessKey
from serverless_hub.management.backend import HubBackend, RemoteBackend
from serverless_hub.management.endpoints import EndpointState
from serverless_hub.management.send_options import SendOptions
from serverless_hub.management.settings import CONNECTION_STRING_SETTING, read_endpoints
from serverless_hub.protocol.commands import Command
from serverless_hub.protocol.endpoint import Endpoint, parse_connection_string
from serverless_hub.protocol.hub_name import wire_name

__all__ = ["HubContext"]

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True, default=ClientProxy)
_HOUR = timedelta(hours=1)


class HubContext(Generic[_T_co]):
    """Sends to the clients of one hub and manages them, from wherever one is.

    In an app it comes from the router, and works while the app runs:

        chat = router.context(Chat)

        @app.post("/news")
        async def news(text: str) -> None:
            await chat.clients.all.send("news", text)

    In a script it has connections of its own:

        async with HubContext.from_connection_string(text, "chat") as chat:
            await chat.clients.user("ann").send("news", "hello")

    Every call raises `ServiceError` when the service does not do it.

    Args:
        backend: the way to the hub.
        contract: what its clients implement; without it, any target can be sent to them.
        casing: how fields of models are spelt in what is sent without a contract.
    """

    def __init__(
        self,
        backend: HubBackend,
        contract: ClientContract[_T_co] | None = None,
        *,
        casing: OutgoingCasing | None = None,
        only: Sequence[str] | None = None,
    ) -> None:
        self._backend = backend
        self._contract = contract
        self._casing = casing
        self._only = only

    @overload
    @classmethod
    def from_connection_string(
        cls,
        text: str,
        hub: type[ServerlessHub[_T]],
        *,
        application: str | None = None,
        options: SendOptions | None = None,
    ) -> "HubContext[_T]": ...
    @overload
    @classmethod
    def from_connection_string(
        cls, text: str, hub: str, *, application: str | None = None, options: SendOptions | None = None
    ) -> "HubContext[ClientProxy]": ...
    @classmethod
    def from_connection_string(
        cls,
        text: str,
        hub: str | type[ServerlessHub[Any]],
        *,
        application: str | None = None,
        options: SendOptions | None = None,
    ) -> "HubContext[Any]":
        """Return a context for a script; it opens no connection before it is entered.

        Args:
            text: the connection string.
            hub: the hub's class, or its name.
            application: what stands before the hub's name, where several apps share the service.
            options: how to send.

        Raises:
            ConfigurationError: a connection string or a name that cannot work; the text holds no secret.
        """
        return cls._remote([parse_connection_string(text)], hub, application, options)

    @overload
    @classmethod
    def from_settings(
        cls,
        hub: type[ServerlessHub[_T]],
        *,
        connection: str | None = None,
        application: str | None = None,
        options: SendOptions | None = None,
    ) -> "HubContext[_T]": ...
    @overload
    @classmethod
    def from_settings(
        cls,
        hub: str,
        *,
        connection: str | None = None,
        application: str | None = None,
        options: SendOptions | None = None,
    ) -> "HubContext[ClientProxy]": ...
    @classmethod
    def from_settings(
        cls,
        hub: str | type[ServerlessHub[Any]],
        *,
        connection: str | None = None,
        application: str | None = None,
        options: SendOptions | None = None,
    ) -> "HubContext[Any]":
        """Return a context for a script that finds its service as apps do: in the environment.

        Args:
            hub: the hub's class, or its name.
            connection: the setting that holds the connection string; without it, that of the class, or
                `AzureSignalRConnectionString`.
            application: what stands before the hub's name, where several apps share the service.
            options: how to send.

        Raises:
            ConfigurationError: a setting is missing or cannot work; the text names it.
        """
        of_class = None if isinstance(hub, str) else hub.hub_definition.connection
        setting = connection or of_class or CONNECTION_STRING_SETTING
        endpoints = read_endpoints(setting)
        if not endpoints:
            raise ConfigurationError(f"{setting} is not set: set it to the connection string of a SignalR service")
        return cls._remote(endpoints, hub, application, options)

    @classmethod
    def of(cls, hub: str | type[ServerlessHub[Any]], backend: HubBackend) -> "HubContext[Any]":
        """Return a context for `hub`, with typed clients where its class has them."""
        if isinstance(hub, str):
            return HubContext(backend)
        clients = hub.client_definition
        return HubContext(backend, clients.contract, casing=clients.casing)

    def typed(
        self, protocol: Callable[..., _T], *, naming: Naming | None = None, casing: Casing | None = None
    ) -> "HubContext[_T]":
        """Return the same context with typed clients.

        Args:
            protocol: the Protocol that clients implement.
            naming: how its methods become targets: `"camel"`, or a function.
            casing: how fields of models are spelt: `"camel"`, or a function.

        Raises:
            HubDefinitionError: the Protocol cannot be called on clients; the text says what to change.
        """
        contract = client_contract(protocol, naming=naming, casing=casing)
        return HubContext(self._backend, contract, casing=outgoing_casing(casing), only=self._only)

    async def __call__(self) -> Self:
        """Return this context: so it can stand in `Depends`, and tests can put another in its place."""
        return self

    async def __aenter__(self) -> Self:
        await self._backend.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._backend.close()

    @property
    def clients(self) -> Clients[_T_co]:
        """Whom to send to."""
        clients = Clients(self._sender, casing=self._casing)
        return cast("Clients[_T_co]", clients) if self._contract is None else clients.typed(self._contract)

    @property
    def groups(self) -> Groups:
        """Groups of connections."""
        return Groups(self._sender)

    @property
    def user_groups(self) -> UserGroups:
        """Groups of users."""
        return UserGroups(self._sender)

    @property
    def users(self) -> Users:
        """Users who are connected."""
        return Users(self._sender)

    @property
    def connections(self) -> Connections:
        """Open connections."""
        return Connections(self._sender)

    @property
    def streams(self) -> Streams:
        """Streams to clients."""
        return Streams(self._sender)

    async def execute(self, *commands: Command, only: str | None = None) -> None:
        """Do several things for each of many connections, in one request.

            await chat.execute(SendMessage("bye"), CloseConnection(), only="'guests' in groups and userId eq null")

        Args:
            commands: what to do, in this order: `SendMessage`, `JoinGroup`, `LeaveGroup`, `CloseConnection`.
            only: an OData filter over `userId`, `connectionId` and `groups`, with `eq`, `ne`, `and`, `or`, `not`, `in`
                and `startswith`; without one, every connection of the hub.

        Raises:
            ValueError: there is no command, or the filter is blank.
            InvalidArgumentError: the filter cannot be read.
        """
        _check_commands(commands)
        if only is not None and not only.strip():
            raise ValueError("the filter is blank: leave it out to mean every connection of the hub")
        await self._sender.execute(commands, only)

    async def negotiate(self, negotiation: Negotiation) -> SignalRConnectionInfo:
        """Return where a client connects to this hub, and its token.

        Raises:
            ServiceError: an endpoint without access key did not make a token, or no endpoint is online.
            ConfigurationError: where clients reach the service is not known, or such a token cannot say this.
        """
        return await self._backend.connection_info(negotiation, self._only)

    async def generate_token(self, user_id: str | None = None, *, lifetime: timedelta = _HOUR) -> str:
        """Return an access token for a client that the service makes; `negotiate` can say more of a client.

        Args:
            user_id: whose connection it will be; None for somebody unknown.
            lifetime: how long the client may take to connect, in whole minutes, at least one.

        Raises:
            ValueError: the user id is blank.
        """
        if user_id is not None:
            checked_user(user_id)
        return await self._sender.generate_token(user_id, lifetime.total_seconds())

    async def access_key(self) -> AccessKey:
        """Ask Azure for a temporary access key, for an app that proves itself by Microsoft Entra.

        Nothing here needs it: it is for apps that sign tokens of clients by other means.

        Raises:
            UnauthorizedError: the service gives none to us; the embedded one never does.
            InvalidArgumentError: there are several endpoints: choose one with `with_endpoints`.
        """
        return await self._backend.access_key(self._only)

    async def is_healthy(self) -> bool:
        """Tell whether every endpoint of the service answers that it is well."""
        return all(state.online for state in await self.check_endpoints())

    async def check_endpoints(self) -> Sequence[EndpointState]:
        """Ask every endpoint of the service whether it works now; the embedded one has none."""
        return await self._backend.check(self._only)

    def endpoints(self) -> Sequence[EndpointState]:
        """Return the endpoints of the service; the embedded one has none."""
        return self._backend.endpoints(self._only)

    def with_endpoints(self, *names: str) -> Self:
        """Return a context that works with these endpoints only, online or not; they go by name or URL.

        Raises:
            InvalidArgumentError: there is no endpoint of this name.
        """
        self._backend.sender(names)
        return type(self)(self._backend, self._contract, casing=self._casing, only=names)

    @classmethod
    def _remote(
        cls,
        endpoints: Sequence[Endpoint],
        hub: str | type[ServerlessHub[Any]],
        application: str | None,
        options: SendOptions | None,
    ) -> "HubContext[Any]":
        name = wire_name(hub if isinstance(hub, str) else hub.hub_definition.name, application)
        return cls.of(hub, RemoteBackend(endpoints, name, SystemClock(), options))

    @property
    def _sender(self) -> HubSender:
        return self._backend.sender(self._only)


def _check_commands(commands: Sequence[object]) -> None:
    if not commands:
        raise ValueError("execute() has no command: give it SendMessage, JoinGroup, LeaveGroup or CloseConnection")
    if not all(isinstance(command, Command) for command in commands):
        raise TypeError("commands are values, such as JoinGroup('staff'), from serverless_hub.management")
