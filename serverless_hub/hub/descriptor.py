"""Everything that is known of a hub once its annotations are read; made when a router registers it, then frozen."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, Self, TypeVar

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.binding import Binder
from serverless_hub.hub.constructors import constructor_parameters
from serverless_hub.hub.definition import MethodOptions, options_of
from serverless_hub.hub.filters import HubFilter, filters_of, filters_of_method, returns_awaitable
from serverless_hub.hub.generics import check_variables, variables_of
from serverless_hub.hub.hub import ServerlessHub
from serverless_hub.hub.injection import Source, parameters_of, source_of
from serverless_hub.hub.members import HOOKS
from serverless_hub.hub.naming import check_hub_name
from serverless_hub.hub.results import ResultWriter
from serverless_hub.hub.trigger_input import TriggerInput
from serverless_hub.protocol.upstream import CONNECTED, Category

__all__ = ["HubDescriptor", "MethodDescriptor", "check_options", "describe_hub"]

_ERROR_TEXT = frozenset(("error", "_error"))


@dataclass(frozen=True, slots=True)
class MethodDescriptor:
    """One event and what runs for it: a method of a hub class, or a function."""

    hub: str
    """The hub's name."""
    hub_class: type[ServerlessHub[Any]] | None
    """None for a function."""
    category: Category
    event: str
    """The target, or `connected` or `disconnected`."""
    function: Callable[..., Any] | None
    """None where a hub has no hook."""
    parameters: tuple[tuple[inspect.Parameter, Source], ...]
    binder: Binder
    result: ResultWriter
    injected: tuple[inspect.Parameter, ...]
    """What FastAPI has to provide: for the method, and for the constructor of the hub."""
    constructor_names: frozenset[str]
    """Those among `injected` that the constructor takes."""
    filters: tuple[HubFilter, ...]
    """The first one outermost."""
    options: MethodOptions
    is_async: bool
    """Whether calling it returns an awaitable; others run in a worker thread."""
    logger: str
    """The name of the logger that it may ask for."""
    trigger_input: TriggerInput | None = None
    """How a function receives the whole event, if it asks for it."""
    is_plain: bool = False
    """Whether it is an async method whose parameters are its arguments, in their order, and nothing else."""


@dataclass(frozen=True, slots=True)
class HubDescriptor:
    """A hub class, ready to run."""

    name: str
    connection: str | None
    """The setting that holds its connection string; None for the router's."""
    events: Mapping[tuple[str, str], MethodDescriptor]
    """By category and lower-case event."""


def describe_hub(hub_class: type[ServerlessHub[Any]], filters: Sequence[HubFilter] = ()) -> HubDescriptor:
    """Read the annotations of `hub_class`.

    Args:
        hub_class: the hub.
        filters: run outside of those of the class.

    Raises:
        HubDefinitionError: a signature that cannot be bound, or a class whose own name no service takes; the text says
            what to change.
    """
    definition = hub_class.hub_definition
    hub_class.client_definition.contract  # noqa: B018 - reads annotations, or raises
    around = _Around(hub_class, constructor_parameters(hub_class), (*filters, *filters_of(hub_class)))
    events: dict[tuple[str, str], MethodDescriptor] = {}
    for hook, event in HOOKS.items():
        method = _Method(Category.CONNECTIONS, event, hook, definition.hooks.get(event))
        events[Category.CONNECTIONS, event] = _describe(around, method)
    for target, function in definition.targets.items():
        method = _Method(Category.MESSAGES, target, definition.names[target], function)
        events[Category.MESSAGES, target.lower()] = _describe(around, method)
    return HubDescriptor(check_hub_name(definition.name), definition.connection, MappingProxyType(events))


class _Around(NamedTuple):
    """What all events of a hub have in common."""

    hub_class: type[ServerlessHub[Any]]
    constructor: list[inspect.Parameter]
    filters: tuple[HubFilter, ...]


class _Method(NamedTuple):
    category: Category
    event: str
    name: str
    """In the class."""
    function: Callable[..., Any] | None


def _describe(around: _Around, method: _Method) -> MethodDescriptor:
    category, event, name, function = method
    owner = event if function is None else function.__qualname__
    variables = variables_of(around.hub_class, name)
    found, returned = ([], None) if function is None else _signature(owner, around.hub_class, function, variables)
    parameters = tuple((parameter, source_of(parameter, owner)) for parameter in found)
    wire = [parameter for parameter, source in parameters if source is Source.WIRE]
    for annotation in (returned, *(parameter.annotation for parameter in wire)):
        check_variables(owner, annotation, variables)
    _check_wire_parameters(owner, category, event, wire)
    own = [parameter for parameter, source in parameters if source is Source.FASTAPI]
    options = options_of(function)
    is_async = returns_awaitable(function)
    check_options(owner, options, is_async=is_async)
    return MethodDescriptor(
        hub=around.hub_class.hub_definition.name,
        hub_class=around.hub_class,
        category=category,
        event=event,
        function=function,
        parameters=parameters,
        binder=Binder(f"{event!r}", wire),
        result=ResultWriter(owner, returned, around.hub_class.client_definition.casing),
        injected=tuple(_merged(owner, [*own, *around.constructor])),
        constructor_names=frozenset(parameter.name for parameter in around.constructor),
        filters=(*around.filters, *filters_of_method(around.hub_class, name)),
        options=options,
        is_async=is_async,
        logger=f"{around.hub_class.__module__}.{around.hub_class.__qualname__}",
        is_plain=is_async and len(wire) == len(parameters),
    )


def _signature(
    owner: str, hub_class: type, function: Callable[..., Any], variables: Mapping[Any, Any]
) -> tuple[list[inspect.Parameter], Any]:
    parameters, returned = parameters_of(function, skip_self=False, variables=variables)
    _check_self(owner, hub_class, parameters)
    return parameters[1:], returned


def _check_self(owner: str, hub_class: type, parameters: list[inspect.Parameter]) -> None:
    """Refuse a method whose first parameter was meant for something else and would be the hub."""
    first = parameters[0] if parameters else None
    positional = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    if first is not None and first.kind in positional:
        can_be_hub: list[Any] = [inspect.Parameter.empty, Any, Self, *hub_class.__mro__]
        if first.name == "self" or isinstance(first.annotation, TypeVar) or first.annotation in can_be_hub:
            return
    raise HubDefinitionError(f"{owner} lacks self, its first parameter: the hub that it runs on")


def check_options(owner: str, options: MethodOptions, *, is_async: bool) -> None:
    """Raise `HubDefinitionError` for options that a method cannot have."""
    if options.cancel_on_disconnect and not is_async:
        raise HubDefinitionError(
            f"{owner} cannot be cancelled, since it runs in a thread: make it `async def`, or leave "
            "cancel_on_disconnect out"
        )


def _check_wire_parameters(owner: str, category: Category, event: str, wire: list[inspect.Parameter]) -> None:
    for parameter in wire:
        if parameter.kind in {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}:
            raise HubDefinitionError(
                f"{owner}({parameter.name}) is an argument of the call, and those come by position: move it before "
                "the *, or declare it with Depends if the app provides it"
            )
    if category is Category.MESSAGES:
        return
    if event == CONNECTED and wire:
        raise HubDefinitionError(
            f"{owner}({wire[0].name}): a connected event has no arguments; what is known of the client stands in "
            "self.context, and what the app provides is declared with Depends"
        )
    if len(wire) > 1 or (wire and wire[0].name not in _ERROR_TEXT):
        raise HubDefinitionError(
            f"{owner}: a disconnected event has one argument, `error: str | None`, which may be left out"
        )


def _merged(owner: str, parameters: Sequence[inspect.Parameter]) -> list[inspect.Parameter]:
    """Join what method and constructor want: the same name must mean the same."""
    merged: dict[str, inspect.Parameter] = {}
    for parameter in parameters:
        known = merged.setdefault(parameter.name, parameter)
        if (known.annotation, known.default) != (parameter.annotation, parameter.default):
            raise HubDefinitionError(
                f"{owner} and the constructor both inject {parameter.name!r} but declare it differently: rename one"
            )
    return list(merged.values())
