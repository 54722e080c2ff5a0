"""What a SignalR service sends to an app, written anew from Azure's documentation: no code of the package is in it."""

import hmac
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from fastapi import FastAPI
from multidict import CIMultiDict

from serverless_hub import HubRouter
from tests.support.server import serving

__all__ = [
    "JSON",
    "KEY",
    "MESSAGEPACK",
    "WEBHOOK",
    "Answer",
    "Caller",
    "Headers",
    "calling",
    "headers",
    "message",
    "sign",
]

KEY = "the access key of these tests"
WEBHOOK = "/runtime/webhooks/signalr"
both_ways = pytest.mark.parametrize(
    "caller", [True, False], ids=["installed", "included"], indirect=True, scope="module"
)
"""Runs a test with the router installed, and with the router only included."""
JSON = "application/json"
MESSAGEPACK = "application/x-msgpack"

Headers = Sequence[tuple[str, str]]


def sign(connection_id: str, key: str = KEY) -> str:
    return "sha256=" + hmac.new(key.encode(), connection_id.encode(), "sha256").hexdigest()


def headers(
    event: str,
    *,
    category: str = "messages",
    hub: str = "chat",
    connection_id: str = "c1",
    media_type: str = JSON,
    **others: str,
) -> list[tuple[str, str]]:
    """Return the headers of an event; `others` come with dashes for underscores."""
    return [
        ("Content-Type", media_type),
        ("X-ASRS-Connection-Id", connection_id),
        ("X-ASRS-Hub", hub),
        ("X-ASRS-Category", category),
        ("X-ASRS-Event", event),
        ("X-ASRS-Signature", sign(connection_id)),
        *((name.replace("_", "-"), value) for name, value in others.items()),
    ]


def message(target: str, *arguments: Any, invocation_id: str | None = "7", **others: Any) -> bytes:
    """Return the body of an invocation; None for one whose client does not wait."""
    waits = {} if invocation_id is None else {"invocationId": invocation_id}
    return json.dumps({"type": 1, **waits, "target": target, "arguments": arguments, **others}).encode()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def completion(self) -> dict[str, Any]:
        """The framed JSON message that is the whole body."""
        assert self.status == 200, self
        record, end, rest = self.body.partition(b"\x1e")
        assert (end, rest) == (b"\x1e", b"")
        found: dict[str, Any] = json.loads(record)
        assert found["type"] == 3
        return found


class Caller:
    """Posts to one app, over connections that it keeps."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def post(self, headers: Headers, body: Any = b"", path: str = WEBHOOK, method: str = "POST") -> Answer:
        """Send one request exactly as it is given; an async generator as a body goes out in chunks."""
        async with self.session.request(
            method,
            self.url + path,
            data=body,
            headers=CIMultiDict(headers),
            skip_auto_headers=["Content-Type"],
            allow_redirects=False,
        ) as response:
            return Answer(response.status, CIMultiDict(response.headers), await response.read())

    async def invoke(self, target: str, *arguments: Any, path: str = WEBHOOK, **others: str) -> Answer:
        """Call a method and wait for its completion."""
        return await self.post(headers(target, **others), message(target, *arguments), path)

    async def send(self, target: str, *arguments: Any) -> Answer:
        """Call a method without waiting."""
        return await self.post(headers(target), message(target, *arguments, invocation_id=None))

    async def connect(self, hub: str = "chat", **others: str) -> Answer:
        return await self.post(headers("connected", category="connections", hub=hub, **others), b'{"type":10}')

    async def disconnect(self, body: bytes = b'{"type":11}', hub: str = "chat") -> Answer:
        return await self.post(headers("disconnected", category="connections", hub=hub), body)


@asynccontextmanager
async def calling(router: HubRouter, *, installed: bool = True, app: FastAPI | None = None) -> AsyncGenerator[Caller]:
    """Serve `router` in an app, installed or only included."""
    app = app or FastAPI()
    if installed:
        router.install(app)
    else:
        app.include_router(router)
    async with serving(app) as url, aiohttp.ClientSession() as session:
        caller = Caller(session, url)
        await caller.post([], method="GET", path="/nowhere")  # Returns when the app has started.
        yield caller
