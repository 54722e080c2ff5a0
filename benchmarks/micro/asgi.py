"""Calling an ASGI app without a server."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from benchmarks.load.events import HEADERS, JSON_BODY, WEBHOOK

__all__ = ["Asgi", "post", "scope_of"]

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


async def post(app: Asgi, headers: Mapping[str, str] = HEADERS, body: bytes = JSON_BODY) -> bytes:
    """Post an event to `app` and return the body of its answer."""
    answer = b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal answer
        answer += message.get("body", b"")

    await app(scope_of(headers, body), receive, send)
    return answer


def scope_of(headers: Mapping[str, str], body: bytes = b"") -> dict[str, Any]:
    """Return the scope of an event."""
    found = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": WEBHOOK,
        "raw_path": WEBHOOK.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [*found, (b"content-length", str(len(body)).encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
