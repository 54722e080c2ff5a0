"""Who talks to whom, as ASGI has it."""

import asyncio
from typing import Any

__all__ = ["client_of", "server_of"]


def client_of(transport: asyncio.BaseTransport) -> tuple[str, int] | None:
    """Return the address of the client; None where it has none, as on a Unix socket."""
    return _host_and_port(transport.get_extra_info("peername"))


def server_of(transport: asyncio.BaseTransport) -> tuple[str, int | None] | None:
    """Return the address that the client has reached; that of a Unix socket is a path without a port."""
    name = transport.get_extra_info("sockname")
    return (name, None) if isinstance(name, str) and name else _host_and_port(name)


def _host_and_port(name: Any) -> tuple[str, int] | None:
    match name:
        case (host, port, *_):
            return str(host), int(port)
        case _:
            return None
