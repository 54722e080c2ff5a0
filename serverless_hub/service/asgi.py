"""The few things that plain ASGI needs names for (asgi.readthedocs.io, HTTP & WebSocket message formats)."""

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from serverless_hub.protocol.values import to_json

__all__ = ["App", "Message", "Receive", "Scope", "Send", "deny_websocket", "respond"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


async def respond(send: Send, status: HTTPStatus, content: Any = None, *, prefix: str = "http.response") -> None:
    """Send a whole response: empty, or `content` as JSON."""
    body = b"" if content is None else to_json(content)
    headers = [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    if body:
        headers.append((b"content-type", b"application/json"))
    await send({"type": f"{prefix}.start", "status": int(status), "headers": headers})
    await send({"type": f"{prefix}.body", "body": body})


async def deny_websocket(scope: Scope, receive: Receive, send: Send, status: HTTPStatus) -> None:
    """Refuse a WebSocket with `status`, or with 403 where the server cannot choose (its extension is missing)."""
    await receive()
    if "websocket.http.response" in scope.get("extensions", {}):
        await respond(send, status, prefix="websocket.http.response")
    else:
        await send({"type": "websocket.close", "code": 1008})
