"""Settings that say which SignalR services there are, under the names that Azure Functions reads.

Names ignore case, and `:` and `__` are the same separator, as in .NET's configuration.

Source: the Functions extension's OptionsSetup.cs (precedence), IConfigurationExtensions.cs (sections) and
docs/sharding.md (several endpoints); ClientFactory.cs of Microsoft.Extensions.Azure (credentials);
NameResolverExtensions.cs of the WebJobs SDK (`%Name%`).
"""

import os
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from serverless_hub.errors import ConfigurationError
from serverless_hub.protocol.endpoint import Credential, Endpoint, parse_connection_string
from serverless_hub.protocol.service_url import service_url

__all__ = ["CONNECTION_STRING_SETTING", "read_endpoints", "resolve_setting"]

CONNECTION_STRING_SETTING = "AzureSignalRConnectionString"
"""The connection that Azure Functions' bindings use when they name none."""

_TRANSPORT = "AzureSignalRServiceTransportType"
_NAMED_ENDPOINTS = "Azure:SignalR:Endpoints"
_WEIGHT = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
_REFERENCE = re.compile(r"%([^%]*)%")
_IDENTITY = (
    *("serviceUri", "credential", "clientId", "tenantId", "clientSecret"),
    *("clientEndpoint", "serverEndpoint", "type"),
)
_UNKNOWN_IDENTITY = (
    *("managedIdentityClientId", "managedIdentityResourceId", "managedIdentityObjectId", "clientCertificate"),
    *("additionallyAllowedTenants", "serviceConnectionId", "systemAccessToken", "tokenFilePath", "azureCloud"),
)
"""Azure Functions reads these, too; skipping them would make the app somebody else than they say."""


def read_endpoints(name: str = CONNECTION_STRING_SETTING, environ: Mapping[str, str] = os.environ) -> list[Endpoint]:
    """Return the endpoints of the connection `name`, none when nothing is set.

    First the connection string in `ConnectionStrings:{name}`, else in `{name}`; then the named endpoints in
    `Azure:SignalR:Endpoints`, sorted by name, with the weights in their `:weight`, a setting of our own; last, where
    there is no connection string, the identity in the section `{name}:serviceUri`. What goes before something else
    keeps it from being read.

    Raises:
        ConfigurationError: a setting that is read is blank, malformed, contradicted or lacks another; the text names it
            and holds no secret.
    """
    if not name.strip():
        raise ConfigurationError(f"the name of a connection is blank: write one, such as {CONNECTION_STRING_SETTING}")
    settings = _Settings(environ)
    _check_transport(settings.get(_TRANSPORT))
    connection_string = settings.get(f"ConnectionStrings:{name}") or settings.get(name)
    endpoints = [] if connection_string is None else [_from_connection_string(connection_string)]
    for child in settings.children(_NAMED_ENDPOINTS):
        endpoints += _weighted(settings, child, _named(settings, child))
    if connection_string is None:
        endpoints += _from_identity(settings, name)
    return endpoints


def resolve_setting(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return `text` with the value of a setting in place of each `%Name%`.

    As in Azure Functions, values are not searched again, and there is no way to write a percent sign: `%%` is the
    setting without a name.

    Raises:
        ConfigurationError: a setting is not there or blank, or a percent sign stands alone; the text names it.
    """
    if text.count("%") % 2:
        raise ConfigurationError(f"{text!r} has a % without a second one: write %Name% for the setting Name")
    settings = _Settings(environ)

    def value(reference: re.Match[str]) -> str:
        setting = settings.get(reference[1])
        if setting is None:
            raise ConfigurationError(f"{text!r} takes the setting {reference[1]!r}, which is not set: set it")
        return setting.value

    return _REFERENCE.sub(value, text)


class _Setting(NamedTuple):
    name: str
    """As it is spelt where it was found."""
    value: str


class _Settings:
    """Settings by name, as .NET's configuration finds them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._spellings: dict[str, dict[str, str]] = {}
        for name in environ:
            value = environ.get(name)
            if value is not None:  # Another thread may have taken it out meanwhile, as pydantic does with one.
                self._spellings.setdefault(_key(name), {})[name] = value.strip()

    def get(self, name: str) -> _Setting | None:
        found = self._spellings.get(_key(name))
        if found is None:
            return None
        if len(set(found.values())) > 1:
            raise ConfigurationError(f"{' and '.join(sorted(found))} are one setting with two values: leave one")
        setting = _Setting(*next(iter(found.items())))
        if not setting.value:
            raise ConfigurationError(f"{setting.name} is blank: set it, or remove it")
        return setting

    def children(self, section: str) -> list[str]:
        """Return the names one level below `section`, sorted, each once in the spelling that comes first."""
        prefix = f"{_key(section)}:"
        found: dict[str, str] = {}
        for key, spellings in self._spellings.items():
            if key.startswith(prefix):
                child = _colons(next(iter(spellings))).split(":")[prefix.count(":")]
                found.setdefault(child.lower(), child)
        return [child for _, child in sorted(found.items())]


def _check_transport(setting: _Setting | None) -> None:
    """Take what Azure Functions take for sending by requests, and refuse what we would only seem to do."""
    if setting is None or setting.value.lower() == "transient":
        return
    raise ConfigurationError(
        f"{setting.name} takes Transient: everything is sent over the REST API here. Persistent means connections of "
        "Azure's own protocol for servers, which is not published; remove the setting"
    )


def _colons(name: str) -> str:
    return name.replace("__", ":")


def _key(name: str) -> str:
    return _colons(name).lower()


def _from_connection_string(setting: _Setting, name: str = "", *, primary: bool = True) -> Endpoint:
    with _errors_name(setting.name):
        return replace(parse_connection_string(setting.value), name=name, primary=primary)


def _named(settings: _Settings, name: str) -> list[Endpoint]:
    if not name:
        raise ConfigurationError(f"a setting of {_NAMED_ENDPOINTS} names no endpoint: write {_NAMED_ENDPOINTS}:<name>")
    section = f"{_NAMED_ENDPOINTS}:{name}"
    if settings.get(f"{section}:serviceUri") is not None:
        return _from_identity(settings, section, name)
    roles = {section: True, f"{section}:primary": True, f"{section}:secondary": False}
    found = [(settings.get(setting), primary) for setting, primary in roles.items()]
    endpoints = [_from_connection_string(each, name, primary=primary) for each, primary in found if each is not None]
    if not endpoints:
        raise ConfigurationError(
            f"{section} gives no endpoint: set it, or its :primary or :secondary, to a connection string, or its "
            ":serviceUri to the URL of the service"
        )
    return endpoints


def _weighted(settings: _Settings, name: str, endpoints: list[Endpoint]) -> list[Endpoint]:
    setting = settings.get(f"{_NAMED_ENDPOINTS}:{name}:weight")
    if setting is None:
        return endpoints
    if not _WEIGHT.fullmatch(setting.value):
        raise ConfigurationError(f"{setting.name} takes a number from 1 to 999: set it to one, or remove it")
    return [replace(endpoint, weight=int(setting.value)) for endpoint in endpoints]


def _from_identity(settings: _Settings, section: str, name: str = "") -> list[Endpoint]:
    given = {key: found for key in _IDENTITY if (found := settings.get(f"{section}:{key}")) is not None}
    uri = given.pop("serviceUri", None)
    if uri is None and given:
        other = next(iter(given.values()))
        raise ConfigurationError(f"{other.name} needs {section}:serviceUri: set that to the URL of the service")
    if uri is None:
        return []
    url = service_url(*uri)
    endpoint = Endpoint(
        url=url,
        credential=_credential(settings, section, given),
        client_url=service_url(*given["clientEndpoint"]) if "clientEndpoint" in given else url,
        server_url=service_url(*given["serverEndpoint"]) if "serverEndpoint" in given else url,
        name=name,
        primary=_is_primary(given.get("type")),
    )
    return [endpoint]


def _credential(settings: _Settings, section: str, given: Mapping[str, _Setting]) -> Credential:
    for key in _UNKNOWN_IDENTITY:
        unknown = settings.get(f"{section}:{key}")
        if unknown is not None:
            raise ConfigurationError(f"{unknown.name} is not supported: remove it, and use clientId")
    client_id, tenant_id, client_secret = (
        given[key].value if key in given else None for key in ("clientId", "tenantId", "clientSecret")
    )
    kind = given.get("credential")
    if kind is not None:
        if kind.value.lower() != "managedidentity":
            raise ConfigurationError(f"{kind.name} takes managedidentity: set it to that, or remove it")
        return Credential(kind="managed_identity", client_id=client_id)
    if client_secret is None:
        return Credential(kind="default", client_id=client_id, tenant_id=tenant_id)
    with _errors_name(section):
        return Credential(kind="application", client_id=client_id, tenant_id=tenant_id, client_secret=client_secret)


def _is_primary(setting: _Setting | None) -> bool:
    if setting is None:
        return True
    role = setting.value.lower()
    if role not in {"primary", "secondary"}:
        raise ConfigurationError(f"{setting.name} takes Primary or Secondary: set it to one of them, or remove it")
    return role == "primary"


@contextmanager
def _errors_name(setting: str) -> Generator[None, None, None]:
    try:
        yield
    except ConfigurationError as error:
        raise ConfigurationError(f"{setting}: {error}") from error
