"""A shortcut for upstream events: answered before FastAPI's middleware and routing, which they would only wait for."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Front"]


class Front:
    """ASGI middleware.

    Args:
        app: everything else.
        endpoint: takes upstream events.
        pattern: matches their paths; its groups are path parameters.
        prefix: of the router, by which two routers in one app are told apart.
    """

    def __init__(self, app: ASGIApp, endpoint: ASGIApp, pattern: re.Pattern[str], prefix: str) -> None:
        self._app = app
        self._endpoint = endpoint
        self._pattern = pattern
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "POST":
            path: str = scope["path"]
            root: str = scope.get("root_path", "")
            match = self._pattern.fullmatch(path.removeprefix(root) if path.startswith(f"{root}/") else path)
            if match is not None:
                found = {name: value for name, value in match.groupdict().items() if value is not None}
                await self._endpoint({**scope, "path_params": found}, receive, send)
                return
        await self._app(scope, receive, send)
