"""Which service a router works with, decided when the app starts."""

import logging
import os

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.endpoint import parse_connection_string
from serverless_hub.routing.ports import Service
from serverless_hub.routing.remote import RemoteService

__all__ = ["CONNECTION_STRING_SETTING", "CurrentService", "choose_service"]

CONNECTION_STRING_SETTING = "AzureSignalRConnectionString"
"""The environment variable that Azure Functions' bindings read, too."""

_logger = logging.getLogger("serverless_hub.routing")


class CurrentService:
    """The service of a router while its app runs."""

    def __init__(self) -> None:
        self._service: Service | None = None

    def set(self, service: Service | None) -> None:
        """Begin or end."""
        self._service = service

    def get(self) -> Service:
        """Return the service.

        Raises:
            ConfigurationError: the app's lifespan has not run.
        """
        if self._service is None:
            raise ConfigurationError(
                "the HubRouter has not been started: its app's lifespan did not run. A mounted app has none: install "
                "the router in the outermost app, or enter `app.router.lifespan_context(app)` in the lifespan of that"
            )
        return self._service


def choose_service(default: Service | None) -> Service:
    """Return the service that the connection string in the environment names, else `default`.

    Raises:
        ConfigurationError: the connection string is blank or malformed, or there is neither it nor a default.
    """
    connection_string = os.environ.get(CONNECTION_STRING_SETTING)
    if connection_string is not None:
        return RemoteService(parse_connection_string(connection_string))
    if default is None:
        raise ConfigurationError(
            f"there is no SignalR service: set {CONNECTION_STRING_SETTING}, or say "
            "HubRouter(..., default_service=EmbeddedService())"
        )
    _logger.warning("%s is not set: using the embedded SignalR service", CONNECTION_STRING_SETTING)
    return default
