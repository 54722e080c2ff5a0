"""What Azure's output binding takes: messages and group actions, as values.

Source: Functions extension, SignalRAsyncCollector.cs and SignalROutputConverter.cs; Azure docs,
`functions-bindings-signalr-service-output.md`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from serverless_hub.hub.clients import ClientProxy, Clients
from serverless_hub.hub.endpoints import SignalREndpoint
from serverless_hub.hub.groups import Groups, UserGroups
from serverless_hub.hub.ports import HubSender

__all__ = ["SignalRGroupAction", "SignalRMessage", "deliver", "read_output"]

_Name = Annotated[str | None, BeforeValidator(lambda value: value or None)]
"""An empty name is none: applications rely on `userId: ""` for a broadcast."""

_ACTIONS = {"add": "add", "remove": "remove", "removeall": "remove_all", "remove_all": "remove_all"}


def _action(value: Any) -> Any:
    return _ACTIONS.get(value.lower(), value) if isinstance(value, str) else value


class SignalRMessage(BaseModel):
    """A call of `target` on one connection, else one user, else one group, else everybody.

    Keys may be those of Python or of Azure's JSON: `user_id` or `userId`.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )

    target: str = Field(min_length=1)
    arguments: list[Any] = Field(default_factory=list[Any])
    connection_id: _Name = None
    user_id: _Name = None
    group_name: _Name = None
    endpoints: list[SignalREndpoint] | None = None
    """Where it goes, of several endpoints; None is to all of them, and an empty list to none."""


class SignalRGroupAction(BaseModel):
    """A connection, else a user, joins a group, leaves it, or leaves all groups.

    `remove_all` works for a connection too, where Azure's binding ignores it.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )

    action: Annotated[Literal["add", "remove", "remove_all"], BeforeValidator(_action)]
    connection_id: _Name = None
    user_id: _Name = None
    group_name: _Name = None
    endpoints: list[SignalREndpoint] | None = None
    """Where it is done, of several endpoints; None is at all of them, and an empty list at none."""

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.connection_id is None and self.user_id is None:
            raise ValueError("a group action needs a connection_id or a user_id")
        if self.action != "remove_all" and self.group_name is None:
            raise ValueError(f"the group action {self.action!r} needs a group_name")
        return self


_Item = SignalRMessage | SignalRGroupAction


def read_output(item: _Item | Mapping[str, Any] | None) -> _Item:
    """Return `item`, or what a mapping stands for: a message if it can be one, else a group action.

    Raises:
        TypeError: it is nothing of the kind; the text names fields and never values.
    """
    if isinstance(item, SignalRMessage | SignalRGroupAction):
        return item
    if not isinstance(item, Mapping):
        raise TypeError(f"a SignalR output is a SignalRMessage, a SignalRGroupAction or a dict, not {_name(item)}")
    _check_keys(item)
    model = SignalRGroupAction if "target" not in item and "action" in item else SignalRMessage
    try:
        return model.model_validate(item)
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False)
        reasons = "; ".join(f"{'.'.join(map(str, detail['loc'])) or 'it'}: {detail['msg']}" for detail in details)
        raise TypeError(f"a dict that is no {model.__name__}: {reasons}") from error


def _check_keys(item: Mapping[Any, Any]) -> None:
    """Refuse a name in the wrong spelling: without it, what is meant for one would go to everybody."""
    unknown = [str(key) for key in item if key not in _KEYS]
    if unknown:
        raise TypeError(f"a SignalR output cannot have the key {unknown[0]!r}: it takes {', '.join(sorted(_KEYS))}")
    for name, alias in _ALIASES.items():
        if name != alias and name in item and alias in item:
            raise TypeError(f"a SignalR output has {name!r} and {alias!r}, which are one: leave one out")


_ALIASES = {
    name: field.alias or name
    for model in (SignalRMessage, SignalRGroupAction)
    for name, field in model.model_fields.items()
}
_KEYS = frozenset((*_ALIASES, *_ALIASES.values()))


async def deliver(item: _Item, sender: HubSender) -> None:
    """Do what `item` says."""
    if isinstance(item, SignalRMessage):
        await _receivers(item, Clients(sender)).send(item.target, *item.arguments)
    else:
        await _act(item, sender)


def _receivers(message: SignalRMessage, clients: Clients) -> ClientProxy:
    if message.connection_id is not None:
        return clients.client(message.connection_id)
    if message.user_id is not None:
        return clients.user(message.user_id)
    return clients.all if message.group_name is None else clients.group(message.group_name)


async def _act(action: SignalRGroupAction, sender: HubSender) -> None:
    is_connection = action.connection_id is not None
    groups = Groups(sender) if is_connection else UserGroups(sender)
    member = action.connection_id or action.user_id or ""
    if action.action == "remove_all":
        await groups.remove_from_all(member)
    elif action.action == "add":
        await groups.add(member, action.group_name or "")
    else:
        await groups.remove(member, action.group_name or "")


def _name(item: Any) -> str:
    return type(item).__qualname__
