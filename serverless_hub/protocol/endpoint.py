"""Connection strings (azure-signalr ConnectionStringParser.cs; Azure docs `concept-connection-string.md`).

`Endpoint=https://name.service.signalr.net;AccessKey=...;Version=1.0;`
"""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from serverless_hub.errors import ConfigurationError

__all__ = ["HUB_NAME", "Endpoint", "parse_connection_string"]

HUB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_`,.\[\]]{0,127}")
"""What a hub may be called (REST API 2024-12-01, parameter `hub`)."""

_VERSION = re.compile(r"1\.\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A SignalR service and the key to it."""

    url: str
    """Scheme, host and port, without a slash at the end."""
    access_key: str = field(repr=False)
    client_url: str
    """Where clients connect, where that differs from `url`."""
    server_url: str
    """Where the app sends, where that differs from `url`."""


def parse_connection_string(text: str) -> Endpoint:
    """Read a connection string.

    Raises:
        ConfigurationError: it is blank or malformed; the text says what is wrong and holds no key.
    """
    if not text.strip():
        raise ConfigurationError("the connection string is blank: set it, or remove the setting")
    properties = _properties(text)
    url = _base_url("Endpoint", _required(properties, "endpoint"), properties.get("port"))
    version = properties.get("version", "1.0")
    if not _VERSION.fullmatch(version):
        raise ConfigurationError(f"version {version} of the connection string is not supported: use 1.0")
    if "authtype" in properties:
        raise ConfigurationError("AuthType is not supported yet: use a connection string with an AccessKey")
    return Endpoint(
        url=url,
        access_key=_required(properties, "accesskey"),
        client_url=_base_url("ClientEndpoint", properties.get("clientendpoint", url)),
        server_url=_base_url("ServerEndpoint", properties.get("serverendpoint", url)),
    )


def _properties(text: str) -> dict[str, str]:
    properties: dict[str, str] = {}
    for item in text.split(";"):
        if not item.strip():
            continue
        name, separator, value = item.partition("=")
        key = name.strip().lower()
        if not separator:
            raise ConfigurationError("a part of the connection string has no '=': write Name=value;Name=value;")
        if key in properties:
            raise ConfigurationError(f"the connection string has {name.strip()} twice")
        properties[key] = value.strip()
    return properties


def _required(properties: dict[str, str], name: str) -> str:
    value = properties.get(name)
    if not value:
        shown = {"endpoint": "Endpoint", "accesskey": "AccessKey"}[name]
        raise ConfigurationError(f"the connection string lacks {shown}=...;")
    return value


def _base_url(name: str, value: str, port: str | None = None) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(f"{name} of the connection string is not an http(s) URL")
    base = value.rstrip("/")
    if port is None:
        return base
    if not (port.isdecimal() and 0 < int(port) < 65536):  # noqa: PLR2004 - the range of ports
        raise ConfigurationError("Port of the connection string is not a number from 1 to 65535")
    return f"{parts.scheme}://{parts.hostname}:{port}"
