"""What clients hear before the server is told to stop, and how long the server waits for that."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from serverless_hub.http_client import HttpClient
from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.protocol.messages import Close
from serverless_hub.service.app import ServiceApp
from serverless_hub.service.service import SignalRService
from serverless_hub.service.settings import ServiceSettings
from tests.faults.raw import RawClient
from tests.support.client_tokens import client_token
from tests.support.clock import ManualClock, settle
from tests.support.server import serving
from tests.support.standalone import KEY, visitor


@asynccontextmanager
async def service() -> AsyncGenerator[tuple[SignalRService, ManualClock, str]]:
    clock = ManualClock(time.time())
    signalr = SignalRService([KEY], ServiceSettings(max_outbound_bytes=20_000_000), clock, CorsPolicy([]))
    async with serving(ServiceApp(signalr, HttpClient(), lambda: None)) as url:
        yield signalr, clock, url


@pytest.mark.requirement("service.stop.close-first")
async def test_every_client_has_been_sent_a_close_when_the_goodbye_is_over() -> None:
    async with service() as (signalr, _, url), visitor(url) as ann, visitor(url) as ben:
        await asyncio.wait_for(signalr.say_goodbye(), 10)
        for client in (ann, ben):
            assert await client.receive() == Close("The service stopped.", allow_reconnect=True)


async def test_without_clients_it_is_over_at_once() -> None:
    async with service() as (signalr, _, url):
        async with visitor(url):
            pass
        await asyncio.wait_for(signalr.stop(), 10)
        await asyncio.wait_for(signalr.say_goodbye(), 10)


async def test_a_client_that_does_not_read_holds_the_goodbye_up_for_a_second() -> None:
    token = client_token(KEY, now=time.time(), user_id="stuck")
    async with service() as (signalr, clock, url), RawClient(url, window=4096) as stuck, visitor(url) as ann:
        await stuck.shake(token)
        await stuck.hear(b"{}\x1e")
        hub = signalr.hub("chat")
        for _ in range(10):  # More than all buffers on the way take.
            hub.send("users", ["stuck"], "noise", ["x" * 1_000_000])
            await settle()
        goodbye = asyncio.create_task(signalr.say_goodbye())
        assert await ann.receive() == Close("The service stopped.", allow_reconnect=True)
        await clock.advance(0.9)
        assert not goodbye.done()
        await clock.advance(0.2)
        await asyncio.wait_for(goodbye, 10)
        await clock.advance(5)
