"""A client's WebSocket: JSON in text frames, MessagePack in binary ones, either accepted."""

from contextlib import suppress

from serverless_hub.service.asgi import Message, Receive, Send
from serverless_hub.service.metrics import TransportKind

__all__ = ["WebSocketTransport"]

_NO_CODE = 1005
_RESTART = 1012
_IN_ORDER = frozenset((1000, 1001, _NO_CODE))
"""Close codes of clients that left on purpose: normal, page closed, none given (RFC 6455, 7.4.1)."""


class WebSocketTransport:
    """A WebSocket of ASGI."""

    kind: TransportKind = "web_sockets"
    """What it is called in metrics."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._loss: str | None = None

    @property
    def loss(self) -> str | None:
        """Why the client is gone, unless it left in order."""
        return self._loss

    async def receive(self) -> bytes | None:
        """Return the payload of the next frame, or None at the end."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self._loss = _loss(message)
            return None
        text: str | None = message.get("text")
        return text.encode() if text is not None else message["bytes"]

    async def accept(self) -> bool:
        """Open it; False when the client has gone already."""
        await self._receive()
        try:
            await self._tell({"type": "websocket.accept"})
        except OSError:
            return False
        return True

    async def send(self, data: bytes, *, binary: bool) -> None:
        """Send one frame; raises OSError once the client is gone."""
        payload = {"bytes": data} if binary else {"text": data.decode()}
        await self._tell({"type": "websocket.send", **payload})

    async def close(self) -> None:
        """Close normally; does nothing when the client has gone first."""
        with suppress(OSError):
            await self._tell({"type": "websocket.close", "code": 1000})

    async def _tell(self, message: Message) -> None:
        try:
            await self._send(message)
        except RuntimeError as error:  # Servers differ in what they raise for a closed socket.
            raise ConnectionError(str(error)) from error


def _loss(disconnect: Message) -> str | None:
    code = disconnect.get("code") or _NO_CODE
    if code == _NO_CODE and "reason" not in disconnect:
        # uvicorn gives this code, too, where the line broke; but then there was no close frame to have a reason.
        return "The connection was lost."
    if code == _RESTART:  # What uvicorn closes WebSockets with when it is told to stop.
        return "The service stopped."
    return None if code in _IN_ORDER else f"The connection was lost (WebSocket code {code})."
