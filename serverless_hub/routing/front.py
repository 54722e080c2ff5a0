"""A shortcut for upstream events: answered before FastAPI's middleware and routing, which they would only wait for."""

from starlette.types import ASGIApp, Receive, Scope, Send

from serverless_hub.routing.paths import UpstreamPaths

__all__ = ["Front"]


class Front:
    """ASGI middleware.

    Args:
        app: everything else.
        endpoint: takes upstream events.
        paths: which they are.
    """

    def __init__(self, app: ASGIApp, endpoint: ASGIApp, paths: UpstreamPaths) -> None:
        self._app = app
        self._endpoint = endpoint
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "POST":
            path: str = scope["path"]
            root: str = scope.get("root_path", "")
            found = self._paths.match(path.removeprefix(root) if root and path.startswith(f"{root}/") else path)
            if found is not None:
                scope["path_params"] = found  # as Starlette's own routes do
                await self._endpoint(scope, receive, send)
                return
        await self._app(scope, receive, send)
