"""`ServerlessHub`: the class that users write."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, cast

from typing_extensions import TypeVar

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.casing import Casing
from serverless_hub.hub.client_contract import ClientDefinition
from serverless_hub.hub.clients import CallerClients, ClientProxy
from serverless_hub.hub.context import InvocationContext
from serverless_hub.hub.definition import HubDefinition, MethodOptions, define_hub, mark_method
from serverless_hub.hub.filters import FilterLike, add_filter, as_filters
from serverless_hub.hub.groups import Connections, Groups, UserGroups
from serverless_hub.hub.naming import Naming
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo

__all__ = ["ServerlessHub", "attach", "hub_method"]

_F = TypeVar("_F", bound=Callable[..., Any])
_T_co = TypeVar("_T_co", covariant=True, default=ClientProxy)


class ServerlessHub(Generic[_T_co]):
    """Subclass it: public methods are what clients can call.

    `on_connected` and `on_disconnected` run when a client comes and goes. An instance lives for one event, so state
    belongs elsewhere. Options stand in the class statement:

        class Chat(ServerlessHub, hub="chat", naming="camel"): ...

    `ServerlessHub[ChatClient]`, with a Protocol, also says what can be called on clients: `self.clients` has its
    methods then. Their annotations are read when a router registers the hub.

    Args:
        hub: the hub's name on the wire; without it, the class's name.
        naming: how method names become targets, those of the Protocol too: `"camel"`, or a function; without it, they
            are the names. Inherited.
        connection: the setting that holds the connection string, as Azure's `SignalRConnection` attribute says.
            Inherited.
        casing: how the fields of models are spelt in what goes to clients, arguments and results, unless they have an
            alias: `"camel"`, or a function; without it, as they are. Inherited.
        filters: run around every method and hook, the first one outermost; those of base classes come before.

    Raises:
        HubDefinitionError: when the class statement runs, for names that cannot work, unknown options, filters that
            are none, and clients that are no Protocol.
    """

    hub_definition: ClassVar[HubDefinition]
    client_definition: ClassVar[ClientDefinition]
    _attached: Callable[[], InvocationContext] | None = None

    def __init_subclass__(
        cls,
        *,
        hub: str | None = None,
        naming: Naming | None = None,
        connection: str | None = None,
        casing: Casing | None = None,
        filters: Sequence[FilterLike] = (),
        **options: Any,
    ) -> None:
        try:
            super().__init_subclass__(**options)
        except TypeError as error:
            # Python's own text, when no class took the rest of the options.
            if not options or not str(error).endswith("__init_subclass__() takes no keyword arguments"):
                raise
            names = " or ".join(map(repr, options))
            raise HubDefinitionError(
                f"{cls.__qualname__} has an unknown option {names}: hub=, naming=, connection=, casing=, filters="
            ) from error
        inherited = getattr(cls, "hub_definition", None)
        if isinstance(inherited, HubDefinition):
            naming = inherited.naming if naming is None else naming
            connection = inherited.connection if connection is None else connection
        known = getattr(cls, "client_definition", None)
        if casing is None and isinstance(known, ClientDefinition):
            casing = known.rule
        clients = ClientDefinition(cls, ServerlessHub, naming, casing)
        cls.hub_definition = define_hub(cls, ServerlessHub, name=hub, naming=naming, connection=connection)
        cls.client_definition = clients
        add_filter(cls, *as_filters(filters))

    @property
    def context(self) -> InvocationContext:
        """The event that this instance runs for."""
        if self._attached is None:
            raise RuntimeError(
                f"{type(self).__name__} has no event here: context, clients, groups and connections are there while "
                "a method runs for an event, not in __init__ and not on instances made by hand"
            )
        return self._attached()

    @property
    def clients(self) -> CallerClients[_T_co]:
        """Whom to send to: `send("name", *arguments)`, or the methods of the Protocol that the hub was given."""
        untyped = self.context.clients
        contract = self.client_definition.contract
        return cast("CallerClients[_T_co]", untyped) if contract is None else untyped.typed(contract)

    @property
    def groups(self) -> Groups:
        """The groups of connections of this hub."""
        return self.context.groups

    @property
    def user_groups(self) -> UserGroups:
        """The groups of users of this hub."""
        return self.context.user_groups

    @property
    def connections(self) -> Connections:
        """The connections of this hub."""
        return self.context.connections

    async def negotiate(self, negotiation: Negotiation) -> SignalRConnectionInfo:
        """Return where a client connects to this hub, and its token; see `InvocationContext.negotiate`."""
        return await self.context.negotiate(negotiation)


def attach(hub: ServerlessHub[Any], context: Callable[[], InvocationContext]) -> None:
    """Give a fresh hub instance the event that it runs for; `context` is called when the hub looks at it."""
    hub._attached = context  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - this module owns it


def hub_method(
    target: str | None = None, *, filters: Sequence[FilterLike] = (), cancel_on_disconnect: bool = False
) -> Callable[[_F], _F]:
    """Say more about a method than its signature does.

        @hub_method("send-message")
        async def send_message(self, text: str) -> None: ...

    Args:
        target: its name on the wire, when that is not the method's own.
        filters: run around it, inside of those of the class and the router, the first one outermost. They also run
            around what overrides the method, outside of that one's own.
        cancel_on_disconnect: cancel the method when the service hangs up before it is done; otherwise it runs on.

    Raises:
        HubDefinitionError: it stands without parentheses, on something else than a method, or a filter is none.
    """
    if callable(target):
        raise HubDefinitionError("@hub_method needs parentheses: write @hub_method() or @hub_method('name')")

    def mark(function: _F) -> _F:
        mark_method(function, MethodOptions(target, cancel_on_disconnect))
        return add_filter(function, *as_filters(filters))

    return mark
