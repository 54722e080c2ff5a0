"""Azure's SignalR output binding: messages and group actions that an endpoint or a function sends along the way."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import wraps
from typing import Annotated, Any, get_type_hints

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from serverless_hub.errors import InvalidArgumentError
from serverless_hub.hub.endpoints import SignalREndpoint
from serverless_hub.hub.outputs import SignalRGroupAction, SignalRMessage, deliver, read_output
from serverless_hub.hub.ports import HubSender
from serverless_hub.routing.expressions import Expression

__all__ = ["Narrow", "SignalROutput", "output_dependency", "sending_result"]

_Item = SignalRMessage | SignalRGroupAction | Mapping[str, Any]
"""What can be sent: a value of ours, or a dict with the keys of Azure's JSON."""

_PARAMETER = "serverless_hub_output"


Narrow = Callable[[Sequence[SignalREndpoint]], HubSender]
"""Makes a sender to some endpoints only; raises `InvalidArgumentError` for one that is not known."""


class SignalROutput:
    """Sends to one hub; each item at once and in order, as Azure's collector does.

    Args:
        sender: of the hub.
        narrow: for items that name endpoints; without it, those cannot be sent.
    """

    def __init__(self, sender: HubSender, narrow: Narrow | None = None) -> None:
        self._sender = sender
        self._narrow = narrow or _refuse

    async def add(self, item: _Item) -> None:
        """Send a message or do a group action.

        Args:
            item: one of both, or a dict with the keys of Azure's JSON: one with `target` is a message.

        Raises:
            TypeError: it is nothing of the kind.
            InvalidArgumentError: it names an endpoint that the hub does not have.
            ServiceError: the service did not do it.
        """
        output = read_output(item)
        if output.endpoints is None:
            await deliver(output, self._sender)
        elif output.endpoints:
            await deliver(output, self._narrow(output.endpoints))


def _refuse(_: Sequence[SignalREndpoint]) -> HubSender:
    raise InvalidArgumentError("this output was made by hand, without narrow=: its items cannot name endpoints")


def output_dependency(
    hub: Expression, output_of: Callable[[Request, str], SignalROutput]
) -> Callable[[Request], Awaitable[SignalROutput]]:
    """Return a FastAPI dependency that provides an output to `hub`."""

    async def signalr_output(request: Request) -> SignalROutput:
        return output_of(request, hub.evaluate_hub(request))

    return signalr_output


def sending_result(
    function: Callable[..., Any], dependency: Callable[[Request], Awaitable[SignalROutput]]
) -> Callable[..., Awaitable[None]]:
    """Return `function` as one that sends what it returns: an item, several, or None for nothing."""

    @wraps(function)
    async def sends(*values: Any, **named: Any) -> None:
        output: SignalROutput = named.pop(_PARAMETER)
        if inspect.iscoroutinefunction(function):
            returned = await function(*values, **named)
        else:
            returned = await run_in_threadpool(function, *values, **named)
        for item in _items(returned):
            await output.add(item)

    signature = inspect.signature(function)
    hints = get_type_hints(function, include_extras=True)
    parameters = [p.replace(annotation=hints.get(name, p.annotation)) for name, p in signature.parameters.items()]
    wanted = inspect.Parameter(
        _PARAMETER, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[SignalROutput, Depends(dependency)]
    )
    at = next((i for i, p in enumerate(parameters) if p.kind is inspect.Parameter.VAR_KEYWORD), len(parameters))
    parameters.insert(at, wanted)
    sends.__signature__ = signature.replace(parameters=parameters, return_annotation=None)  # type: ignore[attr-defined]  # what FastAPI reads
    return sends


def _items(returned: list[Any] | _Item | None) -> Sequence[Any]:
    if returned is None:
        return ()
    return returned if isinstance(returned, list) else (returned,)
