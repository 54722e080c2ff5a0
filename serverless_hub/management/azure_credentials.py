"""Credentials of Microsoft Entra as a connection string names them, made by azure-identity."""

from typing import Protocol

from serverless_hub.errors import ConfigurationError
from serverless_hub.management.send_options import AsyncTokenCredential
from serverless_hub.protocol.endpoint import Credential

__all__ = ["ClosableCredential", "azure_credential"]


class ClosableCredential(AsyncTokenCredential, Protocol):
    """One that holds connections."""

    async def close(self) -> None:
        """Close them."""


def azure_credential(credential: Credential) -> ClosableCredential:
    """Return what gives tokens for `credential`; it may read a certificate's file, so call it in a thread.

    Raises:
        ConfigurationError: azure-identity is missing, or takes the credential for a wrong one.
    """
    try:
        from azure.identity import aio  # noqa: PLC0415 - an extra, and costs half a second
    except ImportError:
        raise ConfigurationError(
            "an endpoint without an access key needs azure-identity: pip install 'serverless-hub[azure]'"
        ) from None
    client, tenant = credential.client_id, credential.tenant_id
    try:
        if credential.kind == "default":
            return (
                aio.DefaultAzureCredential(managed_identity_client_id=client)
                if client
                else aio.DefaultAzureCredential()
            )
        if credential.kind == "managed_identity":
            return aio.ManagedIdentityCredential(client_id=client)
        if credential.client_secret is not None:
            return aio.ClientSecretCredential(tenant or "", client or "", credential.client_secret)
        return aio.CertificateCredential(tenant or "", client or "", credential.client_cert_path)
    except (ValueError, OSError) as error:
        # Not chained: what it says may quote the secret or the certificate.
        raise ConfigurationError(
            f"azure-identity does not take the credential of the connection string ({type(error).__name__}): compare "
            "TenantId and ClientId, and the file that ClientCertPath names"
        ) from None
