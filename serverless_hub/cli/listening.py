"""The socket that a service of its own listens at."""

import os
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from serverless_hub.errors import ConfigurationError

__all__ = ["Address", "give_up_after", "listen", "resolve"]

_BACKLOG = 2048
_STALLED_SECONDS = 60.0
"""Above the 30 seconds after which a silent client is closed in order."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address of this machine."""

    family: int
    name: tuple[Any, ...]
    """As the system gives it: number, port and what else belongs to its family."""

    @property
    def host(self) -> str:
        """The address as a number."""
        return str(self.name[0])

    @property
    def url(self) -> str:
        """Where a program on this machine reaches it."""
        number = ip_address(self.host.partition("%")[0])
        if number.is_unspecified:
            number = ip_address("127.0.0.1" if number.version == 4 else "::1")  # noqa: PLR2004 - IPv4
        host = str(number) if number.version == 4 else f"[{number}]"  # noqa: PLR2004 - IPv4
        return f"http://{host}:{self.name[1]}"


def resolve(host: str, port: int) -> Address:
    """Return the address that `host` is, the first where there are several.

    Raises:
        ConfigurationError: there is none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(
            f"--host {host!r} is not known: write an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all"
        ) from error
    family, *_, name = found[0]
    return Address(family, name)


def listen(address: Address) -> tuple[socket.socket, Address]:
    """Return a socket that listens, and its address: the port is chosen by the system where that is 0.

    Raises:
        OSError: somebody else has the port, or the system does not allow it.
    """
    try:
        return _listen(address)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        text = f"cannot listen at port {address.name[1]} of {address.host}: {reason}; --port says another"
        raise OSError(text) from error


def _listen(address: Address) -> tuple[socket.socket, Address]:
    # With the protocol named, asyncio turns off Nagle's algorithm, which would hold answers back.
    made = socket.create_server(address.name, family=address.family, backlog=_BACKLOG)
    listener = socket.socket(made.family, made.type, socket.IPPROTO_TCP, fileno=made.detach())
    give_up_after(listener, _STALLED_SECONDS)
    return listener, Address(address.family, listener.getsockname())


def give_up_after(listener: socket.socket, seconds: float) -> None:
    """Let the system end connections that take nothing of what they are sent for so long.

    Servers close a connection when all is sent: without this, a client that never reads would keep its socket, and what
    waits there, for as long as it likes. Does nothing where the system has no such option (RFC 5482; Linux has).
    """
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # pragma: no branch - what a system has does not change
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(seconds * 1000))
