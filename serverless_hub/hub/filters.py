"""Filters: what runs around hub methods, after binding: logging, checks, refusals."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from serverless_hub.hub.context import InvocationContext

if TYPE_CHECKING:
    from serverless_hub.hub.hub import ServerlessHub

__all__ = ["CallNext", "HubFilter", "HubInvocation", "run_filters"]


@dataclass(frozen=True, slots=True)
class HubInvocation:
    """A call as filters see it."""

    context: InvocationContext
    hub: "ServerlessHub"
    """The instance that the method runs on."""
    arguments: tuple[Any, ...] = field(repr=False)
    """Those from the wire, bound and validated."""


CallNext = Callable[[HubInvocation], Awaitable[Any]]
"""Runs the next filter, or the method, and returns what it returns."""


class HubFilter(Protocol):
    """An async callable around a method: `await call_next(invocation)` goes on; an exception refuses.

    `HubException` refuses with its text. In `on_connected` any refusal closes the connection.
    """

    async def __call__(self, invocation: HubInvocation, call_next: CallNext) -> Any:
        """Return the method's result, or another one."""


async def run_filters(filters: Sequence[HubFilter], invocation: HubInvocation, method: CallNext) -> Any:
    """Run `filters`, the first one outermost, around `method`."""
    if not filters:
        return await method(invocation)
    first, *others = filters

    async def call_next(inner: HubInvocation) -> Any:
        return await run_filters(others, inner, method)

    return await first(invocation, call_next)
