"""Filters: what runs around hub methods, after binding: logging, checks, refusals."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.context import InvocationContext

__all__ = [
    "CallNext",
    "FilterLike",
    "HubFilter",
    "HubInvocation",
    "add_filter",
    "as_filters",
    "filters_of",
    "filters_of_method",
    "put_on",
    "returns_awaitable",
    "run_filters",
]

_T = TypeVar("_T", bound="Callable[..., Any] | type")
_MARK = "__hub_filters__"


@dataclass(frozen=True, slots=True)
class HubInvocation:
    """A call as filters see it."""

    context: InvocationContext
    hub: Any
    """The `ServerlessHub` that the method runs on; None for a function."""
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


FilterLike = HubFilter | type[HubFilter]
"""A filter, or a class that makes one without arguments."""


def as_filters(filters: Iterable[FilterLike]) -> tuple[HubFilter, ...]:
    """Return `filters` with an instance in the place of each class.

    Raises:
        HubDefinitionError: one is no async callable, so it could not wait for the method.
    """
    if not hasattr(filters, "__iter__"):
        raise HubDefinitionError(f"filters= is a list: filters=[...] instead of {filters!r}")
    return tuple(_checked(hub_filter() if isinstance(hub_filter, type) else hub_filter) for hub_filter in filters)


def _checked(hub_filter: HubFilter) -> HubFilter:
    called = type(hub_filter).__call__  # what runs for an instance of a class
    if not returns_awaitable(hub_filter) and not returns_awaitable(called):
        raise HubDefinitionError(
            f"{hub_filter!r} is no filter: write an `async def` of an invocation and call_next, or a class with such "
            "a `__call__`"
        )
    return hub_filter


def returns_awaitable(function: object) -> bool:
    """Tell whether `function` is a coroutine function, or a `functools.wraps` wrapper around one."""
    inner: Any = function
    return inspect.iscoroutinefunction(inspect.unwrap(inner, stop=inspect.iscoroutinefunction))


def add_filter(decorated: _T, *filters: FilterLike) -> _T:
    """Put `filters` in front of those of a method or a hub class, and return that.

    Raises:
        HubDefinitionError: it cannot have any, or one is no filter.
    """
    put_on(decorated, _MARK, (*as_filters(filters), *getattr(decorated, "__dict__", {}).get(_MARK, ())))
    return decorated


def put_on(decorated: Callable[..., Any] | type, name: str, value: Any) -> None:
    """Leave `value` on what a decorator stands on.

    Raises:
        HubDefinitionError: it takes none, as a property.
    """
    try:
        setattr(decorated, name, value)
    except AttributeError as error:
        raise HubDefinitionError(
            f"{decorated!r} cannot be decorated: put the decorator directly on a method, below all that makes "
            "something else of it"
        ) from error


def filters_of(decorated: Callable[..., Any] | type | None) -> tuple[HubFilter, ...]:
    """Return the filters of a method, or of a hub class with those of its bases before its own."""
    bases = reversed(decorated.__mro__) if isinstance(decorated, type) else [decorated]
    return tuple(hub_filter for base in bases if base is not None for hub_filter in vars(base).get(_MARK, ()))


def filters_of_method(cls: type, name: str) -> tuple[HubFilter, ...]:
    """Return the filters of the method `name` of `cls`, those of the methods that it overrides before its own.

    What protects a method protects what overrides it. A filter that was taken over, as `functools.wraps` does, counts
    once.
    """
    found: list[HubFilter] = []
    for base in reversed(cls.__mro__):
        marked: tuple[HubFilter, ...] = getattr(vars(base).get(name), _MARK, ())
        known = {id(hub_filter) for hub_filter in found}
        found += [hub_filter for hub_filter in marked if id(hub_filter) not in known]
    return tuple(found)


async def run_filters(filters: Sequence[HubFilter], invocation: HubInvocation, method: CallNext) -> Any:
    """Run `filters`, the first one outermost, around `method`."""
    if not filters:
        return await method(invocation)
    first, *others = filters

    async def call_next(inner: HubInvocation) -> Any:
        return await run_filters(others, inner, method)

    return await first(invocation, call_next)
