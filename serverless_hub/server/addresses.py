"""Who talks to whom, as ASGI has it."""

import asyncio

__all__ = ["client_of", "server_of"]


def client_of(transport: asyncio.BaseTransport) -> tuple[str, int] | None:
    """Return the address of the client; None where it has none, as on a Unix socket."""
    name = transport.get_extra_info("peername")
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None


def server_of(transport: asyncio.BaseTransport) -> tuple[str, int | None] | None:
    """Return the address that the client has reached; that of a Unix socket is a path without a port."""
    name = transport.get_extra_info("sockname")
    if isinstance(name, tuple):
        return str(name[0]), int(name[1])
    return (name, None) if isinstance(name, str) and name else None
