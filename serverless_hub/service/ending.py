"""How a connection ends, and the lines in the log about its beginning and its end."""

import logging
from dataclasses import dataclass
from typing import Literal

from serverless_hub.protocol.messages import Close
from serverless_hub.service.client import Client

__all__ = ["STOPPED", "Ending", "log_beginning", "log_ending"]

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


def log_beginning(client: Client, transport: str) -> None:
    """Log that a client is served, for those who want to see everything."""
    if _logger.isEnabledFor(logging.DEBUG):
        text = "connection %(connection)s of hub %(hub)s began over %(transport)s"
        fields = {**_fields(client), "transport": transport}
        _logger.debug(text, fields, extra=fields)


def log_ending(client: Client, ending: Ending, seconds: float) -> None:
    """Log the end of a connection, after `seconds`; an ordinary one for those who want to see everything."""
    fields = {**_fields(client), "duration": seconds}
    if ending.blame is not None:
        text = "closed connection %s of hub %s: %s"
        _logger.warning(text, client.connection_id, client.hub, ending.blame, extra=fields)
    elif ending.error is not None:
        text = "connection %s of hub %s ended: %s"
        _logger.info(text, client.connection_id, client.hub, ending.error, extra=fields)
    else:
        text = "connection %s of hub %s ended in order after %.3f s"
        _logger.debug(text, client.connection_id, client.hub, seconds, extra=fields)


def _fields(client: Client) -> dict[str, object]:
    """Return what structured logs say of a connection besides their text."""
    return {"connection": client.connection_id, "hub": client.hub}
