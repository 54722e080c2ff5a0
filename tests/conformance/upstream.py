"""Events as Azure's documentation describes them (concept-upstream.md), posted to an app in this process."""

import hmac
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub

__all__ = ["JSON", "KEY", "MESSAGEPACK", "WEBHOOK", "Answer", "Upstream", "call", "posting", "running", "sign"]

KEY = "the access key of these tests"
WEBHOOK = "/runtime/webhooks/signalr"
JSON, MESSAGEPACK = "application/json", "application/x-msgpack"
_SEPARATOR = b"\x1e"


def sign(connection_id: str, key: str = KEY) -> str:
    """Return the signature of a connection id."""
    return "sha256=" + hmac.new(key.encode(), connection_id.encode(), "sha256").hexdigest()


def call(target: str, *arguments: Any, invocation_id: str | None = "7") -> bytes:
    """Return the body of a call; None for one whose client does not wait."""
    waits = {} if invocation_id is None else {"invocationId": invocation_id}
    return json.dumps({"type": 1, **waits, "target": target, "arguments": arguments}).encode()


@dataclass(frozen=True)
class Answer:
    """A response."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)

    @property
    def completion(self) -> dict[str, Any]:
        """The one JSON message that the body is, without its frame."""
        record, *rest = self.body.split(_SEPARATOR)
        assert (self.status, rest) == (200, [b""]), self
        completion: dict[str, Any] = json.loads(record)
        assert completion.pop("type") == 3
        assert completion.pop("invocationId") == "7"
        return completion

    @property
    def error_code(self) -> str | None:
        """The code of an event that failed."""
        return self.headers.get("x-serverless-hub-error")


@dataclass(frozen=True)
class Upstream:
    """The way to an app, as its SignalR service goes it."""

    app: FastAPI

    async def post(
        self,
        event: str,
        body: bytes = b"",
        *,
        category: str = "messages",
        path: str = WEBHOOK,
        method: str = "POST",
        more: list[tuple[str, str]] | None = None,
        **changed: Any,
    ) -> Answer:
        """Post an event of the connection `c1` of the hub `chat`.

        Args:
            event: its name.
            body: as it is.
            category: its category.
            path: where to.
            method: of HTTP.
            more: further headers.
            changed: headers with another value, None without one; their names with underscores.
        """
        values: dict[str, str | None] = {
            "content_type": JSON,
            "x_asrs_connection_id": "c1",
            "x_asrs_hub": "chat",
            "x_asrs_category": category,
            "x_asrs_event": event,
            "x_asrs_signature": sign(changed.get("x_asrs_connection_id") or "c1"),
            **changed,
        }
        headers = [(name.replace("_", "-"), value) for name, value in values.items() if value is not None]
        return await self.request(method, path, [*headers, *(more or [])], body)

    async def request(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes = b"") -> Answer:
        """Send any request."""
        path, _, query = path.partition("?")
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "server": ("localhost", 80),
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in [("Host", "localhost"), *headers]],
        }
        await self.app(scope, receive, send)
        start, *parts = sent
        found = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], found, b"".join(part.get("body", b"") for part in parts))

    async def invoke(self, target: str, *arguments: Any, **changed: Any) -> dict[str, Any]:
        """Call a method and return its completion, without type and invocation id."""
        return (await self.post(target, call(target, *arguments), **changed)).completion

    async def send(self, target: str, *arguments: Any) -> Answer:
        """Call a method without waiting."""
        return await self.post(target, call(target, *arguments, invocation_id=None))

    async def connect(self, **changed: Any) -> Answer:
        """Say that the client has come."""
        return await self.post("connected", b'{"type":10}', category="connections", **changed)

    async def disconnect(self, body: bytes = b'{"type":11}', **changed: Any) -> Answer:
        """Say that the client has gone."""
        return await self.post("disconnected", body, category="connections", **changed)


@asynccontextmanager
async def posting(*hubs: type[ServerlessHub], key: str = KEY, **options: Any) -> AsyncGenerator[Upstream]:
    """Yield the way to an app with `hubs` on an embedded service; options are those of the router."""
    async with running(HubRouter(*hubs, default_service=EmbeddedService(access_key=key), **options)) as upstream:
        yield upstream


@asynccontextmanager
async def running(router: HubRouter, app: FastAPI | None = None) -> AsyncGenerator[Upstream]:
    """Yield the way to an app with `router`."""
    app = app or FastAPI()
    router.install(app)
    async with app.router.lifespan_context(app):
        yield Upstream(app)
