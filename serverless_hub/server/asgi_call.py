"""What an ASGI app sees of a WebSocket (ASGI, WebSocket connection scope)."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from typing import Protocol

from serverless_hub.server.access import place_of, who
from serverless_hub.server.frames import Opcode, frame
from serverless_hub.server.opening import Opening
from serverless_hub.service.asgi import App, Message, Scope

__all__ = ["AsgiCall", "ClientGoneError", "Socket"]

_logger = logging.getLogger("uvicorn.error")
_FORBIDDEN = 403
_FAILED = 500
_NORMAL = 1000
_INTERNAL_ERROR = 1011
_ABNORMAL = 1006
_NO_CODE = 1005
_Refusal = tuple[int, list[tuple[bytes, bytes]]]
"""Status and headers."""


class ClientGoneError(OSError):
    """Nothing can be sent: the client has gone, or the WebSocket is closed."""


class Socket(Protocol):
    """What a call does with its line."""

    takes_data: bool

    def open(self, answer: bytes) -> None:
        """Send the answer to the request, and read frames from now on."""

    def refuse(self, answer: bytes) -> None:
        """Send the answer to the request, and end the line."""

    def write(self, frames: bytes) -> None:
        """Send frames."""

    def resume(self) -> None:
        """Read on."""

    def pause(self) -> None:
        """Do not read for now."""

    def close(self, code: int, reason: str = "") -> None:
        """Close the WebSocket."""


class AsgiCall:
    """One call of the app, from the request on.

    Args:
        socket: its line.
        opening: the request.
        app: what is called.
        scope: with what.
        default_headers: what every answer of the server has.
    """

    def __init__(
        self,
        socket: Socket,
        opening: Opening,
        app: App,
        scope: Scope,
        default_headers: Iterable[tuple[bytes, bytes]],
    ) -> None:
        self._socket = socket
        self._opening = opening
        self._app = app
        self._scope = scope
        self._default_headers = list(default_headers)
        self._unread: deque[Message] = deque([{"type": "websocket.connect"}])
        self._wake = asyncio.Event()
        self._answered = False
        self._open = False
        self._refusal: _Refusal | None = None
        self._body = b""
        self._told = False
        """Whether the app knows of the end."""
        self.lost: bool = False
        """Whether the WebSocket has ended."""
        self.code: int | None = None
        """What it was closed with; None where it broke."""
        self.detached = False
        """Whether the socket goes on without this call."""

    def received(self, opcode: Opcode, payload: bytes) -> None:
        """Queue a message; the next has to wait until the app has taken it."""
        content = {"text": payload.decode()} if opcode is Opcode.TEXT else {"bytes": payload}
        self._unread.append({"type": "websocket.receive", **content})
        self._socket.pause()
        self._wake.set()

    def end(self, code: int | None, reason: str | None = None) -> None:
        """Let the app know that the WebSocket has ended."""
        if self.lost:
            return
        self.lost, self.code = True, code
        known = code if code is not None else _NO_CODE if self._open else _ABNORMAL
        # As with uvicorn, only a close frame has a reason.
        said = {} if reason is None else {"reason": reason}
        self._unread.append({"type": "websocket.disconnect", "code": known, **said})
        self._wake.set()

    def writable(self) -> None:
        """Let the app send on."""
        self._wake.set()

    def unread(self) -> list[bytes]:
        """Return the messages that have come and not been read."""
        found = [message for message in self._unread if message["type"] == "websocket.receive"]
        self._unread.clear()
        return [message["text"].encode() if "text" in message else message["bytes"] for message in found]

    async def run(self) -> None:
        """Call the app, and see that the WebSocket has an end."""
        try:
            await self._app(self._scope, self._receive, self._send)
        except ClientGoneError:
            pass
        except BaseException as error:
            if not isinstance(error, asyncio.CancelledError):
                _logger.exception("Exception in ASGI application\n")
            self._fail()
        else:
            if not self._answered and not self.lost:
                _logger.error("ASGI callable returned without completing handshake.")
                self._fail()
        if not self.detached:
            self._socket.close(_NORMAL)

    def _fail(self) -> None:
        if self._open:
            self._socket.close(_INTERNAL_ERROR)
        elif not self._answered and not self.lost:
            self._answer_with(_FAILED, [(b"content-type", b"text/plain; charset=utf-8")], b"Internal Server Error")

    async def _receive(self) -> Message:
        while not self._unread:
            if self._told:
                raise ClientGoneError("the WebSocket is closed, as the app has been told")
            self._wake.clear()
            await self._wake.wait()
        message = self._unread.popleft()
        self._told = message["type"] == "websocket.disconnect"
        if not self._unread:
            self._socket.resume()
        return message

    async def _send(self, message: Message) -> None:
        while not self._socket.takes_data and not self.lost:
            self._wake.clear()
            await self._wake.wait()
        if self.lost:
            raise ClientGoneError("the WebSocket is closed")
        kind: str = message["type"]
        if self._open:
            self._send_open(kind, message)
        elif self._refusal is not None:
            self._send_refusal(self._refusal, kind, message)
        else:
            self._send_answer(kind, message)

    def _send_open(self, kind: str, message: Message) -> None:
        if kind == "websocket.send":
            data, text = message.get("bytes"), message.get("text")
            content = frame(Opcode.BINARY, data) if data is not None else frame(Opcode.TEXT, (text or "").encode())
            self._socket.write(content)
        elif kind == "websocket.close":
            code, reason = message.get("code", _NORMAL), message.get("reason") or ""
            self.end(code, reason)
            self._socket.close(code, reason)
        else:
            raise RuntimeError(f"Expected ASGI message 'websocket.send' or 'websocket.close', but got {kind!r}.")

    def _send_answer(self, kind: str, message: Message) -> None:
        if kind == "websocket.accept":
            headers = [*self._default_headers, *message.get("headers", ())]
            answer = self._opening.accepted(headers, message.get("subprotocol"))
            self._log("[accepted]")
            self._answered = self._open = True
            self._socket.open(answer)
        elif kind == "websocket.close":
            self._answer_with(_FORBIDDEN, [], b"")
        elif kind == "websocket.http.response.start":
            self._refusal = message["status"], list(message.get("headers", ()))
        else:
            raise RuntimeError(
                "Expected ASGI message 'websocket.accept', 'websocket.close' or 'websocket.http.response.start', but "
                f"got {kind!r}."
            )

    def _send_refusal(self, refusal: _Refusal, kind: str, message: Message) -> None:
        if kind != "websocket.http.response.body":
            raise RuntimeError(f"Expected ASGI message 'websocket.http.response.body', but got {kind!r}.")
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            self._answer_with(*refusal, self._body)

    def _answer_with(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        answer = self._opening.refused(status, [*self._default_headers, *headers], body)
        self._answered = True
        self._log(str(status))
        self._socket.refuse(answer)
        self.end(None)

    def _log(self, outcome: str) -> None:
        """Log as uvicorn does, so that what hides tokens in its lines hides them here."""
        _logger.info('%s - "WebSocket %s" %s', who(self._scope["client"]), place_of(self._scope), outcome)
