"""uvicorn, as the service needs it."""

import signal
import socket

import uvicorn

from serverless_hub.cli.tls import Tls
from serverless_hub.service.asgi import App

__all__ = ["serve"]

_GRACE_SECONDS = 5
"""How long connections may take to end before they are cut; the service waits for their events after that."""


def serve(app: App, listener: socket.socket, tls: Tls | None = None) -> None:
    """Serve `app` until the process is told to end, by Ctrl+C or SIGTERM; a second Ctrl+C ends it at once.

    WebSocket pings stay off, since some SignalR clients do not answer them: SignalR has its own.
    """
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ws_ping_interval=None,
        ws_ping_timeout=None,
        ws_per_message_deflate=False,
    )
    # uvicorn raises the signal again when it has ended; then it is no reason to die of.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
