"""Class-based SignalR hubs for FastAPI: on Azure SignalR Service, or with no cloud at all.

from fastapi import FastAPI
from serverless_hub import EmbeddedService, HubRouter, ServerlessHub

class Chat(ServerlessHub):
    async def send_message(self, text: str) -> None:
        await self.clients.all.send("message", text)

app = FastAPI()
HubRouter(Chat, default_service=EmbeddedService()).install(app)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serverless_hub.embedded import EmbeddedService
    from serverless_hub.errors import (
        ConfigurationError,
        ConnectionRejected,
        HubDefinitionError,
        HubException,
        ServerlessHubError,
        ServiceError,
    )
    from serverless_hub.hub.context import InvocationContext
    from serverless_hub.hub.hub import ServerlessHub, hub_method
    from serverless_hub.hub.injection import Ignore
    from serverless_hub.hub.negotiation import Negotiation
    from serverless_hub.hub.rate_limit import RateLimit
    from serverless_hub.hub.requires import requires
    from serverless_hub.management.hub_context import HubContext
    from serverless_hub.management.send_options import SendOptions
    from serverless_hub.management.sync_hub_context import SyncHubContext
    from serverless_hub.protocol.entra import EntraAuthentication
    from serverless_hub.routing.router import HubRouter
    from serverless_hub.service.settings import ServiceSettings

__all__ = [
    "ConfigurationError",
    "ConnectionRejected",
    "EmbeddedService",
    "EntraAuthentication",
    "HubContext",
    "HubDefinitionError",
    "HubException",
    "HubRouter",
    "Ignore",
    "InvocationContext",
    "Negotiation",
    "RateLimit",
    "SendOptions",
    "ServerlessHub",
    "ServerlessHubError",
    "ServiceError",
    "ServiceSettings",
    "SyncHubContext",
    "hub_method",
    "requires",
]

_HOME = {
    "ConfigurationError": "errors",
    "ConnectionRejected": "errors",
    "EmbeddedService": "embedded",
    "EntraAuthentication": "protocol.entra",
    "HubContext": "management.hub_context",
    "HubDefinitionError": "errors",
    "HubException": "errors",
    "HubRouter": "routing.router",
    "Ignore": "hub.injection",
    "InvocationContext": "hub.context",
    "Negotiation": "hub.negotiation",
    "RateLimit": "hub.rate_limit",
    "SendOptions": "management.send_options",
    "ServerlessHub": "hub.hub",
    "ServerlessHubError": "errors",
    "ServiceError": "errors",
    "ServiceSettings": "service.settings",
    "SyncHubContext": "management.sync_hub_context",
    "hub_method": "hub.hub",
    "requires": "hub.requires",
}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use, so that importing the package stays cheap."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
