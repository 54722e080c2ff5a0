"""Methods that inject dependencies: each runs as the endpoint of a small FastAPI inside the user's.

That app shares `state` and `dependency_overrides` with the outer one, so that FastAPI itself solves dependencies, runs
their exit code and the background tasks, and tests can override what they override elsewhere.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends
from starlette.convertors import register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serverless_hub.hub.call import Call
from serverless_hub.hub.cancellation import self_cancellation
from serverless_hub.hub.dispatcher import Dispatcher
from serverless_hub.hub.outcome import answer_result
from serverless_hub.hub.runner import run_call
from serverless_hub.protocol.upstream_answer import UpstreamAnswer
from serverless_hub.routing.paths import AsItStands

__all__ = ["Injector", "RunningCall", "running_call"]

_logger = logging.getLogger("serverless_hub.routing")

_CALL = "serverless_hub.call"
_OUTER = "serverless_hub.app"
_PATH = "serverless_hub_path"
"""Of an inner app's route, which takes every path: a name that no dependency has for a parameter of its own."""


class _AnyPath(AsItStands):
    regex = "(?s:.*)"


register_url_convertor(_PATH, _AnyPath())


class _AsOuter:
    """Middleware of an inner app: what runs in it sees the user's app, as it would anywhere else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "app": scope[_OUTER]}, receive, send)


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
"""What an inner app's endpoint runs: its parameters are the app's, and one more dependency would take 15 µs."""


class Injector:
    """Runs calls through FastAPI's dependency injection.

    Args:
        dispatcher: makes answers of failures.
        dependencies: of the router: they run for every event.
    """

    def __init__(self, dispatcher: Dispatcher, dependencies: Sequence[Depends]) -> None:
        self._dispatcher = dispatcher
        self._dependencies = dependencies
        self._apps: WeakKeyDictionary[FastAPI, dict[tuple[str, str, str], FastAPI]] = WeakKeyDictionary()

    def is_needed(self, call: Call) -> bool:
        """Tell whether anything is injected for `call`."""
        return bool(call.method.injected or self._dependencies)

    async def run(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        """Bind and run `call`, and send its answer."""
        try:
            arguments = call.bind()
        except Exception as error:  # noqa: BLE001 - a validator of the app may raise anything; it becomes the answer
            await _response(self._dispatcher.failure(call, error))(scope, receive, send)
            return
        app = self._app(call, scope["app"])
        running = RunningCall(call, arguments)
        token = _current.set(running)
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            await send(message)
            started = True

        try:
            outer = {"router": scope["app"].router, _OUTER: scope["app"]}
            await app({**scope, **outer, _CALL: running}, receive, watched)
        except asyncio.CancelledError as error:
            failure = self_cancellation(error)
            if started:
                _logger.warning("a background task or exit code of %s was cancelled from within", call.context.event)
            else:
                await _response(self._dispatcher.failure(call, failure))(scope, receive, send)
        except Exception:
            # The error handler has answered; Starlette raises once more for the server's log, where it stands already.
            if not started:
                raise
        finally:
            _current.reset(token)

    def _app(self, call: Call, outer: FastAPI) -> FastAPI:
        apps = self._apps.setdefault(outer, {})
        method = call.method
        key = (method.hub, method.category, method.event)
        if key not in apps:
            apps[key] = self._inner_app(call)
        inner = apps[key]
        inner.state = outer.state
        inner.dependency_overrides = outer.dependency_overrides
        return inner

    def _inner_app(self, call: Call) -> FastAPI:
        failures: tuple[type[Exception], ...] = (Exception, HTTPException, RequestValidationError)
        app = FastAPI(
            openapi_url=None,
            # The outer app's covers what runs in here.
            telemetry={"tracing": False, "metrics": False, "logs": False},
            exception_handlers=dict.fromkeys(failures, self._answer_failure),
            dependencies=self._dependencies,
            middleware=[Middleware(_AsOuter)],
        )
        app.add_api_route(
            f"/{{{_PATH}:{_PATH}}}",
            _endpoint(call.method.injected),
            methods=["POST"],
            response_model=None,
            name=call.method.event,
        )
        return app

    async def _answer_failure(self, request: Request, error: Exception) -> Response:
        call = request.scope[_CALL].call
        return _response(self._dispatcher.failure(call, error))


def _endpoint(injected: Sequence[inspect.Parameter]) -> Callable[..., Awaitable[Response]]:
    """Return an endpoint whose signature is what the method wants injected."""

    async def endpoint(**values: Any) -> Response:
        call, arguments = _current.get()
        return _response(answer_result(call, await run_call(call, arguments, values)))

    wanted = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in injected]
    endpoint.__signature__ = inspect.Signature(wanted)  # type: ignore[attr-defined]  # what FastAPI reads
    return endpoint


def _response(answer: UpstreamAnswer) -> Response:
    response = Response(answer.body, status_code=answer.status)
    response.raw_headers = answer.to_headers()
    return response
