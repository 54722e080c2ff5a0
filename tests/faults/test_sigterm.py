"""SIGTERM while clients of all transports are busy, and one does not read: all hear of it, and so does the app."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack, suppress

import pytest
from websockets.exceptions import ConnectionClosed

from serverless_hub.cli.access_key import DEVELOPMENT_KEY
from serverless_hub.protocol.messages import Close, Completion, Invocation
from tests.faults.crowd import http_client
from tests.faults.raw import RawClient
from tests.support.client import Client
from tests.support.client_tokens import client_token
from tests.support.event_app import EventApp
from tests.support.http_transports import HANDSHAKE, HttpClient
from tests.support.service_process import service_process
from tests.support.standalone import visitor

_CLIENTS = 30
_LIMIT = 30.0
_GOODBYE = Close("The service stopped.", allow_reconnect=True)
_GOODBYE_BYTES = b'{"type":7,"error":"The service stopped.","allowReconnect":true}\x1e'


async def talk(client: Client, busy: asyncio.Event) -> int:
    """Call again and again to the end, which has to be in order; return how many calls were answered."""
    for number in range(1_000_000):
        if number == 10:
            busy.set()
        with suppress(ConnectionClosed):  # The Close has come, then, and is still to be read.
            await client.send(Invocation("echo", (), str(number)))
        message = await client.receive()
        if isinstance(message, Close):
            assert message == _GOODBYE
            return number
        assert isinstance(message, Completion)
        assert (message.invocation_id, client.result_of(message)) == (str(number), "app")
    raise AssertionError


async def poll(client: HttpClient) -> bytes:
    """Poll until the Close has come; return all that came."""
    heard = b""
    while b'"type":7' not in heard:
        reply = await client.poll()
        assert reply.status == 200
        heard += reply.body
    return heard


@pytest.mark.requirement("service.stop.close-first")
async def test_sigterm_under_load_ends_it_in_order_and_every_client_s_end_reaches_the_app() -> None:
    app, busy = EventApp(), asyncio.Event()
    token = client_token(DEVELOPMENT_KEY, now=time.time())
    async with AsyncExitStack() as stack, asyncio.timeout(_LIMIT):
        url = await stack.enter_async_context(app.serving())
        service = await stack.enter_async_context(service_process("--upstream", f"{url}/"))
        visitors = [await stack.enter_async_context(visitor(service.url, token=token)) for _ in range(_CLIENTS)]
        poller = await stack.enter_async_context(http_client(service.url, token))
        streamer = await stack.enter_async_context(http_client(service.url, token))
        stuck = await stack.enter_async_context(RawClient(service.url, window=4096))
        assert (await poller.poll()).status == 200
        assert (await poller.post(HANDSHAKE)).status == 200
        stream = await stack.enter_async_context(streamer.stream())
        assert (await streamer.post(HANDSHAKE)).status == 200
        await stuck.shake(token)
        talks = [asyncio.create_task(talk(client, busy)) for client in visitors]
        polls = asyncio.create_task(poll(poller))
        await busy.wait()
        began = time.monotonic()
        code, said = await service.end(signal.SIGTERM)
        assert time.monotonic() - began < 15
        answered = sum(await asyncio.gather(*talks))
        assert _GOODBYE_BYTES in await polls
        assert b"data: " + _GOODBYE_BYTES in await stream.read()
    assert (code, "Traceback" in said) == (0, False), said
    assert answered <= sum(event == "echo" for _, event in app.events) <= answered + _CLIENTS
    assert len(app.connections("connected")) == _CLIENTS + 3
    assert app.connections("disconnected") == app.connections("connected")
