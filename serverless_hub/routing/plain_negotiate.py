"""The negotiate of anonymous clients without FastAPI's dependencies, where there are none to solve."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound, Route
from starlette.types import Receive, Scope, Send

from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.routing.negotiate import anonymous_endpoint, with_headers
from serverless_hub.routing.negotiator import Negotiator

__all__ = ["PlainNegotiate"]


class PlainNegotiate(BaseRoute):
    """Stands before the routes of a router that is installed in an app, and leaves to them whatever it does not take.

    It takes POST, as long as neither of the two has dependencies, and only from the app itself: another one that
    includes the app's routes may have dependencies of its own. FastAPI includes no routes of unknown kinds, so this is
    not one of Starlette's, which it would make anew.

    Args:
        path: of the negotiate.
        hub: its name on the wire.
        negotiator: makes the answer.
        cors: says for a hub from where clients may come.
        app: has the route.
        router: is installed in it.
    """

    def __init__(
        self,
        path: str,
        hub: str,
        negotiator: Negotiator,
        *,
        cors: Callable[[str], CorsPolicy],
        app: FastAPI,
        router: APIRouter,
    ) -> None:
        self._route = Route(path, anonymous_endpoint(hub, negotiator), methods=["POST"])
        self._hub = hub
        self._policy = cors
        self._app = app
        self._router = router
        self.path: str = path
        self.path_format: str = path

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Leave that to the routes behind it."""
        raise NoMatchFound(name, path_params)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether this request is for the route, fully or not at all."""
        has_dependencies = self._app.router.dependencies or self._router.dependencies
        if has_dependencies or scope.get("app") is not self._app:
            return Match.NONE, {}
        match, child_scope = self._route.matches(scope)
        return (match, {**child_scope, "route": self}) if match is Match.FULL else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers that every negotiate has."""
        await self._route.handle(scope, receive, with_headers(self._policy(self._hub), scope, send))
