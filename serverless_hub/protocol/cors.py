"""Which pages of other origins may call HTTP endpoints, with credentials (Fetch standard, "HTTP extensions").

SignalR's JavaScript client sends credentials by default, so `*` cannot be answered: every answer, errors too, names the
one origin that asked.
"""

import re
from collections.abc import Iterable

from serverless_hub.errors import ConfigurationError

__all__ = ["CorsPolicy"]

_Headers = list[tuple[bytes, bytes]]

_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?",
    re.ASCII | re.IGNORECASE,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_PORT = 65535
_LOOPBACK_HOSTS = frozenset(("localhost", "127.0.0.1", "[::1]"))
_METHODS = b"GET, POST, DELETE"
_MAX_REQUESTED_BYTES = 1024
_MAX_AGE_SECONDS = b"600"

_Origin = tuple[str, str, int | None]
"""Scheme, host and port, by which origins are the same or not."""


class CorsPolicy:
    """Says of an origin which headers its answers get.

    Args:
        allowed_origins: such as `https://chat.example.com`; paths are no part of an origin.
        allow_loopback: whether pages of the same machine are allowed: http(s) at localhost, 127.0.0.1 or [::1] on any
            port.

    Raises:
        ConfigurationError: `allowed_origins` is a single text, or one of them is `*` or no origin.
    """

    def __init__(self, allowed_origins: Iterable[str] = (), *, allow_loopback: bool = False) -> None:
        if isinstance(allowed_origins, str):
            raise ConfigurationError(f"allowed_origins takes several: allowed_origins=[{allowed_origins!r}]")
        self._allowed = {_configured(origin) for origin in allowed_origins}
        self._allow_loopback = allow_loopback

    def allow(self, other: "CorsPolicy") -> None:
        """Allow from now on what `other` names, too."""
        self._allowed |= other._allowed  # noqa: SLF001 - one of our own kind

    def allows(self, origin: str) -> bool:
        """Tell whether pages of `origin`, as it stands in a request's header, may call; `null` never may."""
        read = _read(origin)
        if read is None:
            return False
        scheme, host, _ = read
        is_loopback = scheme in _DEFAULT_PORTS and host in _LOOPBACK_HOSTS
        return read in self._allowed or (self._allow_loopback and is_loopback)

    def headers(self, origin: str | None) -> _Headers:
        """Return the headers of the answer to a request; only that it varies, where `origin` is not allowed."""
        headers = [(b"vary", b"Origin")]
        if origin is not None and self.allows(origin):
            headers.append((b"access-control-allow-origin", origin.encode("ascii")))
            headers.append((b"access-control-allow-credentials", b"true"))
        return headers

    def preflight_headers(self, origin: str | None, requested_headers: str | None) -> _Headers:
        """Return the headers of the answer to a preflight.

        Args:
            origin: the request's `Origin`.
            requested_headers: its `Access-Control-Request-Headers`: allowed as they stand, unless they are longer than
                1 KiB or no text for a header.
        """
        headers = self.headers(origin)
        if origin is None or not self.allows(origin):
            return headers
        headers.append((b"access-control-allow-methods", _METHODS))
        if requested_headers and _can_be_echoed(requested_headers):
            headers.append((b"access-control-allow-headers", requested_headers.encode("ascii")))
        headers.append((b"access-control-max-age", _MAX_AGE_SECONDS))
        return headers


def _configured(origin: str) -> _Origin:
    if origin == "*":
        raise ConfigurationError(
            "allowed_origins cannot contain '*': browsers refuse it for requests with credentials, and SignalR clients "
            "send those. Name the origins, such as https://chat.example.com"
        )
    read = _read(origin)
    if read is None:
        raise ConfigurationError(
            f"allowed_origins contains {origin!r}, which is no origin: write scheme, host and port as a browser sends "
            "them, without a path, such as https://chat.example.com or http://localhost:5173"
        )
    return read


def _read(origin: str) -> _Origin | None:
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        return None
    scheme = match["scheme"].lower()
    port = int(match["port"]) if match["port"] else _DEFAULT_PORTS.get(scheme)
    return None if port is not None and port > _MAX_PORT else (scheme, match["host"].lower(), port)


def _can_be_echoed(text: str) -> bool:
    return text.isascii() and text.isprintable() and len(text) <= _MAX_REQUESTED_BYTES
