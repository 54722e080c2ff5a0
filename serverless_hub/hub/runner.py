"""Running what an event is for: its filters, a fresh hub, arguments in their places, in the event loop or a thread."""

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from inspect import Parameter
from types import MappingProxyType
from typing import Any

from anyio import CapacityLimiter, to_thread

from serverless_hub.errors import ConnectionRejected, HubException
from serverless_hub.hub.call import Call
from serverless_hub.hub.filters import HubInvocation, run_filters
from serverless_hub.hub.hub import ServerlessHub, attach
from serverless_hub.hub.injection import Source, client_error_text
from serverless_hub.hub.tracing import note_tracing_id

__all__ = ["run_call"]

_workers = CapacityLimiter(40)
"""How many synchronous methods run at once; apart from the threads of the app's own endpoints."""

_WIRE, _FASTAPI = Source.WIRE, Source.FASTAPI
"""By name, since Python 3.11 takes its time to find a member of an enumeration."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


async def run_call(call: Call, arguments: Sequence[Any], injected: Mapping[str, Any] = _NOTHING) -> Any:
    """Return what the method returns, or raise what it raises.

    Args:
        call: the event.
        arguments: from the wire, bound.
        injected: by name, what FastAPI provided for the method and the constructor.
    """
    if call.event.tracing_id is not None:
        note_tracing_id(call.event.tracing_id)
    method = call.method
    if method.hub_class is None:
        hub = None
    else:
        names = method.constructor_names
        hub = method.hub_class(**{name: injected[name] for name in names}) if names else method.hub_class()
        attach(hub, call.get_context)
    if method.filters:
        return await _run_filtered(call, hub, arguments, injected)
    if method.is_plain and method.function is not None:  # here, too: one call less for most events
        return await method.function(hub, *arguments)
    return await _run_method(call, hub, arguments, injected)


async def _run_filtered(
    call: Call, hub: ServerlessHub[Any] | None, arguments: Sequence[Any], injected: Mapping[str, Any]
) -> Any:
    filters_passed = False

    async def run(invocation: HubInvocation) -> Any:
        nonlocal filters_passed
        filters_passed = True
        return await _run_method(call, hub, invocation.arguments, injected)

    try:
        return await run_filters(call.method.filters, HubInvocation(call.context, hub, tuple(arguments)), run)
    except Exception as error:
        if filters_passed:
            raise
        refusal = str(error) if isinstance(error, HubException) else client_error_text(error)
        if refusal is None:
            raise
        # What a filter refuses is not let in, whichever error it chose to say so.
        raise ConnectionRejected(refusal) from error


async def _run_method(
    call: Call, hub: ServerlessHub[Any] | None, arguments: Sequence[Any], injected: Mapping[str, Any]
) -> Any:
    function = call.method.function
    if function is None:
        return None
    if call.method.is_plain:
        return await function(hub, *arguments)
    positional, keywords = _arranged(call, arguments, injected)
    if hub is not None:
        positional.insert(0, hub)
    if call.method.is_async:
        return await function(*positional, **keywords)
    return await to_thread.run_sync(partial(function, *positional, **keywords), limiter=_workers)


def _arranged(call: Call, arguments: Sequence[Any], injected: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    # The names of a function's arguments may stand in another order than its parameters, or have none.
    names = call.method.binder.names
    by_name = dict(zip(names, arguments, strict=False))
    for parameter, source in call.method.parameters:
        if parameter.kind is Parameter.VAR_POSITIONAL:
            positional.extend(arguments[len(names) - 1 :])  # it is the last one
            continue
        if source is _WIRE:
            value = by_name[parameter.name]
        elif source is _FASTAPI:
            value = injected[parameter.name]
        else:
            value = _provided(call, parameter, source)
        if parameter.kind is Parameter.KEYWORD_ONLY:
            keywords[parameter.name] = value
        else:
            positional.append(value)
    return positional, keywords


def _provided(call: Call, parameter: Parameter, source: Source) -> Any:
    match source:
        case Source.CONTEXT:
            return call.context
        case Source.LOGGER:
            return logging.getLogger(call.method.logger)
        case Source.TRIGGER if call.method.trigger_input is not None:
            return call.method.trigger_input.read(call.context)
        case _:  # a parameter that is ignored
            return parameter.default
