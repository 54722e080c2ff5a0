"""`ServerlessHub`: the class that users write."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from serverless_hub.hub.clients import CallerClients
from serverless_hub.hub.context import InvocationContext
from serverless_hub.hub.definition import HubDefinition, MethodOptions, define_hub, mark_method
from serverless_hub.hub.groups import Connections, Groups
from serverless_hub.hub.naming import Naming
from serverless_hub.hub.ports import HubSender

__all__ = ["ServerlessHub", "attach", "hub_method"]

_F = TypeVar("_F", bound=Callable[..., Any])


class ServerlessHub:
    """Subclass it: public methods are what clients can call.

    `on_connected` and `on_disconnected` run when a client comes and goes. An instance lives for one event, so state
    belongs elsewhere. Options stand in the class statement:

        class Chat(ServerlessHub, hub="chat", naming="camel"): ...

    Args:
        hub: the hub's name on the wire; without it, the class's name.
        naming: how method names become targets: `"camel"`, or a function; without it, they are the names. Inherited.

    Raises:
        HubDefinitionError: when the class statement runs, for names that cannot work.
    """

    hub_definition: ClassVar[HubDefinition]
    _attached: "tuple[InvocationContext, HubSender] | None" = None

    def __init_subclass__(cls, *, hub: str | None = None, naming: Naming | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        inherited = getattr(cls, "hub_definition", None)
        naming = naming if naming is not None or inherited is None else inherited.naming
        cls.hub_definition = define_hub(cls, ServerlessHub, name=hub, naming=naming)

    @property
    def context(self) -> InvocationContext:
        """The event that this instance runs for."""
        return self._event()[0]

    @property
    def clients(self) -> CallerClients:
        """Whom to send to."""
        context, sender = self._event()
        return CallerClients(sender, context.connection_id)

    @property
    def groups(self) -> Groups:
        """The groups of this hub."""
        return Groups(self._event()[1])

    @property
    def connections(self) -> Connections:
        """The connections of this hub."""
        return Connections(self._event()[1])

    def _event(self) -> tuple[InvocationContext, HubSender]:
        if self._attached is None:
            raise RuntimeError(
                f"{type(self).__name__} has no event here: context, clients, groups and connections are there while "
                "a method runs for an event, not in __init__ and not on instances made by hand"
            )
        return self._attached


def attach(hub: ServerlessHub, context: InvocationContext, sender: HubSender) -> None:
    """Give a fresh hub instance the event that it runs for."""
    hub._attached = (context, sender)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - this module owns it


def hub_method(target: str) -> Callable[[_F], _F]:
    """Name the target of a method when it is not the method's own name.

    @hub_method("send-message")
    async def send_message(self, text: str) -> None: ...
    """

    def mark(function: _F) -> _F:
        mark_method(function, MethodOptions(target))
        return function

    return mark
