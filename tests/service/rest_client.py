"""The REST API as a client in few lines, for requests that no SDK would send and for looking at every answer."""

import json
import time
from collections.abc import AsyncGenerator, AsyncIterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import aiohttp
from yarl import URL

from serverless_hub.protocol.rest_token import rest_claims
from serverless_hub.protocol.tokens import sign_token

__all__ = ["VERSION", "Answer", "RestClient", "rest_client"]

VERSION = "2024-12-01"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        return self.headers.get("x-ms-error-code")

    @property
    def message(self) -> str:
        text: str = self.json["message"]
        return text


@dataclass
class RestClient:
    """Sends to the service at `url`; each request is signed for its own path with `key`."""

    url: str
    key: str
    session: aiohttp.ClientSession
    headers: dict[str, str] = field(default_factory=dict[str, str])

    async def request(
        self,
        method: str,
        path: str,
        query: str = "",
        *,
        body: Any = None,
        data: bytes | AsyncIterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = "",
        version: str | None = VERSION,
    ) -> Answer:
        """Return the answer to a request for `path`, percent-encoded, below `/api`.

        Args:
            method: of HTTP.
            path: such as `/hubs/chat/:send`.
            query: percent-encoded, without the API version.
            body: as JSON.
            data: as it is, in chunks where it comes in several; with a `Content-Type` in `headers`.
            headers: more of them.
            token: None for none, a text for that one, empty for a good one.
            version: of the API; None for none.
        """
        target = f"{self.url}/api{path}"
        asked = "&".join(part for part in (query, f"api-version={version}" if version else "") if part)
        sent = {**self.headers, **(headers or {})}
        if token is not None:
            sent["Authorization"] = f"Bearer {token or self.token(target)}"
        if body is not None:
            data, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        url = URL(f"{target}?{asked}" if asked else target, encoded=True)
        async with self.session.request(
            method,
            url,
            data=BytesIO(data) if isinstance(data, bytes) else data,
            headers=sent,
            skip_auto_headers=["Content-Type"],
            allow_redirects=False,
        ) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    def token(self, audience: str, *, key: str | None = None, age: float = 0, lifetime: float = 300) -> str:
        return sign_token(rest_claims(audience, time.time() - age, lifetime), key or self.key)

    async def send(self, path: str, target: str, arguments: Sequence[Any] = (), query: str = "") -> Answer:
        """Send a message to whoever `path` says, below the hub `chat`."""
        return await self.request(
            "POST", f"/hubs/chat{path}/:send", query, body={"target": target, "arguments": list(arguments)}
        )


@asynccontextmanager
async def rest_client(url: str, key: str) -> AsyncGenerator[RestClient]:
    """Yield a client of the service at `url`."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield RestClient(url, key, session)
