"""Methods that inject dependencies: each runs as the endpoint of a route of FastAPI, in front of which nothing stands.

Its request belongs to the user's app, and so do its `dependency_overrides`: FastAPI itself solves dependencies, runs
their exit code and the background tasks, and tests can override what they override elsewhere. Where none of that has
anything to do, dependencies are solved from a plan (`routing.simple_dependencies`), to the same effect.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from fastapi import FastAPI, Request, Response
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.params import Depends
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serverless_hub.hub.call import Call
from serverless_hub.hub.cancellation import self_cancellation
from serverless_hub.hub.descriptor import MethodDescriptor
from serverless_hub.hub.dispatcher import Dispatcher
from serverless_hub.hub.outcome import answer_result
from serverless_hub.hub.runner import run_call
from serverless_hub.protocol.upstream_answer import UpstreamAnswer
from serverless_hub.routing.simple_dependencies import SimpleDependencies, simple_dependencies

__all__ = ["TELEMETRY", "Injector", "RunningCall", "running_call"]

_logger = logging.getLogger("serverless_hub.routing")

_CALL = "serverless_hub.call"
TELEMETRY = "fastapi.telemetry"
"""In the scope of a request while FastAPI measures it, and what it does for it."""


class RunningCall(NamedTuple):
    """A call and its bound arguments."""

    call: Call
    arguments: tuple[Any, ...]

    def named(self) -> dict[str, Any]:
        """Return the arguments by name."""
        return dict(zip(self.call.method.binder.names, self.arguments, strict=False))


def running_call(request: Request) -> RunningCall | None:
    """Return the call that a request stands for, None for a request of something else."""
    running: RunningCall | None = request.scope.get(_CALL)
    return running


_current: ContextVar[RunningCall] = ContextVar("serverless_hub_call")
"""What a route's endpoint runs: its parameters are the app's, and one more dependency would take 15 µs."""


class Injector:
    """Runs calls through FastAPI's dependency injection.

    Args:
        dispatcher: makes answers of failures.
        dependencies: of the router: they run for every event.
    """

    def __init__(self, dispatcher: Dispatcher, dependencies: Sequence[Depends]) -> None:
        self._dispatcher = dispatcher
        self._dependencies = dependencies
        self._routes: WeakKeyDictionary[FastAPI, dict[tuple[str, str, str], _Injecting]] = WeakKeyDictionary()

    def is_needed(self, method: MethodDescriptor) -> bool:
        """Tell whether anything is injected for the events of `method`."""
        return bool(method.injected or self._dependencies)

    async def run(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        """Bind and run `call`, and send its answer."""
        try:
            arguments = call.bind()
        except Exception as error:  # noqa: BLE001 - a validator of the app may raise anything; it becomes the answer
            await _Answer(self._dispatcher.failure(call, error))(scope, receive, send)
            return
        running = RunningCall(call, arguments)
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            await send(message)
            started = True

        try:
            outer: FastAPI = scope["app"]
            injecting = self._injecting(call, outer)
            place = {"router": outer.router, "route": injecting.route, "endpoint": injecting.route.endpoint}
            inner = {**scope, **place, _CALL: running}
            if injecting.simple is None or outer.dependency_overrides or TELEMETRY in scope:
                injecting.overrides.dependency_overrides = outer.dependency_overrides
                await _run_route(injecting.app, running, inner, receive, watched)
            else:
                values = await injecting.simple.solve(Request(inner, receive, watched))
                answer = answer_result(call, await run_call(call, arguments, values))
                await _Answer(answer)(inner, receive, watched)
        except asyncio.CancelledError as error:
            failure = self_cancellation(error)
            if started:
                _logger.warning("a background task or exit code of %s was cancelled from within", call.context.event)
            else:
                await _Answer(self._dispatcher.failure(call, failure))(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - whatever a method raises becomes its answer, or stands in the log
            answer = self._dispatcher.failure(call, error)
            if not started:
                await _Answer(answer)(scope, receive, send)

    def _injecting(self, call: Call, outer: FastAPI) -> "_Injecting":
        method = call.method
        routes = self._routes.get(outer)
        if routes is None:
            routes = self._routes[outer] = {}
        key = (method.hub, method.category, method.event)
        if key not in routes:
            routes[key] = self._route(call)
        return routes[key]

    def _route(self, call: Call) -> "_Injecting":
        overrides = _Overrides()
        route = APIRoute(
            "/",  # which is not looked at; with parameters, those of dependencies might be taken for them
            _endpoint(call.method.injected),
            methods=["POST"],
            response_model=None,
            name=call.method.event,
            dependencies=self._dependencies,
            dependency_overrides_provider=overrides,
        )
        # FastAPI's routes do not work without the first; the second is there so that no handler of the app's answers.
        app = ExceptionMiddleware(AsyncExitStackMiddleware(route.app), {HTTPException: self._answer_failure})
        return _Injecting(app, route, overrides, simple_dependencies(self._dependencies, call.method.injected))

    async def _answer_failure(self, request: Request, error: Exception) -> Response:
        return _Answer(self._dispatcher.failure(request.scope[_CALL].call, error))


class _Overrides:
    """The overrides of an app, without a reference to it: that would keep it alive."""

    dependency_overrides: dict[Callable[..., Any], Callable[..., Any]]


class _Injecting(NamedTuple):
    app: ASGIApp
    """Runs the route."""
    route: APIRoute
    overrides: _Overrides
    simple: SimpleDependencies | None
    """Solves the dependencies without the route, where that is possible."""


async def _run_route(app: ASGIApp, running: RunningCall, scope: Scope, receive: Receive, send: Send) -> None:
    token = _current.set(running)
    try:
        await app(scope, receive, send)
    finally:
        _current.reset(token)


def _endpoint(injected: Sequence[inspect.Parameter]) -> Callable[..., Awaitable[Response]]:
    """Return an endpoint whose signature is what the method wants injected."""

    async def endpoint(**values: Any) -> Response:
        call, arguments = _current.get()
        return _Answer(answer_result(call, await run_call(call, arguments, values)))

    wanted = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in injected]
    endpoint.__signature__ = inspect.Signature(wanted)  # type: ignore[attr-defined]  # what FastAPI reads
    return endpoint


class _Answer(Response):
    """An answer as FastAPI wants it; what the base class would make of it is there already."""

    def __init__(self, answer: UpstreamAnswer) -> None:
        self.status_code = answer.status
        self.body = answer.body
        self.raw_headers = answer.to_headers()
        self.background = None
