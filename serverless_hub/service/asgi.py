"""The few things that plain ASGI needs names for (asgi.readthedocs.io, HTTP & WebSocket message formats)."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any

from serverless_hub.protocol.values import to_json

__all__ = [
    "App",
    "Headers",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "deny_websocket",
    "header_of",
    "respond",
    "respond_bytes",
    "respond_text",
    "tell",
    "without_body",
]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


def header_of(scope: Scope, name: bytes) -> str | None:
    """Return the first header with this name, which is given in lower case."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


async def respond(
    send: Send,
    status: HTTPStatus,
    content: Any = None,
    *,
    headers: Iterable[tuple[bytes, bytes]] = (),
    prefix: str = "http.response",
) -> None:
    """Send a whole response: empty, or `content` as JSON; with more `headers` than every response has."""
    body = b"" if content is None else to_json(content)
    media_type = [(b"content-type", b"application/json")] if body else []
    await _respond(send, status, body, [*headers, *media_type], prefix)


async def respond_text(
    send: Send, status: HTTPStatus, text: str, *, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """Send a whole response of plain text."""
    media_type = (b"content-type", b"text/plain; charset=utf-8")
    await _respond(send, status, text.encode(), [*headers, media_type], "http.response")


async def respond_bytes(send: Send, body: bytes, media_type: bytes) -> None:
    """Send a whole response with status 200."""
    await _respond(send, HTTPStatus.OK, body, [(b"content-type", media_type)], "http.response")


async def _respond(
    send: Send, status: HTTPStatus, body: bytes, headers: Iterable[tuple[bytes, bytes]], prefix: str
) -> None:
    sent = [(b"cache-control", b"no-store"), *headers]
    if status != HTTPStatus.NO_CONTENT:  # RFC 9110, 8.6: there, no length is allowed.
        sent.append((b"content-length", str(len(body)).encode()))
    await send({"type": f"{prefix}.start", "status": int(status), "headers": sent})
    await send({"type": f"{prefix}.body", "body": body})


def without_body(send: Send) -> Send:
    """Return a `send` for answers to HEAD, which have the headers of those to GET and nothing else."""

    async def send_head(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_head


async def deny_websocket(scope: Scope, receive: Receive, send: Send, status: HTTPStatus) -> None:
    """Refuse a WebSocket with `status`, or with 403 where the server cannot choose (its extension is missing)."""
    await receive()
    if "websocket.http.response" in scope.get("extensions", {}):
        await respond(send, status, prefix="websocket.http.response")
    else:
        await send({"type": "websocket.close", "code": 1008})


async def tell(send: Send, message: Message) -> None:
    """Send `message`; raises OSError once the client is gone."""
    try:
        await send(message)
    except RuntimeError as error:  # Servers differ in what they raise for a closed connection.
        raise ConnectionError(str(error)) from error
