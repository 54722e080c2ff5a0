"""A client's WebSocket: JSON in text frames, MessagePack in binary ones, either accepted."""

from contextlib import suppress

from serverless_hub.service.asgi import Message, Receive, Send, tell
from serverless_hub.service.direct import DirectSocket
from serverless_hub.service.ending import STOPPED
from serverless_hub.service.metrics import TransportKind

__all__ = ["WebSocketTransport", "loss_of"]

_NO_CODE = 1005
_BROKEN = frozenset((None, _NO_CODE, 1006, 1011))
"""Codes of lines that nobody has closed: none, no close frame, and no answer to the server's pings (uvicorn)."""
_RESTART = 1012
_IN_ORDER = frozenset((1000, 1001, _NO_CODE))
"""Close codes of clients that left on purpose: normal, page closed, none given (RFC 6455, 7.4.1)."""


class WebSocketTransport:
    """A WebSocket of ASGI."""

    kind: TransportKind = "web_sockets"
    """What it is called in metrics."""
    takes_binary = True
    resumable = True

    def __init__(self, receive: Receive, send: Send, socket: DirectSocket | None = None) -> None:
        self._receive = receive
        self._send = send
        self.socket = socket
        """What is below."""
        self._loss: str | None = None
        self._broken = False

    @property
    def loss(self) -> str | None:
        """Why the client is gone, unless it left in order."""
        return self._loss

    @property
    def broken(self) -> bool:
        """Whether nobody has closed it; what it was closed for, such as too large a frame, would only come again."""
        return self._broken

    async def receive(self) -> bytes | None:
        """Return the payload of the next frame, or None at the end."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self._loss = loss_of(_code(message))
            self._broken = self._loss is not None and message.get("code") in _BROKEN
            return None
        text: str | None = message.get("text")
        return text.encode() if text is not None else message["bytes"]

    async def accept(self) -> bool:
        """Open it; False when the client has gone already."""
        await self._receive()
        try:
            await tell(self._send, {"type": "websocket.accept"})
        except OSError:
            return False
        return True

    async def send(self, data: bytes, *, binary: bool) -> None:
        """Send one frame; raises OSError once the client is gone."""
        payload = {"bytes": data} if binary else {"text": data.decode()}
        await tell(self._send, {"type": "websocket.send", **payload})

    async def close(self) -> None:
        """Close normally; does nothing when the client has gone first."""
        with suppress(OSError):
            await tell(self._send, {"type": "websocket.close", "code": 1000})


def loss_of(code: int | None) -> str | None:
    """Return why a client is gone whose WebSocket was closed with `code`, or broke; None where it left in order."""
    if code is None:
        return "The connection was lost."
    if code == _RESTART:  # What servers close WebSockets with when they are told to stop.
        return STOPPED
    return None if code in _IN_ORDER else f"The connection was lost (WebSocket code {code})."


def _code(disconnect: Message) -> int | None:
    code: int = disconnect.get("code") or _NO_CODE
    # uvicorn gives this code, too, where the line broke; but then there was no close frame to have a reason.
    return None if code == _NO_CODE and "reason" not in disconnect else code
