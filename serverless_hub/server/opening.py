"""The opening handshake of a WebSocket (RFC 6455, section 4), checked by the websockets library."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

__all__ = ["Opening"]

_Headers = Iterable[tuple[bytes, bytes]]
_END = b"\r\n\r\n"


class Opening:
    """Reads the request, and writes the answer."""

    def __init__(self) -> None:
        self._protocol = ServerProtocol()
        self._last = b""
        """Where the end of the request may have begun."""
        self._request: Request | None = None
        self._response: Response | None = None
        self.early: bytes = b""
        """What came behind the request, though a client has to wait for the answer first (RFC 6455, 4.1)."""

    def feed(self, data: bytes) -> bool:
        """Take a part of the request; True once it is complete, or cannot be one."""
        end = (self._last + data).find(_END)
        cut = len(data) if end < 0 else end + len(_END) - len(self._last)
        self._protocol.receive_data(data[:cut])
        self._last, self.early = (self._last + data)[1 - len(_END) :], data[cut:]
        for event in self._protocol.events_received():
            self._request = cast("Request", event)  # Nothing behind it was given.
            self._response = self._protocol.accept(self._request)
        return self._request is not None or self._protocol.handshake_exc is not None

    @property
    def refusal(self) -> bytes | None:
        """The answer to a request that is none for a WebSocket; None where it is one."""
        response = self._response
        if response is None:
            return self.refused(HTTPStatus.BAD_REQUEST, (), b"")
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            return None
        response.headers["Sec-WebSocket-Version"] = "13"  # RFC 6455, 4.4.
        return response.serialize()

    def scope(self, fixed: dict[str, Any], root_path: str) -> dict[str, Any]:
        """Return the scope of the request (ASGI), with what is `fixed` for its line."""
        request = self._asked
        raw_path, _, query = _bytes(request.path).partition(b"?")
        names = request.headers.get_all("Sec-WebSocket-Protocol")
        return {
            "type": "websocket",
            "http_version": "1.1",
            "root_path": root_path,
            "path": root_path + unquote(raw_path),
            "raw_path": root_path.encode("ascii") + raw_path,
            "query_string": query,
            # Their names are in lower case already where uvicorn has read the request.
            "headers": [(name.lower().encode("ascii"), _bytes(value)) for name, value in request.headers.raw_items()],
            "subprotocols": [name.strip() for given in names for name in given.split(",")],
            **fixed,
        }

    def accepted(self, headers: _Headers, subprotocol: str | None) -> bytes:
        """Return the answer that opens the WebSocket, with more `headers`.

        Raises:
            ValueError: a header cannot be sent.
        """
        response = self._answer
        del response.headers["Date"]  # The server has its own.
        own = [(name.encode("ascii"), value.encode("ascii")) for name, value in response.headers.raw_items()]
        chosen = [(b"Sec-WebSocket-Protocol", subprotocol.encode("ascii"))] if subprotocol else []
        return _head(response.status_code, [*own, *headers, *chosen])

    def refused(self, status: int, headers: _Headers, body: bytes) -> bytes:
        """Return an answer that refuses the WebSocket.

        Raises:
            ValueError: a header cannot be sent.
        """
        given = list(headers)
        if not any(name.lower() == b"content-length" for name, _ in given):
            given.append((b"Content-Length", str(len(body)).encode()))
        return _head(status, [*given, (b"Connection", b"close")]) + body

    @property
    def _asked(self) -> Request:
        assert self._request is not None  # noqa: S101 - `feed` has said so
        return self._request

    @property
    def _answer(self) -> Response:
        assert self._response is not None  # noqa: S101 - `feed` has said so
        return self._response


def _bytes(text: str) -> bytes:
    """Return what stood in the request; versions of the library differ in how they give what is not ASCII."""
    return text.encode("latin-1", "surrogateescape")


def _head(status: int, headers: _Headers) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:  # One of the app's own.
        phrase = ""
    lines = [f"HTTP/1.1 {status:d} {phrase}".encode("ascii"), *(name + b": " + value for name, value in headers)]
    if any(b"\r" in line or b"\n" in line for line in lines):
        raise ValueError("A header of the answer to a WebSocket has a line break in it.")
    return b"\r\n".join(lines) + _END
