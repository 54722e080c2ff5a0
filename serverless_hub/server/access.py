"""Lines of the access log, as uvicorn writes them, so that what hides tokens in its lines hides them here."""

import logging
from urllib.parse import quote

from serverless_hub.service.asgi import Scope

__all__ = ["log_access", "place_of", "who"]

_logger = logging.getLogger("uvicorn.access")


def log_access(scope: Scope, status: int) -> None:
    """Log a request that is answered with `status`."""
    if not _logger.isEnabledFor(logging.INFO):
        return
    _logger.info(
        '%s - "%s %s HTTP/%s" %d',
        who(scope["client"]),
        scope["method"],
        place_of(scope),
        scope["http_version"],
        status,
    )


def who(client: tuple[str, int] | None) -> str:
    """Return how a client is named."""
    return f"{client[0]}:{client[1]}" if client else ""


def place_of(scope: Scope) -> str:
    """Return what was asked for: path and query."""
    path, query = quote(scope["path"]), scope["query_string"].decode("ascii")
    return f"{path}?{query}" if query else path
