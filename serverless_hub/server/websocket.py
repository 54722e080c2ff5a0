"""A WebSocket for uvicorn that an ASGI app may use without ASGI, once it is open.

Any app is served as ASGI says. One that knows the extension `serverless_hub.direct` may attach to the socket, and end
its call: then no task and no queue stand between it and the line. There is no compression, and there are no pings:
SignalR has its own.
"""

import asyncio
from typing import Any, ClassVar, cast

from uvicorn import Config
from uvicorn.server import ServerState

from serverless_hub.server.addresses import client_of, server_of
from serverless_hub.server.asgi_call import AsgiCall
from serverless_hub.server.frames import FrameReader, Opcode, WebSocketError, close_frame, frame, read_close
from serverless_hub.server.opening import Opening
from serverless_hub.service.asgi import App
from serverless_hub.service.direct import EXTENSION, Receiver

__all__ = ["WebSocketProtocol"]

_RESTART = 1012
_NO_CODE = 1005


class WebSocketProtocol(asyncio.Protocol):
    """One line, from the request to upgrade it to its end; uvicorn makes it.

    Args:
        config: of the server.
        server_state: what it shares among its lines.
        app_state: what the app's lifespan has yielded.
        _loop: the event loop, where it is not the running one.
    """

    close_seconds: ClassVar[float] = 10.0
    """How long a client may take to answer a close frame, or to read what was sent last; uvicorn's own limit."""

    __slots__ = (
        "_app_state",
        "_call",
        "_close_timer",
        "_closing",
        "_config",
        "_connections",
        "_loop",
        "_opening",
        "_paused",
        "_pong",
        "_reader",
        "_receiver",
        "_server_state",
        "_transport",
        "takes_data",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._config = config
        self._server_state = server_state
        self._connections = cast("set[object]", server_state.connections)
        self._app_state = app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._opening: Opening | None = Opening()
        self._reader: FrameReader | None = None
        self._call: AsgiCall | None = None
        self._receiver: Receiver | None = None
        self._closing = False
        self._close_timer: asyncio.TimerHandle | None = None
        self._paused = False
        self._pong: bytes | None = None
        """For the last ping of a client that does not read."""
        self.takes_data: bool = True
        """Whether the client reads as fast as it is written to."""

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the request comes first."""
        self._transport = cast("asyncio.Transport", transport)  # That of uvloop is one by its methods only.
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes of the client."""
        if self._reader is not None:
            self._read(self._reader, data)
        elif self._opening is None:
            return  # The request was refused.
        elif self._call is not None:
            self._opening.early += data
            self.pause()
        elif self._opening.feed(data):
            self._ask_app(self._opening)

    def eof_received(self) -> None:
        """Let the line end."""

    def pause_writing(self) -> None:
        """Know that the client does not read."""
        self.takes_data = False

    def resume_writing(self) -> None:
        """Know that it does."""
        self.takes_data = True
        pong, self._pong = self._pong, None
        if pong is not None:
            self.write(frame(Opcode.PONG, pong))
        if self._receiver is not None:
            self._receiver.writable()
        elif self._call is not None:
            self._call.writable()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        del exc
        self._connections.discard(self)
        if self._close_timer is not None:
            self._close_timer.cancel()
        self._closing = True
        self._lose(None)
        self.resume_writing()

    # What uvicorn calls

    def shutdown(self) -> None:
        """Close: the server stops."""
        self._lose(_RESTART)
        if self._reader is not None:
            self._send_close(_RESTART)
        elif self._opening is not None and self._call is not None:
            self.refuse(self._opening.refused(500, (), b""))
        self._end()

    # What an app uses that attaches to it (`serverless_hub.service.direct.DirectSocket`)

    def attach(self, receiver: Receiver) -> None:
        """Give `receiver` what comes from now on, and what has come and not been read."""
        self._receiver = receiver
        call, self._call = self._call, None
        if call is not None:
            call.detached = True
            for payload in call.unread():
                receiver.received(payload)
            if call.lost:
                self._receiver = None
                receiver.lost(call.code)

    def frame(self, payload: bytes, *, binary: bool) -> bytes:
        """Return the frame of one message."""
        return frame(Opcode.BINARY if binary else Opcode.TEXT, payload)

    def write(self, frames: bytes) -> None:
        """Send whole frames; what comes too late is dropped."""
        if not self._closing:
            self._transport.write(frames)

    def pause(self) -> None:
        """Do not read for now."""
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame behind what has been written, and end the line once the client has answered it."""
        if not self._closing and not self._transport.is_closing():
            self._send_close(code, reason)
            self.resume()
            self._limit()

    # What a call of the app uses (`AsgiCall`)

    def open(self, answer: bytes) -> None:
        """Send the answer to the request, and read frames from now on."""
        early = b"" if self._opening is None else self._opening.early
        self._opening, self._reader = None, FrameReader(self._config.ws_max_size)
        self._transport.write(answer)
        self.resume()
        self._read(self._reader, early)

    def refuse(self, answer: bytes) -> None:
        """Send the answer to the request, and end the line."""
        self._opening = None
        self._closing = True
        self._transport.write(answer)
        self._end()

    def _ask_app(self, opening: Opening) -> None:
        refusal = opening.refusal
        if refusal is not None:
            self.refuse(refusal)
            return
        transport, config = self._transport, self._config
        app: App = cast("Any", config).loaded_app  # Of a kind that uvicorn does not name.
        fixed = {
            "asgi": {"version": config.asgi_version, "spec_version": "2.4"},
            "scheme": "wss" if transport.get_extra_info("sslcontext") else "ws",
            "server": server_of(transport),
            "client": client_of(transport),
            "state": self._app_state.copy(),
            "extensions": {"websocket.http.response": {}, EXTENSION: {"socket": self}},
        }
        scope = opening.scope(fixed, config.root_path)
        self._call = AsgiCall(self, opening, app, scope, self._server_state.default_headers)
        task = self._loop.create_task(self._call.run())
        self._server_state.tasks.add(task)
        task.add_done_callback(self._server_state.tasks.discard)

    def _read(self, reader: FrameReader, data: bytes) -> None:
        try:
            for opcode, payload in reader.feed(data):
                self._take(opcode, payload)
            if reader.failure is not None:
                raise reader.failure
        except WebSocketError as error:
            self._lose(error.code, error.reason)
            self._send_close(error.code, error.reason)
            self._end()

    def _take(self, opcode: Opcode, payload: bytes) -> None:
        if opcode is Opcode.CLOSE:
            self._closed_by_client(payload)
        elif self._closing:
            return  # The client has not seen our close frame yet.
        elif opcode is Opcode.PING:
            if self.takes_data:
                self._transport.write(frame(Opcode.PONG, payload))
            else:
                self._pong = payload  # Only the last needs an answer (RFC 6455, 5.5.3).
        elif opcode is not Opcode.PONG:
            if self._receiver is not None:
                self._receiver.received(payload)
            elif self._call is not None:
                self._call.received(opcode, payload)

    def _closed_by_client(self, payload: bytes) -> None:
        closing = read_close(payload)
        if not self._closing:
            self._lose(_NO_CODE if closing.code is None else closing.code, closing.reason)
            self._send_close(closing.code)
        self._end()

    def _send_close(self, code: int | None, reason: str = "") -> None:
        if not self._closing:
            self._transport.write(close_frame(code, reason))
            self._closing = True

    def _end(self) -> None:
        """End the line once what was written is sent."""
        self._transport.close()
        self._limit()

    def _limit(self) -> None:
        """Do not wait for ever for a client that does not read, or does not answer."""
        if self._close_timer is None:
            self._close_timer = self._loop.call_later(self.close_seconds, self._transport.abort)

    def _lose(self, code: int | None, reason: str | None = None) -> None:
        """Tell whoever uses the WebSocket of its end, once."""
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.lost(code)
        elif self._call is not None:
            self._call.end(code, reason)
