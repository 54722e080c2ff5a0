"""Where no event may go: addresses of the link and of clouds' metadata services, which give out credentials.

An app never lives there, but a template that somebody has slipped in may point there.
Sources: RFC 3927 and RFC 4291 (link-local); the documentation of the metadata services of AWS, Azure, Google Cloud,
Alibaba Cloud and Oracle Cloud.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

__all__ = ["is_forbidden_address", "is_forbidden_host"]

_METADATA_ADDRESSES = {"168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"}
_METADATA_NAMES = {"metadata.google.internal", "metadata.azure.internal"}
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as IPv6 ones (RFC 6052)."""


def is_forbidden_host(host: str) -> bool:
    """Tell whether the host of a URL, without brackets, is a forbidden name or the literal of a forbidden address."""
    return host.lower().rstrip(".") in _METADATA_NAMES or is_forbidden_address(host)


def is_forbidden_address(address: str) -> bool:
    """Tell whether an IP address is forbidden; what is none is not."""
    try:
        number = _plain(ip_address(address))
    except ValueError:
        return False
    return number.is_link_local or str(number).partition("%")[0] in _METADATA_ADDRESSES


def _plain(number: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(number, IPv6Address):
        if number.ipv4_mapped is not None:
            return number.ipv4_mapped
        if number in _TRANSLATED:
            return IPv4Address(int(number) & 0xFFFFFFFF)
    return number
