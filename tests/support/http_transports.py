"""A SignalR client without a WebSocket, request by request, over real HTTP."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import aiohttp
from fastapi import FastAPI

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub, ServiceSettings
from tests.support.client_tokens import client_token
from tests.support.server import serving

__all__ = ["HANDSHAKE", "KEY", "Chat", "HttpClient", "Reply", "Server", "http_server"]

KEY = "an-access-key-of-some-length"
HANDSHAKE = b'{"protocol":"json","version":1}\x1e'
_LIMIT = 10.0


class Chat(ServerlessHub):
    ended: ClassVar["asyncio.Queue[str | None]"]
    """What `disconnected` was told, in order."""

    async def on_disconnected(self, error: str | None) -> None:
        self.ended.put_nowait(error)

    async def echo(self, value: Any) -> Any:
        return value

    async def query(self) -> dict[str, str]:
        return dict(self.context.query)

    async def close_me(self) -> None:
        await self.connections.close(self.context.connection_id, "Come back soon.")


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: dict[str, str]


@dataclass
class HttpClient:
    """One client; `id` is the secret of its connection."""

    session: aiohttp.ClientSession
    url: str
    bearer: str
    id: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    """More headers, of every request."""
    slash: str = "/"
    """At the end of the path."""

    async def negotiate(self, version: int = 1) -> dict[str, Any]:
        headers = self.headers | {"Authorization": f"Bearer {self.bearer}"}
        url = f"{self.url}/negotiate?hub=chat&negotiateVersion={version}"
        async with self.session.post(url, headers=headers) as answer:
            assert answer.status == 200
            negotiated: dict[str, Any] = await answer.json()
        self.id = negotiated.get("connectionToken", negotiated["connectionId"])
        return negotiated

    async def request(self, method: str, query: str | None = None, data: Any = None, **headers: str) -> Reply:
        """Send a request and return the whole answer."""
        async with asyncio.timeout(_LIMIT), self._open(method, query, data, headers) as answer:
            return Reply(answer.status, await answer.read(), {k.lower(): v for k, v in answer.headers.items()})

    async def poll(self) -> Reply:
        return await self.request("GET")

    async def post(self, data: Any) -> Reply:
        return await self.request("POST", data=data)

    async def delete(self) -> Reply:
        return await self.request("DELETE")

    @asynccontextmanager
    async def stream(self) -> AsyncGenerator[aiohttp.ClientResponse]:
        """Yield an open event stream."""
        async with self._open("GET", None, None, {"Accept": "text/event-stream"}) as answer:
            yield answer

    def _open(self, method: str, query: str | None, data: Any, headers: dict[str, str]) -> Any:
        query = query if query is not None else f"hub=chat&id={self.id}"
        bearer = {"Authorization": f"Bearer {self.bearer}"} if self.bearer else {}
        return self.session.request(
            method,
            f"{self.url}{self.slash}?{query}",
            data=data,
            headers={"Accept": "*/*"} | bearer | self.headers | headers,
        )


@dataclass
class Server:
    url: str
    session: aiohttp.ClientSession
    service: EmbeddedService

    def client(self, **options: Any) -> HttpClient:
        """Return a client that has a token and nothing else."""
        return HttpClient(self.session, f"{self.url}/_signalr/client", client_token(KEY, now=time.time(), **options))

    async def negotiated(self, **options: Any) -> HttpClient:
        """Return a client that may connect."""
        client = self.client(**options)
        await client.negotiate()
        return client


@asynccontextmanager
async def http_server(service: EmbeddedService | None = None, **settings: Any) -> AsyncGenerator[Server]:
    """Yield a running server, and a session for its clients that ends first."""
    Chat.ended = asyncio.Queue()
    app = FastAPI()
    service = service or EmbeddedService(access_key=KEY, settings=ServiceSettings(**settings))
    HubRouter(Chat, default_service=service).install(app)
    async with serving(app) as url, aiohttp.ClientSession() as session:
        yield Server(url, session, service)
