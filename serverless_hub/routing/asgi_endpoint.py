"""An ASGI app as the endpoint of a Starlette route."""

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["AsgiEndpoint"]


class AsgiEndpoint:
    """Wraps a bound method: Starlette takes functions and methods for endpoints of another kind."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._app(scope, receive, send)
