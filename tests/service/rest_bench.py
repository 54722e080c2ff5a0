"""An app with the embedded service behind a real server, its REST API, and real clients."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI, Header

from serverless_hub import EmbeddedService, HubRouter, Negotiation, ServerlessHub, ServiceSettings
from serverless_hub.protocol.codec import JSON, HubProtocol
from tests.service.rest_client import RestClient, rest_client
from tests.support.client import Client, connected
from tests.support.server import serving

__all__ = ["KEY", "Person", "RestBench", "rest_bench"]

KEY = "an-access-key-of-some-length"


class Chat(ServerlessHub):
    async def me(self) -> str:
        return self.context.connection_id


async def who(user: Annotated[str | None, Header()] = None) -> Negotiation:
    return Negotiation(user_id=user)


@dataclass(frozen=True)
class Person:
    """A client and its connection id."""

    client: Client
    id: str

    async def hears(self, *arguments: Any) -> None:
        """Check that `arguments` are what the next call of `news` has."""
        assert await self.client.call_of("news") == list(arguments)


@dataclass(frozen=True)
class RestBench:
    """A running app at `url`; the service is below it."""

    url: str
    rest: RestClient

    @asynccontextmanager
    async def person(self, user: str | None = None, protocol: HubProtocol = JSON) -> AsyncGenerator[Person]:
        headers = {} if user is None else {"user": user}
        async with connected(self.url, protocol=protocol, **headers) as client:
            connection_id: str = client.result_of(await client.invoke("me"))
            yield Person(client, connection_id)


@asynccontextmanager
async def rest_bench(**settings: Any) -> AsyncGenerator[RestBench]:
    """Yield a running bench, whose service has these settings."""
    app = FastAPI()
    service = EmbeddedService(access_key=KEY, settings=ServiceSettings(**settings))
    HubRouter(Chat, negotiate=who, default_service=service).install(app)
    async with serving(app) as url, rest_client(f"{url}/_signalr", KEY) as rest:
        yield RestBench(url, rest)
