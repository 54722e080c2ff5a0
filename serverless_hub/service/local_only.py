"""What protects a service whose access key everybody knows: only this machine, and no page of other sites, may call."""

import logging
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.service.asgi import App, Receive, Scope, Send, deny_websocket, header_of, respond

__all__ = ["LocalOnly", "is_loopback"]

_logger = logging.getLogger("serverless_hub.service")


class LocalOnly:
    """Passes requests on to `app` when they name this machine as their host and come from no foreign web page.

    A page in a browser on this machine reaches a service that listens at loopback addresses only, and whoever knows the
    key can sign tokens. Browsers tell where a page is from (`Origin`), and under which name it knows us (`Host`).

    Args:
        app: what is protected.
        cors: which pages may call.
    """

    def __init__(self, app: App, cors: CorsPolicy) -> None:
        self._app = app
        self._cors = cors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, or whatever the app answers (ASGI)."""
        problem = None if scope["type"] == "lifespan" else self._problem(scope)
        if problem is None:
            await self._app(scope, receive, send)
            return
        _logger.warning("refused a request with 403: %s", problem)
        if scope["type"] == "websocket":
            await deny_websocket(scope, receive, send, HTTPStatus.FORBIDDEN)
        else:
            await respond(send, HTTPStatus.FORBIDDEN)

    def _problem(self, scope: Scope) -> str | None:
        host = header_of(scope, b"host") or ""
        if not is_loopback(_name(host)):
            return f"its host is {host[:200]!r}, but everybody knows the access key: give the service one of your own"
        origin = header_of(scope, b"origin")
        if origin is not None and not self._cors.allows(origin):
            return f"a page at {origin[:200]!r} asks: if it is yours, put that into the allowed origins"
        return None


def is_loopback(host: str) -> bool:
    """Tell whether `host` is a name or an address that only this machine can have."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
