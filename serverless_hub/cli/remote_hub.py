"""A hub of the service that a connection string names, for as long as a command runs."""

from types import TracebackType
from typing import Self

from serverless_hub.clock import SystemClock
from serverless_hub.errors import ConfigurationError, TokenError
from serverless_hub.http_client import HttpClient
from serverless_hub.hub.clients import Clients
from serverless_hub.hub.groups import Connections, Groups, UserGroups, Users
from serverless_hub.hub.negotiation import Negotiation, SignalRConnectionInfo
from serverless_hub.management.rest_sender import RestSender
from serverless_hub.management.send_options import SendOptions
from serverless_hub.management.service_client import ServiceClient
from serverless_hub.protocol.client_token import client_claims, client_url
from serverless_hub.protocol.endpoint import parse_connection_string
from serverless_hub.protocol.tokens import sign_token

__all__ = ["RemoteHub"]


class RemoteHub:
    """Sends to the clients of one hub and manages them.

    Args:
        connection_string: of the service.
        hub: the hub's name.

    Raises:
        ConfigurationError: the connection string is malformed.
    """

    def __init__(self, connection_string: str, hub: str) -> None:
        self._endpoint = parse_connection_string(connection_string)
        self._hub = hub
        self._clock = SystemClock()
        self._http = HttpClient()
        self._options = SendOptions()
        self._client = ServiceClient(self._endpoint, self._http, self._clock, self._options)
        sender = RestSender(self._endpoint, hub.lower(), self._client)
        self.clients = Clients(sender)
        self.groups = Groups(sender)
        self.user_groups = UserGroups(sender)
        self.users = Users(sender)
        self.connections = Connections(sender)

    async def __aenter__(self) -> Self:
        await self._http.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()
        await self._http.close()

    async def is_healthy(self) -> bool:
        """Tell whether the service answers that it is well."""
        return await self._client.is_healthy(self._options.timeout)

    async def negotiate(self, negotiation: Negotiation) -> SignalRConnectionInfo:
        """Return where a client connects, and its token.

        Raises:
            ConfigurationError: there is no access key to sign the token with, or the token would be too long.
        """
        if self._endpoint.access_key is None:
            raise ConfigurationError("tokens for clients need a connection string with an AccessKey")
        url = client_url(self._endpoint.client_url, self._hub)
        seconds = negotiation.lifetime.total_seconds()
        claims = client_claims(
            negotiation.user_id, negotiation.claims, audience=url, now=self._clock.time(), lifetime=seconds
        )
        try:
            return SignalRConnectionInfo(url=url, accessToken=sign_token(claims, self._endpoint.access_key))
        except TokenError as error:
            raise ConfigurationError(str(error)) from error
