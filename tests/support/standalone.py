"""The service as an app of its own, in the test's event loop, and clients of it."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect

from serverless_hub import ServiceSettings
from serverless_hub.clock import SystemClock
from serverless_hub.http_client import HttpClient
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.service.app import ServiceApp
from serverless_hub.service.http_upstream import HttpUpstream
from serverless_hub.service.prometheus import PrometheusMetrics
from serverless_hub.service.service import SignalRService
from serverless_hub.service.upstream_rules import UpstreamRule, UpstreamRules
from serverless_hub.service.upstream_template import UpstreamTemplate
from tests.support.client import Client
from tests.support.client_tokens import client_token
from tests.support.server import serving

__all__ = ["KEY", "PAGE", "standalone", "visitor"]

KEY = "an-access-key-of-some-length"
PAGE = "https://chat.example.com"
"""Whose pages may connect."""


@asynccontextmanager
async def standalone(
    upstream: str | None = None, *, metrics: bool = False, client: HttpClient | None = None
) -> AsyncGenerator[str]:
    """Yield the URL of a service whose events `client` posts to `upstream`."""
    client, settings = client or HttpClient(), ServiceSettings()
    clock = SystemClock()
    numbers = PrometheusMetrics()
    service = SignalRService([KEY], settings, clock, CorsPolicy([PAGE]), numbers)
    if upstream is not None:
        rules = UpstreamRules([UpstreamRule(UpstreamTemplate(upstream))])
        service.default_upstream = HttpUpstream(rules, client, clock, settings.upstream_timeout)
    started = asyncio.Event()
    app = ServiceApp(service, client, started.set, metrics=numbers.text if metrics else None)
    async with serving(app) as url, asyncio.timeout(20):
        await started.wait()
        yield url


@asynccontextmanager
async def visitor(
    url: str, user_id: str | None = None, *, path: str = "/client/", query: str = "hub=chat", token: str | None = None
) -> AsyncGenerator[Client]:
    """Yield a client that is connected without a negotiate."""
    token = token or client_token(KEY, now=time.time(), user_id=user_id)
    address = f"{url.replace('http', 'ws', 1)}{path}?{query}"
    async with connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        client = Client(socket)
        assert await client.handshake() == {}
        yield client
