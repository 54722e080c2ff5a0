"""The grammar of connection strings: `Name=value;Name=value;` (azure-signalr ConnectionStringParser.cs).

No error holds any text of the string except names that are known: what is wrong may be a key in the wrong place.
"""

from serverless_hub.errors import ConfigurationError

__all__ = ["read_properties", "shown"]

_KNOWN = (
    *("Endpoint", "Port", "Version", "ClientEndpoint", "ServerEndpoint", "AccessKey", "AuthType"),
    *("ClientId", "TenantId", "ClientSecret", "ClientCertPath"),
)
_NAMES = {name.lower(): name for name in _KNOWN} | {"clientcert": "ClientCertPath"}
"""How names in lower case are spelt; the parser of .NET knows `ClientCert`, the docs `ClientCertPath`."""


def read_properties(text: str) -> dict[str, str]:
    """Return the properties by name, in the spelling of the docs; unknown ones are in lower case.

    Names ignore case; spaces around names and values do not count; a value may have equals signs.

    Raises:
        ConfigurationError: a part is no `Name=value`, a name is there twice, or the value of a known one is blank or
            has characters that do not print.
    """
    properties: dict[str, str] = {}
    for item in filter(str.strip, text.split(";")):
        key, separator, value = (part.strip() for part in item.partition("="))
        if not separator:
            raise ConfigurationError("a part of the connection string has no '=': write Name=value;Name=value;")
        known = _NAMES.get(key.lower())
        name = known or key.lower()
        if name in properties:
            raise ConfigurationError(f"{shown(known or 'a name')} is there twice: leave one")
        if known is not None:
            _check(known, value)
        properties[name] = value
    return properties


def shown(name: str) -> str:
    """Return what errors call a property."""
    return f"{name} of the connection string"


def _check(name: str, value: str) -> None:
    if not value:
        raise ConfigurationError(f"{shown(name)} is blank: write {name}=...; or leave it out")
    if name == "AccessKey" and "…" in value:
        raise ConfigurationError(f"{shown(name)} is the sign that stands for a key: put the key there")
    if not value.isprintable():
        raise ConfigurationError(f"{shown(name)} has characters that do not print: type it, or copy it again")
