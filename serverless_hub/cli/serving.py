"""uvicorn, as SignalR needs it."""

import signal
import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from serverless_hub.cli.tls import Tls
from serverless_hub.server.http import HttpProtocol
from serverless_hub.server.websocket import WebSocketProtocol
from serverless_hub.service.asgi import App

__all__ = ["AnnouncedServer", "run_until_told", "serve", "server_options"]

_GRACE_SECONDS = 5
"""How long connections may take to end before they are cut; the service waits for their events after that."""


def server_options(tls: Tls | None) -> dict[str, Any]:
    """Return what all our commands tell uvicorn.

    WebSocket pings stay off, since some SignalR clients do not answer them: SignalR has its own.
    """
    return {
        "http": HttpProtocol,
        "ws": WebSocketProtocol,
        "log_config": None,
        "server_header": False,
        "ssl_certfile": None if tls is None else tls.certificate,
        "ssl_keyfile": None if tls is None else tls.key,
        "timeout_graceful_shutdown": _GRACE_SECONDS,
        "ws_ping_interval": None,
        "ws_ping_timeout": None,
        "ws_per_message_deflate": False,
    }


class AnnouncedServer(uvicorn.Server):
    """uvicorn, which says when it serves: from then on, one signal ends it.

    Args:
        config: as for uvicorn.
        started: called once, when requests are served.
    """

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._say_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self._say_started()


def serve(app: App, listener: socket.socket, tls: Tls | None = None) -> None:
    """Serve `app` until the process is told to end, by Ctrl+C or SIGTERM; a second Ctrl+C ends it at once."""
    config = uvicorn.Config(app, lifespan="on", proxy_headers=False, **server_options(tls))
    run_until_told(lambda: uvicorn.Server(config).run(sockets=[listener]))


def run_until_told(run: Callable[[], None]) -> None:
    """Run a server; to be told to end is no error."""
    # uvicorn raises the signal again when it has ended; then it is no reason to die of.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run()
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
