"""Which web pages from elsewhere may negotiate (client-side reference: Fetch standard, "CORS protocol")."""

from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from serverless_hub.errors import ConfigurationError
from serverless_hub.management.remote_service import RemoteService
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.routing.services import Services

__all__ = ["Cors"]


class Cors:
    """Origins that were named; and with a service in this process, whatever that one allows: loopback origins.

    Args:
        origins: such as `https://www.example.com`.
        services: the current ones.

    Raises:
        ConfigurationError: an origin that is none, or `*`.
    """

    def __init__(self, origins: Iterable[str], services: Services) -> None:
        self._named = CorsPolicy(origins)
        self._services = services

    def policy(self, hub: str) -> CorsPolicy:
        """Return who may negotiate for a hub."""
        try:
            service = self._services.of(hub)
        except ConfigurationError:  # The app has not started; negotiate says so.
            return self._named
        return self._named if isinstance(service, RemoteService) else service.cors

    def share(self) -> None:
        """Let services in this process allow what was named here."""
        for service in self._services.all():
            if not isinstance(service, RemoteService):
                service.cors.allow(self._named)

    def preflight(self, hub: str) -> Callable[[Request], Awaitable[Response]]:
        """Return the endpoint that answers OPTIONS for the negotiate of a hub."""

        async def answer(request: Request) -> Response:
            asked = request.headers.get("access-control-request-headers")
            response = Response(status_code=HTTPStatus.NO_CONTENT)
            response.raw_headers += self.policy(hub).preflight_headers(request.headers.get("origin"), asked)
            return response

        return answer
