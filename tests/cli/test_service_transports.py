"""`serverless-hub service` and clients without WebSockets."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack

import aiohttp
import pytest

from serverless_hub.cli.access_key import DEVELOPMENT_KEY
from tests.support.client_tokens import client_token
from tests.support.http_transports import HANDSHAKE, HttpClient
from tests.support.service_process import service_process

_LIMIT = 20.0


async def _client(session: aiohttp.ClientSession, url: str) -> HttpClient:
    client = HttpClient(session, f"{url}/client", client_token(DEVELOPMENT_KEY, now=time.time()))
    await client.negotiate()
    return client


@pytest.mark.requirement("service.stop.signal")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
async def test_one_signal_ends_it_though_a_stream_and_a_poll_are_open(how: signal.Signals) -> None:
    async with service_process() as service, AsyncExitStack() as stack, asyncio.timeout(_LIMIT):
        session = await stack.enter_async_context(aiohttp.ClientSession())
        streaming, polling = [await _client(session, service.url) for _ in range(2)]
        stream = await stack.enter_async_context(streaming.stream())
        await streaming.post(HANDSHAKE)
        while b"{}" not in await stream.content.readuntil(b"\r\n\r\n"):
            pass
        await polling.poll()
        await polling.post(HANDSHAKE)
        assert (await polling.poll()).body == b"{}\x1e"
        polls = {asyncio.create_task(polling.poll()) for _ in range(2)}  # The second replaces the first.
        _, (poll,) = await asyncio.wait(polls, return_when=asyncio.FIRST_COMPLETED)
        ended = asyncio.create_task(service.end(how))
        assert b"The service stopped." in (await poll).body
        assert b"The service stopped." in await stream.content.read()
        code, said = await ended
        assert code == 0, said


async def test_foreign_pages_are_refused_on_every_way_in() -> None:
    async with service_process() as service, aiohttp.ClientSession() as session, asyncio.timeout(_LIMIT):
        client = await _client(session, service.url)
        client.headers = {"Origin": "https://evil.example"}
        for method in ("OPTIONS", "GET", "POST", "DELETE"):
            for slash in ("", "/"):
                client.slash = slash
                answer = await client.request(method)
                assert answer.status == 403
                assert "access-control-allow-origin" not in answer.headers
        assert (await client.request("GET", Accept="text/event-stream")).status == 403
