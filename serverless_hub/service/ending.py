"""How a connection ends, and the one line in the log about it."""

import logging
from dataclasses import dataclass
from typing import Literal

from serverless_hub.protocol.messages import Close
from serverless_hub.service.client import Client

__all__ = ["STOPPED", "Ending", "log_ending"]

_logger = logging.getLogger("serverless_hub.service")
STOPPED = "The service stopped."
"""Why a connection ends with the service."""

_STATUSES: dict[str | None, Literal["app_shutdown", "timeout"]] = {
    STOPPED: "app_shutdown",
    "The client has been silent for too long.": "timeout",
}


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

    @property
    def status(self) -> Literal["normal_closure", "app_shutdown", "timeout"]:
        """What OpenTelemetry calls `signalr.connection.status`."""
        return _STATUSES.get(self.error, "normal_closure")


def log_ending(client: Client, ending: Ending) -> None:
    """Log the end of a connection, unless it is an ordinary one."""
    fields = {"connection": client.connection_id, "hub": client.hub}
    if ending.blame is not None:
        text = "closed connection %s of hub %s: %s"
        _logger.warning(text, client.connection_id, client.hub, ending.blame, extra=fields)
    elif ending.error is not None:
        text = "connection %s of hub %s ended: %s"
        _logger.info(text, client.connection_id, client.hub, ending.error, extra=fields)
