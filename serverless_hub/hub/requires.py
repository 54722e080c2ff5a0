"""`@requires`: only clients with certain claims, as the verified identity says."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from serverless_hub.errors import ConnectionRejected, HubDefinitionError
from serverless_hub.hub.filters import CallNext, HubInvocation, add_filter
from serverless_hub.hub.identity import Identity

__all__ = ["requires"]

_P = ParamSpec("_P")
_R = TypeVar("_R")
_T = TypeVar("_T", bound=Callable[..., Any] | type)


def _by_name(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Say what is wrong with `@requires` and `@requires("admin")`."""

    @functools.wraps(function)
    def checked(*arguments: _P.args, **claims: _P.kwargs) -> _R:
        if arguments:
            raise HubDefinitionError("a claim has a name and a value: write @requires() or @requires(role='admin')")
        return function(*arguments, **claims)

    return checked


@_by_name
def requires(**claims: Any) -> Callable[[_T], _T]:
    """Refuse everybody without a verified identity that has all `claims`, on a method or on a whole hub class.

        @requires(role="admin")
        async def ban(self, user_id: str) -> None: ...

    Without arguments, any signed-in user passes: one for whom negotiate named a user id. A list claim has a value
    when it contains it. Raw claims from upstream headers never count. What a method requires, those that override it
    require too: they can only ask for more.

    Raises:
        HubDefinitionError: it stands without parentheses, or a claim has no name.
    """
    return lambda decorated: add_filter(decorated, _Requires(claims))


class _Requires:
    def __init__(self, claims: dict[str, Any]) -> None:
        self._claims = claims

    async def __call__(self, invocation: HubInvocation, call_next: CallNext) -> Any:
        """Go on, or refuse without telling what would be needed."""
        if not self._is_allowed(invocation.context.identity):
            raise ConnectionRejected("You are not allowed to do this.")
        return await call_next(invocation)

    def _is_allowed(self, identity: Identity | None) -> bool:
        if identity is None:
            return False
        if not self._claims:
            return identity.user_id is not None
        return all(identity.has(name, value) for name, value in self._claims.items())
