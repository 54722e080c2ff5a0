"""Temporary access keys, which Azure gives to apps that prove themselves by Microsoft Entra.

Source: azure-signalr AadAccessKey.cs; REST API 2024-12-01, `GET /api/auth/accessKey`.
"""

from dataclasses import dataclass, field

from serverless_hub.management.requests import ServiceRequest
from serverless_hub.management.rest_answers import read_access_key
from serverless_hub.management.service_client import ServiceClient

__all__ = ["AccessKey", "fetch_access_key"]

_REQUEST = ServiceRequest(method="GET", path="/api/auth/accessKey", purpose="asking for a temporary access key")


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key that signs tokens of clients for a while, about an hour on Azure."""

    id: str
    """What tokens name it by: `kid` in their header."""
    value: str = field(repr=False)


async def fetch_access_key(client: ServiceClient) -> AccessKey:
    """Ask a service for a temporary key.

    Raises:
        UnauthorizedError: it gives none to us; the embedded one never does.
        ServiceError: there is no answer, or another one.
    """
    return AccessKey(*read_access_key(await client.send(_REQUEST), client.endpoint.server_url))
