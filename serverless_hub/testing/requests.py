"""HTTP requests to an ASGI app in the same process."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from serverless_hub.service.asgi import App, Message, Scope

__all__ = ["Reply", "Request", "scope_of"]


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole response."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name; of a repeated one, the last."""
    body: bytes

    def json(self) -> Any:
        """Return the body's value."""
        return json.loads(self.body)


def scope_of(kind: str, url: str, headers: Mapping[str, str], state: Mapping[str, Any]) -> Scope:
    """Return what HTTP requests and WebSockets to `url` have in common.

    Args:
        kind: `http` or `websocket`.
        url: absolute.
        headers: of the request.
        state: what the app's lifespan yielded.
    """
    parts = urlsplit(url)
    scheme = parts.scheme if kind == "http" else parts.scheme.replace("http", "ws")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    sent = {"host": parts.netloc, **{name.lower(): value for name, value in headers.items()}}
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": scheme,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "root_path": "",
        "query_string": parts.query.encode(),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()],
        "client": ("testclient", 50000),
        "server": (parts.hostname, port),
        "state": dict(state),
    }


class Request:
    """One request, and its response as it comes.

    Args:
        app: what answers.
        scope: of the request.
        body: what is sent with it.
        heard: is given each part of the response's body; without it, they are kept for `reply`.
    """

    def __init__(self, app: App, scope: Scope, body: bytes = b"", heard: Callable[[bytes], None] | None = None) -> None:
        self._app = app
        length = {"content-length": str(len(body))} if body else {}
        sent = [(name.encode(), value.encode()) for name, value in length.items()]
        self._scope: Scope = {**scope, "headers": [*scope["headers"], *sent]}
        self._body: bytes | None = body
        self._gone = asyncio.Event()
        self._parts: list[bytes] = []
        self._heard = heard or self._parts.append
        self._headers: dict[str, str] = {}
        self.status: int | None = None
        """Of the response, once it has begun."""

    async def run(self) -> Reply:
        """Return the whole response; raises what the app raises."""
        await self._app(self._scope, self._receive, self._send)
        return Reply(self.status or 500, self._headers, b"".join(self._parts))

    def leave(self) -> None:
        """Break the line."""
        self._gone.set()

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._headers = {name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]}
            return
        if self._gone.is_set():
            raise OSError("the client is gone")
        if body := message.get("body", b""):
            self._heard(body)
        if not message.get("more_body", False):
            self._gone.set()
