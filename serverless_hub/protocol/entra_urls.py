"""The URLs of an identity provider: https, or http where nobody can listen in."""

import re
from ipaddress import ip_address

__all__ = ["split_url"]

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?"
    r"(?P<path>[/?][a-z0-9._~%!$&'()*+,;=:@/?-]*)?",
    re.ASCII | re.IGNORECASE,
)
_USUAL_PORTS = {"http": "80", "https": "443"}


def split_url(url: str) -> tuple[str, str]:
    """Return origin and path (with query) of a URL; the origin is lower case, without the port where that is usual.

    Raises:
        ValueError: it is neither https nor, on loopback, http; or it has a user, a fragment, or characters that
            programs read in different ways.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError("it is no plain http(s) URL")
    scheme, host, port = match["scheme"].lower(), match["host"].lower(), match["port"]
    if scheme == "http" and not _is_loopback(host):
        raise ValueError("it is not https")
    suffix = "" if port in {None, _USUAL_PORTS[scheme]} else f":{port}"
    return f"{scheme}://{host}{suffix}", match["path"] or ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
