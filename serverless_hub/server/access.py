"""Lines of the access log, as uvicorn writes them, so that what hides tokens in its lines hides them here."""

import logging
from urllib.parse import quote

from serverless_hub.service.asgi import Scope

__all__ = ["log_access"]

_logger = logging.getLogger("uvicorn.access")


def log_access(scope: Scope, status: int) -> None:
    """Log a request that is answered with `status`."""
    if not _logger.isEnabledFor(logging.INFO):
        return
    client = scope["client"]
    path, query = quote(scope["path"]), scope["query_string"].decode("ascii")
    _logger.info(
        '%s - "%s %s HTTP/%s" %d',
        f"{client[0]}:{client[1]}" if client else "",
        scope["method"],
        f"{path}?{query}" if query else path,
        scope["http_version"],
        status,
    )
