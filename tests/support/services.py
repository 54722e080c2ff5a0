"""SignalR services of their own: apps elsewhere, as far as whoever sends to them can tell."""

import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from fastapi import FastAPI
from websockets.asyncio.client import connect

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub
from serverless_hub.bindings import SignalRConnectionInfo
from serverless_hub.protocol.endpoint import Credential, Endpoint
from serverless_hub.protocol.rest_token import rest_claims
from serverless_hub.protocol.tokens import sign_token
from tests.support.client import Client
from tests.support.server import serving

__all__ = ["KEY", "OneToken", "client_of", "closed", "endpoint", "keyless", "service"]

KEY = "services-services-services-services"


class _Chat(ServerlessHub, hub="chat"):
    """The hub of a service."""

    async def whoami(self) -> Any:
        identity = self.context.identity
        return [self.context.user_id, None if identity is None else [identity.user_id, identity.claims]]

    async def my_id(self) -> str:
        return self.context.connection_id


@asynccontextmanager
async def service(key: str = KEY, app: FastAPI | None = None) -> AsyncGenerator[str]:
    """Yield the URL of a service with the access key `key`; start it before there are settings that name another."""
    app = app or FastAPI()
    HubRouter(_Chat, default_service=EmbeddedService(access_key=key)).install(app)
    async with serving(app) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/nowhere"):
            pass  # there is an answer when it has started
        yield f"{url}/_signalr"


@contextmanager
def closed() -> Generator[str]:
    """Yield a URL at which nobody answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))  # taken but not listening: connections are refused
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def endpoint(url: str, name: str = "", *, primary: bool = True, key: str = KEY) -> Endpoint:
    return Endpoint(url, key, client_url=url, server_url=url, name=name, primary=primary)


def keyless(url: str, name: str = "") -> Endpoint:
    return Endpoint(url, credential=Credential(kind="default"), client_url=url, server_url=url, name=name)


@dataclass(frozen=True)
class OneToken:
    """A credential that a service takes for the operation `:generateToken` of the hub `chat`, and for nothing else."""

    token: str
    expires_on: int

    @classmethod
    def at(cls, now: float, key: str = KEY) -> "OneToken":
        claims = rest_claims("http://localhost/api/hubs/chat/:generateToken", now, 600)
        return cls(sign_token(claims, key), int(now) + 600)

    async def get_token(self, *scopes: str) -> "OneToken":
        assert scopes
        return self


@asynccontextmanager
async def client_of(info: SignalRConnectionInfo) -> AsyncGenerator[Client]:
    """Yield a client that is connected as `info` says."""
    bearer = {"Authorization": f"Bearer {info.accessToken}"}
    async with connect(info.url.replace("http", "ws", 1), additional_headers=bearer) as open_socket:
        client = Client(open_socket)
        assert await client.handshake() == {}
        yield client
