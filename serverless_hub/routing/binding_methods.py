"""The methods of `HubRouter` that are Azure's input and output bindings, as FastAPI dependencies."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, TypeVar, overload

from fastapi import APIRouter, Request

from serverless_hub.hub.catalog import HubCatalog
from serverless_hub.hub.clients import ClientProxy
from serverless_hub.hub.endpoints import SignalREndpoint, SignalRNegotiation
from serverless_hub.hub.hub import ServerlessHub
from serverless_hub.hub.negotiation import SignalRConnectionInfo
from serverless_hub.hub.ports import HubSender
from serverless_hub.management.hub_context import HubContext
from serverless_hub.management.remote_service import RemoteService
from serverless_hub.routing.connection_info import ConnectionInfoBinding, connection_info_dependency
from serverless_hub.routing.endpoints_bindings import endpoints_dependency, negotiation_dependency, urls_of
from serverless_hub.routing.expressions import Expression
from serverless_hub.routing.hub_backend import RouterBackend
from serverless_hub.routing.negotiator import Negotiator
from serverless_hub.routing.output import SignalROutput, output_dependency, sending_result
from serverless_hub.routing.security_token import TokenVerifier
from serverless_hub.routing.services import Services

__all__ = ["BindingMethods"]

_T = TypeVar("_T")


class BindingMethods(APIRouter):
    """A router with bindings; its subclass has what they work with."""

    _catalog: HubCatalog
    _services: Services
    _negotiator: Negotiator

    @overload
    def context(self, hub: type[ServerlessHub[_T]], *, connection: str | None = None) -> HubContext[_T]: ...
    @overload
    def context(self, hub: str, *, connection: str | None = None) -> HubContext[ClientProxy]: ...
    def context(self, hub: str | type[ServerlessHub[Any]], *, connection: str | None = None) -> HubContext[Any]:
        """Return a hub's context, for endpoints and tasks of the app; it works while the app runs.

            chat = router.context(Chat)
            ChatContext = Annotated[HubContext[ChatClient], Depends(chat)]

        Args:
            hub: the hub's class, or its name.
            connection: the setting that holds the connection string, of a hub that only is sent to; without it, that
                of the class, or the router's.
        """
        if not isinstance(hub, str):
            connection = connection or hub.hub_definition.connection
        name = self._catalog.wire_name(hub if isinstance(hub, str) else hub.hub_definition.name)
        self._services.require(connection)
        return HubContext.of(hub, RouterBackend(self._services, self._negotiator, name, connection))

    def output(self, hub: str, *, connection: str | None = None) -> Callable[..., Awaitable[SignalROutput]]:
        """Return a FastAPI dependency for sending to a hub: Azure's output binding.

            Chat = Annotated[SignalROutput, Depends(router.output("chat"))]

        Args:
            hub: the hub's name, `%Setting%` and binding expressions (`{headers.x}`, `{query.x}`, `{name}`) included.
            connection: the setting that holds the connection string; without it, the router's.

        Raises:
            ConfigurationError: an expression that cannot be read, or a setting that is missing.
        """
        self._services.require(connection)

        def output_of(request: Request, name: str) -> SignalROutput:
            wire_name = self._catalog.wire_name(name)

            def narrow(endpoints: Sequence[SignalREndpoint]) -> HubSender:
                urls = urls_of(endpoints, self._negotiator.endpoints(request, wire_name, connection=connection))
                # A service in this process has one endpoint.
                only = urls if isinstance(self._services.of(wire_name, connection), RemoteService) else None
                return self._services.sender(wire_name, connection, only)

            return SignalROutput(self._services.sender(wire_name, connection), narrow)

        return output_dependency(Expression(hub), output_of)

    def sends(self, hub: str, *, connection: str | None = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorate an endpoint or a function whose result is what to send, as Azure's `$return` binding.

            @app.post("/broadcast")
            @router.sends("chat")
            async def broadcast(text: str) -> SignalRMessage: ...

        Several items are a list; None sends nothing. Arguments and errors are those of `output`.
        """
        dependency = self.output(hub, connection=connection)
        return lambda function: sending_result(function, dependency)

    def connection_info(
        self,
        hub: str,
        *,
        user_id: str | None = None,
        id_token: str | None = None,
        claim_type_list: Collection[str] = (),
        verifier: TokenVerifier | None = None,
        security_token: Callable[..., Any] | None = None,
        connection: str | None = None,
    ) -> Callable[..., Awaitable[SignalRConnectionInfo | None]]:
        """Return a FastAPI dependency for negotiating by hand: Azure's SignalRConnectionInfo binding.

        Args:
            hub: the hub's name, binding expressions included.
            user_id: such as `"{headers.x-ms-client-principal-id}"`; nothing is read from a request unless it says so.
            id_token: such as `"{headers.authorization}"`.
            claim_type_list: the claims of the id token that the client's token takes over; case counts.
            verifier: verifies the id token; without one its claims are copied unverified, and never become part of
                the identity.
            security_token: a dependency as `bindings.security_token` makes it: unless the request's token is valid,
                the connection info is None.
            connection: the setting that holds the connection string; without it, the router's.

        Raises:
            ConfigurationError: an expression that cannot be read, or a setting that is missing.
        """
        self._services.require(connection)
        binding = ConnectionInfoBinding(
            hub=Expression(hub),
            connection=connection,
            user_id=None if user_id is None else Expression(user_id),
            id_token=None if id_token is None else Expression(id_token),
            claim_type_list=claim_type_list,
            verifier=verifier,
            security_token=security_token,
        )
        return connection_info_dependency(binding, self._catalog.wire_name, self._negotiator)

    def negotiation(
        self, hub: str, *, user_id: str | None = None, connection: str | None = None
    ) -> Callable[[Request], Awaitable[SignalRNegotiation]]:
        """Return a FastAPI dependency with all endpoints and a connection info for each: SignalRNegotiation.

        For an endpoint of one's own that chooses where a client goes, or lets it choose.

        Args:
            hub: the hub's name, binding expressions included.
            user_id: such as `"{headers.x-ms-client-principal-id}"`; nothing is read from a request unless it says so.
            connection: the setting that holds the connection string; without it, the router's.

        Raises:
            ConfigurationError: an expression that cannot be read, or a setting that is missing.
        """
        self._services.require(connection)
        user = None if user_id is None else Expression(user_id)
        return negotiation_dependency(Expression(hub), user, connection, self._catalog.wire_name, self._negotiator)

    def endpoints(
        self, hub: str, *, connection: str | None = None
    ) -> Callable[[Request], Awaitable[list[SignalREndpoint]]]:
        """Return a FastAPI dependency with all endpoints of a hub and how they are: SignalREndpoints.

        Some of them, in `endpoints` of an output, are where that goes. Arguments and errors are those of `output`.
        """
        self._services.require(connection)
        return endpoints_dependency(Expression(hub), connection, self._catalog.wire_name, self._negotiator)
