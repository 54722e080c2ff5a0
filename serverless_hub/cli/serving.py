"""uvicorn, as the service needs it."""

import logging
import signal
import socket

import uvicorn

from serverless_hub.service.asgi import App

__all__ = ["log_to_stderr", "serve"]

_GRACE_SECONDS = 5
"""How long connections may take to end before they are cut; the service waits for their events after that."""


def serve(app: App, listener: socket.socket) -> None:
    """Serve `app` until the process is told to end, by Ctrl+C or SIGTERM; a second Ctrl+C ends it at once.

    WebSocket pings stay off, since some SignalR clients do not answer them: SignalR has its own.
    """
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        proxy_headers=False,
        server_header=False,
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


def log_to_stderr(level: str) -> None:
    """Write what the service has to say, from `level` on, and what goes wrong in uvicorn; at `debug`, requests too."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("serverless_hub").setLevel(level.upper())
    logging.getLogger("uvicorn").setLevel("INFO" if level == "debug" else "WARNING")
