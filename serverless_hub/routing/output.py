"""Azure's SignalR output binding: messages and group actions that an endpoint or a function sends along the way."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import wraps
from typing import Annotated, Any, get_type_hints

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from serverless_hub.hub.outputs import SignalRGroupAction, SignalRMessage, deliver, read_output
from serverless_hub.hub.ports import HubSender
from serverless_hub.routing.expressions import Expression

__all__ = ["SignalROutput", "output_dependency", "sending_result"]

_Item = SignalRMessage | SignalRGroupAction | Mapping[str, Any]
"""What can be sent: a value of ours, or a dict with the keys of Azure's JSON."""

_PARAMETER = "serverless_hub_output"


class SignalROutput:
    """Sends to one hub; each item at once and in order, as Azure's collector does."""

    def __init__(self, sender: HubSender) -> None:
        self._sender = sender

    async def add(self, item: _Item) -> None:
        """Send a message or do a group action.

        Args:
            item: one of both, or a dict with the keys of Azure's JSON: one with `target` is a message.

        Raises:
            TypeError: it is nothing of the kind.
        """
        await deliver(read_output(item), self._sender)


def output_dependency(
    hub: Expression, sender_of: Callable[[str], HubSender]
) -> Callable[[Request], Awaitable[SignalROutput]]:
    """Return a FastAPI dependency that provides an output to `hub`."""

    async def signalr_output(request: Request) -> SignalROutput:
        return SignalROutput(sender_of(hub.evaluate_hub(request)))

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
