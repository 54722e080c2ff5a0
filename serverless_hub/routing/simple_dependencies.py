"""Dependencies that are plain functions of one another and of the request: solved from a plan, made once per method.

FastAPI looks at every event for what these cannot have: exit code, tasks, scopes, parameters of the request, overrides.
The order and what is computed once are FastAPI's: parameters from left to right, what each of them needs before it.
Where it computes something twice does not depend on the event, so the plan says it.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from fastapi.params import Body, Depends, Param
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request

from serverless_hub.errors import HubDefinitionError
from serverless_hub.hub.injection import parameters_of

__all__ = ["SimpleDependencies", "simple_dependencies"]

_KINDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_REQUEST = 0
"""Where the request stands among the values; behind it those of the steps."""

_Sources = Sequence[tuple[str, int]]
"""Names of parameters, and which of the values each of them gets."""


class _NotSimpleError(Exception):
    """Something that only FastAPI provides."""


class _Step(NamedTuple):
    """One run of a dependency."""

    function: Callable[..., Any]
    is_async: bool
    sources: _Sources


class SimpleDependencies:
    """What runs before a method, in order.

    Args:
        steps: each may use the values of those before it.
        sources: of the method's parameters.
    """

    def __init__(self, steps: Sequence[_Step], sources: _Sources) -> None:
        self._steps = steps
        self._sources = sources

    async def solve(self, request: Request) -> Mapping[str, Any]:
        """Return by name what is injected; raises what a dependency raises."""
        values: list[Any] = [request]
        for function, is_async, sources in self._steps:
            arguments = {name: values[place] for name, place in sources}
            if is_async:
                values.append(await function(**arguments))
            else:
                values.append(await run_in_threadpool(function, **arguments))
        return {name: values[place] for name, place in self._sources}


def simple_dependencies(
    dependencies: Iterable[Depends], injected: Iterable[inspect.Parameter]
) -> SimpleDependencies | None:
    """Return the plan for a method, None where something in it is FastAPI's to solve.

    Args:
        dependencies: run first, for their effects.
        injected: parameters with resolved annotations.
    """
    planner = _Planner()
    try:
        for depends in dependencies:
            planner.place_of_dependency(depends)
        return SimpleDependencies(planner.steps, planner.sources(injected))
    except (_NotSimpleError, HubDefinitionError):  # the second: of an annotation, of which FastAPI may know more
        return None


class _Planner:
    def __init__(self) -> None:
        self.steps: list[_Step] = []
        self._known: dict[Callable[..., Any], int] = {}
        """Where the first value of each dependency stands."""

    def sources(self, parameters: Iterable[inspect.Parameter]) -> _Sources:
        """Plan what parameters need, and return where their values will be."""
        return [(parameter.name, self._place(parameter)) for parameter in parameters]

    def place_of_dependency(self, depends: Depends) -> int:
        """Plan a dependency, and return where its value will be."""
        function = depends.dependency
        is_bare = depends == Depends(function, use_cache=depends.use_cache)  # neither `Security` nor with a scope
        if not (is_bare and inspect.isfunction(function)) or hasattr(function, "__wrapped__"):
            raise _NotSimpleError
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise _NotSimpleError
        # Before the look at what is known, as FastAPI does: what it needs anew runs for each who needs it.
        sources = self.sources(parameters_of(function, skip_self=False)[0])
        if depends.use_cache and function in self._known:
            return self._known[function]
        self.steps.append(_Step(function, inspect.iscoroutinefunction(function), sources))
        place = len(self.steps)  # the request stands before the values of the steps
        self._known.setdefault(function, place)
        return place

    def _place(self, parameter: inspect.Parameter) -> int:
        declared = parameter.annotation
        annotation, *metadata = get_args(declared) if get_origin(declared) is Annotated else (declared,)
        markers = [marker for marker in (parameter.default, *metadata) if isinstance(marker, Depends | Param | Body)]
        if parameter.kind in _KINDS and len(markers) == 1 and isinstance(markers[0], Depends):
            return self.place_of_dependency(markers[0])
        if parameter.kind in _KINDS and not markers and (annotation is Request or annotation is HTTPConnection):
            return _REQUEST
        raise _NotSimpleError
