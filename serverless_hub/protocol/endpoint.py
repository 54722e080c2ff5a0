"""A SignalR service, as a connection string names it.

Source: azure-signalr ConnectionStringParser.cs; Azure docs `concept-connection-string.md`.

`Endpoint=https://name.service.signalr.net;AccessKey=...;Version=1.0;`
"""

import re
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.connection_string import read_properties, shown
from serverless_hub.protocol.service_url import read_port, service_url

__all__ = ["HUB_NAME", "Credential", "Endpoint", "parse_connection_string"]

HUB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_`,.\[\]]{0,127}")
"""What a hub may be called (REST API 2024-12-01, parameter `hub`)."""

_VERSION = re.compile(r"1\.[0-9]+[\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Who the app is to Microsoft Entra, where there is no access key.

    Raises:
        ConfigurationError: an application lacks an id or the proof that it is the one.
    """

    kind: Literal["default", "managed_identity", "application"]
    """`default` tries one source after the other (DefaultAzureCredential); the others are what they say."""
    client_id: str | None = None
    """The application, or the user-assigned identity; without it the identity is the system-assigned one."""
    tenant_id: str | None = None
    """The organisation."""
    client_secret: str | None = field(default=None, repr=False)
    """What an application proves itself with; it goes before `client_cert_path`."""
    client_cert_path: str | None = None
    """The file with the certificate of an application."""

    def __post_init__(self) -> None:
        if self.kind != "application":
            return
        proof = self.client_secret or self.client_cert_path
        needed = {"ClientId": self.client_id, "TenantId": self.tenant_id, "ClientSecret or ClientCertPath": proof}
        missing = [name for name, value in needed.items() if not value]
        if missing:
            raise ConfigurationError(f"the credential of an application is incomplete: add {' and '.join(missing)}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A SignalR service and how to prove to it who the app is: by its access key or by a credential.

    Raises:
        ConfigurationError: there is neither of the two, or both; or the weight is not positive.
    """

    url: str
    """Scheme, host, port where it is not the default, and path where there is one; no slash at the end."""
    access_key: str | None = field(default=None, repr=False)
    _: KW_ONLY
    credential: Credential | None = None
    client_url: str
    """Where clients connect, where that differs from `url`."""
    server_url: str
    """Where the app sends, where that differs from `url`."""
    name: str = ""
    """What it is called where there are several."""
    primary: bool = True
    """Whether clients are sent there while it works; the others are for when no primary one does."""
    weight: int = 1
    """How many clients are sent there, compared with others of its kind."""

    def __post_init__(self) -> None:
        given = [one for one in (self.access_key, self.credential) if one is not None]
        if len(given) != 1 or not all(given):
            raise ConfigurationError("an Endpoint takes either an access_key or a credential")
        if self.weight < 1:
            raise ConfigurationError(
                "the weight of an Endpoint is 1 or more: leave out an endpoint that gets no client"
            )


def parse_connection_string(text: str) -> Endpoint:
    """Read a connection string.

    Names ignore case. Unknown ones are skipped, and so is what an AuthType does not need.

    Raises:
        ConfigurationError: it is blank or malformed; the text says what to write and holds no value of it.
    """
    if not text.strip():
        raise ConfigurationError("the connection string is blank: set it, or remove the setting")
    properties = read_properties(text)
    if not _VERSION.fullmatch(properties.get("Version", "1.0")):
        raise ConfigurationError(f"{shown('Version')} is not supported: write Version=1.0;")
    if properties.get("transporttype", "transient").lower() != "transient":
        raise ConfigurationError(
            f"{shown('TransportType')} takes Transient: everything is sent over the REST API here. Persistent means "
            "connections of Azure's own protocol for servers, which is not published; leave it out"
        )
    port = read_port(shown("Port"), properties["Port"]) if "Port" in properties else None
    url = service_url(shown("Endpoint"), _required(properties, "Endpoint"), port)
    credential = _credential(properties)
    return Endpoint(
        url=url,
        access_key=_required(properties, "AccessKey") if credential is None else None,
        credential=credential,
        client_url=service_url(shown("ClientEndpoint"), properties.get("ClientEndpoint", url)),
        server_url=service_url(shown("ServerEndpoint"), properties.get("ServerEndpoint", url)),
    )


def _credential(properties: dict[str, str]) -> Credential | None:
    client_id, tenant_id = properties.get("ClientId"), properties.get("TenantId")
    match properties.get("AuthType", "").lower():
        case "":
            return None
        case "azure":
            return Credential(kind="default")
        case "azure.msi":
            return Credential(kind="managed_identity", client_id=client_id)
        case "aad" if client_id is None or tenant_id is None:
            return Credential(kind="managed_identity", client_id=client_id)
        case "aad" | "azure.app":
            return Credential(
                kind="application",
                client_id=client_id,
                tenant_id=tenant_id,
                client_secret=properties.get("ClientSecret"),
                client_cert_path=properties.get("ClientCertPath"),
            )
        case _:
            raise ConfigurationError(
                f"{shown('AuthType')} is not known: write azure, azure.msi, azure.app or aad, or leave it out and "
                "write AccessKey=...;"
            )


def _required(properties: dict[str, str], name: str) -> str:
    if name not in properties:
        raise ConfigurationError(f"the connection string lacks {name}=...;")
    return properties[name]
