"""The traditional model: a function for an event, with hub, category and event named beside it.

Source: Functions extension, SignalRTriggerBindingProvider.cs and SignalRTriggerDispatcher.cs.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.binding import Binder
from serverless_hub.hub.definition import NO_OPTIONS, MethodOptions
from serverless_hub.hub.descriptor import MethodDescriptor, check_options
from serverless_hub.hub.filters import HubFilter, filters_of, returns_awaitable
from serverless_hub.hub.injection import Source, parameters_of, source_of
from serverless_hub.hub.naming import check_hub_name
from serverless_hub.hub.results import ResultWriter
from serverless_hub.hub.trigger_input import TriggerInput
from serverless_hub.protocol.upstream import CONNECTED, DISCONNECTED, Category

__all__ = ["SignalRParameter", "Trigger", "describe_function", "no_function"]


_ANY_NUMBER = inspect.Parameter("arguments", inspect.Parameter.VAR_POSITIONAL)
"""Where no argument is named, none is counted."""


class SignalRParameter:
    """Marks a function's parameter as the next argument of the call: `text: Annotated[str, SignalRParameter()]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What a function runs for."""

    hub: str
    category: str
    event: str
    parameter_names: Sequence[str] | None = None
    """Names of the arguments, in order; None where the function marks them, or takes none."""
    filters: tuple[HubFilter, ...] = ()
    options: MethodOptions = NO_OPTIONS


def no_function(hub: str, event: str) -> MethodDescriptor:
    """Return what runs for a connections event of a hub that has no function for it: nothing, successfully."""
    return MethodDescriptor(
        hub=hub,
        hub_class=None,
        category=Category.CONNECTIONS,
        event=event,
        function=None,
        parameters=(),
        binder=Binder(f"{event!r}", ()),
        result=ResultWriter(event, None),
        injected=(),
        constructor_names=frozenset(),
        filters=(),
        options=NO_OPTIONS,
        is_async=True,
        logger=__name__,
    )


def describe_function(function: Callable[..., Any], trigger: Trigger) -> MethodDescriptor:
    """Read the signature of `function`.

    Raises:
        HubDefinitionError: the trigger or the signature cannot work; the text says what to change.
    """
    owner = function.__qualname__
    category = _category(owner, trigger)
    found, returned = parameters_of(function, skip_self=False)
    wire = _wire_parameters(owner, found, trigger.parameter_names)
    if wire and category is Category.CONNECTIONS:
        raise HubDefinitionError(f"{owner}: an event of the category connections has no arguments to name")
    is_named = bool(wire) or trigger.parameter_names is not None or category is Category.CONNECTIONS
    parameters = tuple((parameter, _source(parameter, owner, wire)) for parameter in found)
    _check_leftover(owner, wire, parameters)
    is_async = returns_awaitable(function)
    check_options(owner, trigger.options, is_async=is_async)
    return MethodDescriptor(
        hub=check_hub_name(trigger.hub),
        hub_class=None,
        category=category,
        event=trigger.event,
        function=function,
        parameters=parameters,
        binder=Binder(f"{trigger.event!r}", wire if is_named else [_ANY_NUMBER]),
        result=ResultWriter(owner, returned),
        injected=tuple(parameter for parameter, source in parameters if source is Source.FASTAPI),
        constructor_names=frozenset(),
        filters=(*trigger.filters, *filters_of(function)),
        options=trigger.options,
        is_async=is_async,
        logger=f"{function.__module__}.{owner}",
        trigger_input=_trigger_input(owner, trigger.event, parameters),
    )


def _category(owner: str, trigger: Trigger) -> Category:
    try:
        category = Category(trigger.category)
    except ValueError as error:
        raise HubDefinitionError(
            f"{owner}: category={trigger.category!r} is unknown: it is 'connections' or 'messages'"
        ) from error
    if category is Category.CONNECTIONS and trigger.event not in {CONNECTED, DISCONNECTED}:
        raise HubDefinitionError(
            f"{owner}: event={trigger.event!r} is unknown in the category connections: it is 'connected' or "
            "'disconnected'"
        )
    if not trigger.event or not trigger.event.isprintable():
        raise HubDefinitionError(f"{owner}: event={trigger.event!r} must not be empty or have control characters")
    return category


def _wire_parameters(
    owner: str, found: list[inspect.Parameter], names: Sequence[str] | None
) -> list[inspect.Parameter]:
    """Return what the arguments of the call are bound to, in their order."""
    marked = [parameter for parameter in found if _is_marked(parameter)]
    if names is None:
        return marked
    if marked:
        raise HubDefinitionError(
            f"{owner} names its arguments twice: drop parameter_names=, or Annotated[..., SignalRParameter()]"
        )
    if isinstance(names, str):
        raise HubDefinitionError(f"{owner}: parameter_names= is a list of names: parameter_names=[{names!r}]")
    lowered = [name.lower() for name in names]
    if len(set(lowered)) < len(lowered):
        raise HubDefinitionError(f"{owner}: parameter_names= has a name twice; case does not count")
    by_name = {parameter.name.lower(): parameter for parameter in found}
    # A name that the function does not take is still counted, and there for binding expressions.
    return [by_name.get(name.lower()) or _unused(owner, name) for name in names]


def _check_leftover(
    owner: str, wire: list[inspect.Parameter], parameters: tuple[tuple[inspect.Parameter, Source], ...]
) -> None:
    """Refuse a name that no parameter has beside a parameter that no name has: it is the same one, spelt wrong."""
    known = {parameter.name for parameter, _ in parameters}
    unused = [parameter.name for parameter in wire if parameter.name not in known]
    inputs = [parameter.name for parameter, source in parameters if source is Source.TRIGGER]
    if unused and inputs:
        raise HubDefinitionError(
            f"{owner}({inputs[0]}) would take the whole event, and no parameter is called {unused[0]!r}, as "
            "parameter_names= says: spell them alike, or annotate what takes the event as InvocationContext"
        )


def _unused(owner: str, name: str) -> inspect.Parameter:
    if not name.isidentifier():
        raise HubDefinitionError(f"{owner}: {name!r} in parameter_names= is not a name; several are a list of names")
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _is_marked(parameter: inspect.Parameter) -> bool:
    annotation = parameter.annotation
    metadata = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return any(isinstance(marker, SignalRParameter) or marker is SignalRParameter for marker in metadata)


def _source(parameter: inspect.Parameter, owner: str, wire: list[inspect.Parameter]) -> Source:
    if parameter.kind in {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        raise HubDefinitionError(f"{owner}(*{parameter.name}) has no name for each argument: name them one by one")
    source = source_of(parameter, owner)
    if parameter in wire and source is not Source.WIRE:
        raise HubDefinitionError(
            f"{owner}({parameter.name}) is named as an argument of the call and injected as well: do one or the other"
        )
    return Source.TRIGGER if source is Source.WIRE and parameter not in wire else source


def _trigger_input(
    owner: str, event: str, parameters: tuple[tuple[inspect.Parameter, Source], ...]
) -> TriggerInput | None:
    inputs = [parameter for parameter, source in parameters if source is Source.TRIGGER]
    if len(inputs) > 1:
        names = ", ".join(parameter.name for parameter in inputs)
        raise HubDefinitionError(
            f"{owner}({names}): one parameter takes the whole event, so name the arguments of the call with "
            "parameter_names=[...] or Annotated[..., SignalRParameter()]"
        )
    return TriggerInput(owner, event, inputs[0].annotation) if inputs else None
