"""The opening handshake of a WebSocket (RFC 6455, section 4), checked by the websockets library."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

__all__ = ["Opening"]

_Headers = Iterable[tuple[bytes, bytes]]


class Opening:
    """Reads the request, and writes the answer."""

    def __init__(self) -> None:
        self._protocol = ServerProtocol()
        self._request: Request | None = None
        self._response: Response | None = None

    def feed(self, data: bytes) -> bool:
        """Take a part of the request; True once it is complete."""
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._request = event
                self._response = self._protocol.accept(event)
        return self._request is not None

    @property
    def refusal(self) -> bytes | None:
        """The answer to a request that is none for a WebSocket; None where it is one."""
        response = self._answer
        return None if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS else response.serialize()

    def scope(self, fixed: dict[str, Any], root_path: str) -> dict[str, Any]:
        """Return the scope of the request (ASGI), with what is `fixed` for its line."""
        request = self._asked
        raw_path, _, query = request.path.partition("?")
        names = request.headers.get_all("Sec-WebSocket-Protocol")
        return {
            "type": "websocket",
            "http_version": "1.1",
            "root_path": root_path,
            "path": root_path + unquote(raw_path),
            "raw_path": (root_path + raw_path).encode("ascii"),
            "query_string": query.encode("ascii"),
            "headers": [(name.encode("ascii"), value.encode("latin-1")) for name, value in request.headers.raw_items()],
            "subprotocols": [name.strip() for given in names for name in given.split(",")],
            **fixed,
        }

    def accepted(self, headers: _Headers, subprotocol: str | None) -> bytes:
        """Return the answer that opens the WebSocket, with more `headers`."""
        response = self._answer
        del response.headers["Date"]  # The server has its own.
        for name, value in headers:
            response.headers[name.decode("latin-1")] = value.decode("latin-1")
        if subprotocol:
            response.headers["Sec-WebSocket-Protocol"] = subprotocol
        return response.serialize()

    def refused(self, status: int, headers: _Headers, body: bytes) -> bytes:
        """Return an answer that refuses the WebSocket."""
        response = self._protocol.reject(HTTPStatus(status), "")
        del response.headers["Content-Length"], response.headers["Content-Type"]
        for name, value in headers:
            response.headers[name.decode("latin-1")] = value.decode("latin-1")
        if "Content-Length" not in response.headers:
            response.headers["Content-Length"] = str(len(body))
        response.body = body
        return response.serialize()

    @property
    def _asked(self) -> Request:
        assert self._request is not None  # noqa: S101 - `feed` has said so
        return self._request

    @property
    def _answer(self) -> Response:
        assert self._response is not None  # noqa: S101 - `feed` has said so
        return self._response
