"""For our own server command: upstream events go past the layers of FastAPI that would only hand them on.

Installed routers answer events before all middleware that was there (`HubRouter.install`). What still stands before
them is FastAPI itself: what makes a page of an error, measures, and limits bodies. Where none of that has anything to
do, an event goes to its endpoint at once.
"""

import sys
from itertools import takewhile
from types import FunctionType
from typing import Any, cast

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serverless_hub.routing.front import Front
from serverless_hub.routing.injector import TELEMETRY
from serverless_hub.routing.paths import UpstreamPaths
from serverless_hub.routing.upstream import UpstreamEndpoint
from serverless_hub.service.direct_events import Answering

__all__ = ["EventsFirst", "events_first"]

_SHORT = 500
"""So many events go the short way; then one goes the whole way, to see whether FastAPI measures by now."""
_WAYS_IN = ("__call__", "build_middleware_stack")
"""What subclasses and tools replace that want to see every request."""


def events_first(app: Any) -> Any:
    """Return `app` with the shortcut, or as it is, where anything stands before its events.

    Middleware that was added after `install`, a handler of all exceptions, a subclass with a way in of its own, and a
    tool that has put itself into FastAPI, now or earlier: each sees every event, as under any other server. Call it
    when the app is complete; what wraps the app around FastAPI is seen by itself.
    """
    return EventsFirst(app) if _is_plain(app) else app


class EventsFirst:
    """An ASGI app that is `app`, as far as anybody can see.

    Args:
        app: has installed routers.
        short: how many events go the short way before one does not.
    """

    def __init__(self, app: FastAPI, short: int = _SHORT) -> None:
        self._app = app
        self._short = short
        fronts = takewhile(_is_front, app.user_middleware)
        self._ways = [(cast("UpstreamPaths", front.kwargs["paths"]), _endpoint(front)) for front in fronts]
        self._stack: ASGIApp | None = None
        """The layers that events have gone through, where nothing in them has to see them."""
        self._left = 0
        """How many events may go the short way."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        if scope["type"] == "http":
            endpoint = self._endpoint_of(scope)
            if endpoint is not None:
                await self._take(endpoint, scope, receive, send)
                return
        await self._app(scope, receive, send)

    def direct(self, scope: Scope) -> Answering | None:
        """Return what answers an event that goes the short way; None for every other request."""
        if not self._may_be_short():
            return None
        endpoint = self._endpoint_of(scope)
        answering = None if endpoint is None else endpoint.direct(scope)
        if answering is not None:
            self._left -= 1
        return answering

    def _endpoint_of(self, scope: Scope) -> UpstreamEndpoint | None:
        """Return what takes a request; its scope has the parameters of its path then."""
        if scope["method"] == "POST" and not scope["root_path"]:
            path: str = scope["path"]
            for paths, endpoint in self._ways:
                found = paths.match(path)
                if found is not None:
                    scope["path_params"] = found
                    return endpoint
        return None

    def _may_be_short(self) -> bool:
        return self._left > 0 and self._stack is not None and self._stack is self._app.middleware_stack

    async def _take(self, endpoint: UpstreamEndpoint, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if self._may_be_short():
            self._left -= 1
            scope["app"] = app
            await endpoint(scope, receive, send)
            return
        self._left = self._short  # for those that come meanwhile
        measured = True  # as long as nothing says that it is not

        async def look_and_send(message: Message) -> None:
            nonlocal measured
            measured = TELEMETRY in scope
            await send(message)

        await app(scope, receive, look_and_send)
        self._stack = None if measured or not _is_plain(app) else app.middleware_stack


def _is_plain(app: Any) -> bool:
    """Tell whether nothing but a front stands before an app's events that could have to do with them."""
    return (
        isinstance(app, FastAPI)
        and _is_untouched(type(app))
        and "build_middleware_stack" not in vars(app)
        and any(map(_is_front, app.user_middleware[:1]))
        and not (app.debug or app.root_path or getattr(app, "max_body_size", None))
        and not {500, Exception} & app.exception_handlers.keys()
    )


def _is_untouched(kind: type) -> bool:
    """Tell whether each way in of a class is FastAPI's own: neither overridden, nor replaced or wrapped by a tool."""
    ways = [(base, vars(base)[name]) for base in kind.__mro__ for name in _WAYS_IN if name in vars(base)]
    return all(
        base in (FastAPI, Starlette)
        and type(way) is FunctionType
        and way.__globals__ is vars(sys.modules[base.__module__])
        for base, way in ways
    )


def _is_front(middleware: Middleware) -> bool:
    return cast("object", middleware.cls) is Front


def _endpoint(front: Middleware) -> UpstreamEndpoint:
    return cast("UpstreamEndpoint", front.kwargs["endpoint"])
