"""WebSockets without ASGI in between, from a server that offers them: fewer steps and less memory per connection.

Such a server has, in the scope of a WebSocket, an extension of the name `EXTENSION`: a `DirectSocket`. Whoever has
accepted the WebSocket may attach to it, and let the ASGI call end; the WebSocket stays open.
"""

from typing import Protocol, cast

from serverless_hub.service.asgi import Scope

__all__ = ["EXTENSION", "DirectSocket", "Receiver", "socket_of"]

EXTENSION = "serverless_hub.direct"
"""The key in `scope["extensions"]`; its value has the socket under `socket`."""


class Receiver(Protocol):
    """Takes what comes over a socket."""

    def received(self, data: bytes) -> None:
        """Take the payload of one message."""

    def writable(self) -> None:
        """Know that the socket takes data again."""

    def lost(self, code: int | None) -> None:
        """Know that the WebSocket has ended, by a close frame with this code (RFC 6455, 7.4) or, with None, without."""


class DirectSocket(Protocol):
    """A WebSocket that is open."""

    def attach(self, receiver: Receiver) -> None:
        """Give `receiver` what comes from now on, and what has come and not been read; the ASGI call may end."""

    @property
    def takes_data(self) -> bool:
        """Whether the client reads as fast as it is written to; if not, `Receiver.writable` is called when it does."""
        ...

    def frame(self, payload: bytes, *, binary: bool) -> bytes:
        """Return the frame of one message."""
        ...

    def write(self, frames: bytes) -> None:
        """Send whole frames; what comes too late is dropped."""

    def pause(self) -> None:
        """Do not read for now."""

    def resume(self) -> None:
        """Read again."""

    def close(self, code: int) -> None:
        """Send a close frame behind what has been written, and end the line once the client has answered it."""


def socket_of(scope: Scope) -> DirectSocket | None:
    """Return the socket of a WebSocket's scope, where the server offers one."""
    extension = scope.get("extensions", {}).get(EXTENSION)
    return None if extension is None else cast("DirectSocket", extension["socket"])
