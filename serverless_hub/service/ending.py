"""How a connection ends, and the one line in the log about it."""

import logging
from dataclasses import dataclass

from serverless_hub.protocol.messages import Close
from serverless_hub.service.client import Client

__all__ = ["STOPPED", "Ending", "log_ending"]

_logger = logging.getLogger("serverless_hub.service")

STOPPED = "The service stopped."
"""Why a connection ends with the service."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a connection ended."""

    error: str | None = None
    """For the app; None when the client left in order."""
    close: Close | None = None
    """The last message for the client, where it still listens."""
    abrupt: bool = False
    """Whether what is queued for the client is dropped."""
    blame: str | None = None
    """What the client did wrong, for the log."""


def log_ending(client: Client, ending: Ending) -> None:
    """Log the end of a connection, unless it is an ordinary one."""
    if ending.blame is not None:
        _logger.warning("closed connection %s of hub %s: %s", client.connection_id, client.hub, ending.blame)
    elif ending.error is not None:
        _logger.info("connection %s of hub %s ended: %s", client.connection_id, client.hub, ending.error)
