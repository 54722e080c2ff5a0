"""The base URL of a SignalR service, as connection strings and settings give it.

Source: azure-signalr ConnectionStringParser.cs (absolute, http or https, slashes at the end cut off). A path is kept,
as ConnectionStringParserTests.cs does for gateways: a service may live below one.
"""

import re
from ipaddress import IPv6Address

from serverless_hub.errors import ConfigurationError

__all__ = ["read_port", "service_url"]

_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|\[(?P<ipv6>[0-9a-f:.]+)\])"
    r"(?::(?P<port>[0-9]+))?"
    r"(?P<path>(?:/[a-z0-9._~!$&'()*+,=:@%/-]*)?)",
    re.ASCII | re.IGNORECASE,
)
_PORT = re.compile(r"0*([1-9][0-9]{0,4})", re.ASCII)
_LAST_PORT = 65535
_DEFAULT_PORTS = {"http": 80, "https": 443}


def service_url(name: str, text: str, port: int | None = None) -> str:
    """Return `text` in its normal form: lower-case scheme and host, no default port, no slash at the end.

    Args:
        name: what errors call it.
        text: an http or https URL. User names, queries and fragments are refused: paths are put behind it, and a
            password in it would be shown.
        port: replaces the port of `text`.

    Raises:
        ConfigurationError: it is not such a URL; the error holds no part of it.
    """
    parts = _URL.fullmatch(text)
    if parts is None or not _is_host(parts["ipv6"]):
        raise ConfigurationError(
            f"{name} is not an http(s) URL: write https://host, with :port and /path where they are needed, and no "
            "user name, query or fragment"
        )
    if port is None and parts["port"] is not None:
        port = read_port(f"the port of {name}", parts["port"])
    scheme = parts["scheme"].lower()
    shown_port = "" if port in {None, _DEFAULT_PORTS[scheme]} else f":{port}"
    return f"{scheme}://{parts['host'].lower()}{shown_port}{parts['path'].rstrip('/')}"


def read_port(name: str, text: str) -> int:
    """Return the port that `text` gives.

    Raises:
        ConfigurationError: it is not a number from 1 to 65535; the error says `name` and holds no part of `text`.
    """
    digits = _PORT.fullmatch(text)
    if digits is None or int(digits[1]) > _LAST_PORT:
        raise ConfigurationError(f"{name} is not a number from 1 to 65535")
    return int(digits[1])


def _is_host(ipv6: str | None) -> bool:
    if ipv6 is None:
        return True
    try:
        IPv6Address(ipv6)
    except ValueError:
        return False
    return True
