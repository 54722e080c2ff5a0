"""Running a method: a fresh hub, its arguments in their places, in the event loop or in a worker thread."""

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
from serverless_hub.hub.injection import Source

__all__ = ["run_call"]

_workers = CapacityLimiter(40)
"""How many synchronous methods run at once; apart from the threads of the app's own endpoints."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


async def run_call(call: Call, arguments: Sequence[Any], injected: Mapping[str, Any] = _NOTHING) -> Any:
    """Return what the method returns, or raise what it raises.

    Args:
        call: the event.
        arguments: from the wire, bound.
        injected: by name, what FastAPI provided for the method and the constructor.
    """
    method = call.method
    hub = method.hub_class(**{name: injected[name] for name in method.constructor_names})
    attach(hub, call.context, call.sender)

    filters_passed = False

    async def run(invocation: HubInvocation) -> Any:
        nonlocal filters_passed
        filters_passed = True
        return await _run_method(call, hub, invocation.arguments, injected)

    try:
        return await run_filters(method.filters, HubInvocation(call.context, hub, tuple(arguments)), run)
    except HubException as error:
        if filters_passed:
            raise
        # What a filter refuses is not let in, whichever error it chose to say so.
        raise ConnectionRejected(str(error)) from error


async def _run_method(call: Call, hub: ServerlessHub, arguments: Sequence[Any], injected: Mapping[str, Any]) -> Any:
    function = call.method.function
    if function is None:
        return None
    positional, keywords = _arranged(call, arguments, injected)
    if call.method.is_async:
        return await function(hub, *positional, **keywords)
    return await to_thread.run_sync(partial(function, hub, *positional, **keywords), limiter=_workers)


def _arranged(call: Call, arguments: Sequence[Any], injected: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    remaining = iter(arguments)
    for parameter, source in call.method.parameters:
        if parameter.kind is Parameter.VAR_POSITIONAL:
            positional.extend(remaining)
            continue
        value = next(remaining) if source is Source.WIRE else _injected(call, parameter, source, injected)
        if parameter.kind is Parameter.KEYWORD_ONLY:
            keywords[parameter.name] = value
        else:
            positional.append(value)
    return positional, keywords


def _injected(call: Call, parameter: Parameter, source: Source, injected: Mapping[str, Any]) -> Any:
    if source is Source.CONTEXT:
        return call.context
    if source is Source.LOGGER:
        hub_class = call.method.hub_class
        return logging.getLogger(f"{hub_class.__module__}.{hub_class.__qualname__}")
    return parameter.default if source is Source.DEFAULT else injected[parameter.name]
