"""The requests of a line, read by httptools (which is llhttp, the parser of Node.js)."""

import logging
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote

import httptools

from serverless_hub.server.http_cycle import Cycle
from serverless_hub.service.asgi import Scope

__all__ = ["Origin", "RequestError", "RequestReader", "Requests"]

_logger = logging.getLogger("uvicorn.error")
_MOST_UNREAD = 65_536
"""How many bytes of a body may wait for the app before reading is paused; uvicorn's own limit."""
_SPEC_VERSION = "2.3"
_INVALID = "Invalid HTTP request received."
_TOO_LARGE = "The head of the request is too large."


class RequestError(Exception):
    """Nothing can be read any more.

    Args:
        status: what the client is told.
        text: with which words.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(slots=True)
class Origin:
    """What all requests of a line have in common, as ASGI has it."""

    server: tuple[str, int | None] | None
    client: tuple[str, int] | None
    scheme: str
    root_path: str
    asgi_version: str
    state: dict[str, Any]
    raw_root_path: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.raw_root_path = self.root_path.encode("ascii")


@dataclass(slots=True)
class _Held:
    scope: Scope
    keep_alive: bool
    body: bytes = b""


class Requests(Protocol):
    """Where requests go."""

    def begin(self, scope: Scope, *, keep_alive: bool, expects_continue: bool) -> Cycle:
        """Take a request whose head is complete; return what its body is for."""
        ...

    def answer(self, scope: Scope, body: bytes, *, keep_alive: bool) -> bool:
        """Take a request that has come whole; False where it has to begin."""
        ...

    def pause_reading(self) -> None:
        """Do not read for now: the app does not."""


class RequestReader:
    """Fed with bytes, it makes requests of them; its `on_` methods are what httptools calls.

    Args:
        requests: where they go.
        origin: what they have in common.
        takes_websockets: whether a request may ask for one.
        whole_posts: whether a POST that comes whole is offered to `answer` before it begins.
        most_head: how many bytes a head may have, roughly: the first segment that it comes in does not count.
    """

    __slots__ = (
        "_again",
        "_asked",
        "_cycle",
        "_expects_continue",
        "_headers",
        "_held",
        "_most_head",
        "_origin",
        "_parser",
        "_requests",
        "_takes_websockets",
        "_unfruitful",
        "_url",
        "_websocket",
        "_whole_posts",
    )

    def __init__(
        self, requests: Requests, origin: Origin, *, takes_websockets: bool, whole_posts: bool, most_head: int
    ) -> None:
        self._requests = requests
        self._origin = origin
        self._takes_websockets = takes_websockets
        self._whole_posts = whole_posts
        self._most_head = most_head
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        # What comes behind a request that ends the line must not take the response from it.
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._cycle: Cycle | None = None
        self._held: _Held | None = None
        """A request that may come whole with what is fed now."""
        self._headers: list[tuple[bytes, bytes]] = []
        self._url = b""
        self._expects_continue = False
        self._unfruitful = 0
        self._websocket = b""
        self._again = b""
        """The head of a request for another protocol, as one for nothing but an answer."""
        self._asked: list[tuple[bytes, bytes]] = []
        """What its headers were."""

    def feed(self, data: bytes) -> bytes:
        """Take what has come; return the head of a request for a WebSocket, which is the last that is read.

        Raises:
            RequestError: it is no HTTP/1.1, or too large.
        """
        self._unfruitful += len(data)
        try:
            return self._feed(data)
        finally:
            if self._held is not None:
                self._begin(self._held)

    def _feed(self, data: bytes) -> bytes:
        while data and self._parser is not None:
            try:
                self._parser.feed_data(data)
                break
            except httptools.HttpParserUpgrade as upgrade:
                if self._websocket:
                    return self._websocket
                _logger.warning("Unsupported upgrade request.")
                # The request is answered as if it asked for nothing.
                again, self._again = self._again, b""
                data = again + data[upgrade.args[0] :]
            except httptools.HttpParserError as error:
                raise RequestError(400, _INVALID) from error
        if self._unfruitful > self._most_head:
            raise RequestError(431, _TOO_LARGE)
        return b""

    def close(self) -> None:
        """Let go of the parser, which holds this reader, too."""
        self._parser = None

    # What httptools calls

    def on_message_begin(self) -> None:
        """Begin with the next request."""
        self._url = b""
        self._expects_continue = False
        if self._headers:  # Trailers of the last one.
            self._headers = []
        self._unfruitful = 0

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer, which is for nobody."""
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self._expects_continue = True
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Pass the request on."""
        self._unfruitful = 0
        parser = self._parser
        assert parser is not None  # noqa: S101 - it is what has called
        method = parser.get_method().decode("ascii")
        version = parser.get_http_version()
        headers, self._headers = self._headers, []
        if parser.should_upgrade() and method != "CONNECT":
            if self._takes_websockets and _asks_for_websocket(headers):
                self._websocket = _head(method, self._url, "1.1", headers)
            else:  # httptools reads no body of it, which would then be taken for the next request.
                self._asked = headers
                self._again = _head(
                    method, self._url, version, [header for header in headers if header[0] != b"upgrade"]
                )
            return
        if self._asked:
            headers, self._asked = self._asked, []
        keep_alive = version != "1.0" and method != "CONNECT" and parser.should_keep_alive()
        scope = self._known(method, version, headers)
        if self._whole_posts and method == "POST" and not self._expects_continue:
            self._held = _Held(scope, keep_alive)
        else:
            self._cycle = self._requests.begin(
                self._completed(scope), keep_alive=keep_alive, expects_continue=self._expects_continue
            )

    def on_body(self, body: bytes) -> None:
        """Pass a part of the body on."""
        self._unfruitful = 0
        held = self._held
        if held is not None:
            if not held.body:
                held.body = body
                return
            self._begin(held)  # Chunks are joined there.
        cycle = self._cycle
        if cycle is not None and not cycle.complete and cycle.feed(body) > _MOST_UNREAD:
            self._requests.pause_reading()

    def on_message_complete(self) -> None:
        """Pass on that the request is complete."""
        held = self._held
        if held is not None:
            if self._requests.answer(held.scope, held.body, keep_alive=held.keep_alive):
                self._held = None
                return
            self._begin(held)
        cycle, self._cycle = self._cycle, None
        if cycle is not None and not cycle.complete:
            cycle.feed_end()

    def _begin(self, held: "_Held") -> None:
        """Begin a request that was held back."""
        self._held = None
        scope = self._completed(held.scope)
        self._cycle = self._requests.begin(scope, keep_alive=held.keep_alive, expects_continue=False)
        if held.body:
            self.on_body(held.body)

    def _known(self, method: str, version: str, headers: list[tuple[bytes, bytes]]) -> Scope:
        """Return what the request says: all that an event needs of a scope."""
        origin = self._origin
        raw_path, query = _split(self._url)
        path = raw_path.decode("ascii")
        if "%" in path:
            path = unquote(path)
        return {
            "type": "http",
            "http_version": version,
            "method": method,
            "root_path": origin.root_path,
            "path": origin.root_path + path,
            "raw_path": origin.raw_root_path + raw_path,
            "query_string": query,
            "headers": headers,
        }

    def _completed(self, scope: Scope) -> Scope:
        """Return the whole scope."""
        origin = self._origin
        scope["asgi"] = {"version": origin.asgi_version, "spec_version": _SPEC_VERSION}
        scope["server"] = origin.server
        scope["client"] = origin.client
        scope["scheme"] = origin.scheme
        scope["state"] = origin.state.copy()
        return scope


def _asks_for_websocket(headers: list[tuple[bytes, bytes]]) -> bool:
    options: list[bytes] = []
    upgrade = b""
    for name, value in headers:
        if name == b"connection":
            options = [option.strip().lower() for option in value.split(b",")]
        elif name == b"upgrade":
            upgrade = value.lower()
    return upgrade == b"websocket" and b"upgrade" in options


def _split(url: bytes) -> tuple[bytes, bytes]:
    """Return the path and the query of a target."""
    if url.startswith(b"/") and b"#" not in url:
        path, _, query = url.partition(b"?")
        return path, query
    parsed = httptools.parse_url(url)
    return parsed.path, parsed.query or b""


def _head(method: str, url: bytes, version: str, headers: list[tuple[bytes, bytes]]) -> bytes:
    first = b"%b %b HTTP/%b\r\n" % (method.encode(), url, version.encode())
    return b"".join([first, *(b"%b: %b\r\n" % header for header in headers), b"\r\n"])
