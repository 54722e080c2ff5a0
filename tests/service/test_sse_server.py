"""Server-Sent Events on a real server, with a client that does what it likes."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from serverless_hub.protocol.messages import Close
from tests.support.client import Client
from tests.support.http_transports import HANDSHAKE, Chat, HttpClient, Server, http_server

_LIMIT = 10.0
_STREAM = {"Accept": "text/event-stream"}


@pytest.fixture
async def server() -> AsyncGenerator[Server]:
    async with http_server() as running:
        yield running


async def read(stream: aiohttp.ClientResponse, count: int = 1) -> bytes:
    """Read the next events."""
    async with asyncio.timeout(_LIMIT):
        return b"".join([await stream.content.readuntil(b"\r\n\r\n") for _ in range(count)])


async def shake_hands(client: HttpClient, stream: aiohttp.ClientResponse) -> None:
    assert await stream.content.readuntil(b"\r\n") == b":\r\n"
    assert (await client.post(HANDSHAKE)).status == 200
    assert await read(stream) == b"data: {}\x1e\r\n\r\n"


def call(target: str, *arguments: Any) -> bytes:
    return json.dumps({"type": 1, "invocationId": "7", "target": target, "arguments": arguments}).encode() + b"\x1e"


async def ended() -> str | None:
    async with asyncio.timeout(_LIMIT):
        return await Chat.ended.get()


async def test_messages_come_as_events(server: Server) -> None:
    client = await server.negotiated()
    async with client.stream() as stream:
        assert stream.status == 200
        assert stream.headers["content-type"] == "text/event-stream"
        await shake_hands(client, stream)
        assert (await client.post(call("echo", "x\u2028\n"))).status == 200
        event = await read(stream)
        record = event.removeprefix(b"data: ").removesuffix(b"\x1e\r\n\r\n")
        assert json.loads(record)["result"] == "x\u2028\n"


@pytest.mark.requirement("transports.sse.left")
async def test_a_client_that_says_goodbye_leaves_in_order(server: Server) -> None:
    client = await server.negotiated()
    async with client.stream() as stream:
        await shake_hands(client, stream)
        await client.post(b'{"type":7}\x1e')
        assert await stream.content.read() == b""
    assert await ended() is None
    assert (await client.post(b"x")).status == 404


@pytest.mark.requirement("transports.sse.left")
async def test_a_client_that_only_drops_its_stream_is_lost(server: Server) -> None:
    client = await server.negotiated()
    async with client.stream() as stream:
        await shake_hands(client, stream)
    assert await ended() == "The connection was lost."


async def test_a_token_in_the_query_is_taken_for_a_stream_only_and_logged_nowhere(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    client = await server.negotiated()
    bearer, client.bearer = client.bearer, ""
    query = f"hub=chat&id={client.id}&access_token={bearer}"
    assert (await client.request("GET", query)).status == 401
    caplog.set_level("DEBUG", "uvicorn.access")
    url = f"{client.url}/?{query}"
    async with server.session.get(url, headers=_STREAM) as stream:
        assert stream.status == 200
    assert "/_signalr/client/" in caplog.text
    assert bearer not in caplog.text


@pytest.mark.requirement("transports.id.conflict", "transports.sse.delete")
async def test_there_is_one_stream_per_connection_and_no_other_transport(server: Server) -> None:
    client = await server.negotiated()
    async with client.stream() as stream:
        await shake_hands(client, stream)
        assert (await client.request("GET", **_STREAM)).status == 409
        assert (await client.poll()).status == 400
        assert (await client.delete()).status == 400
        with pytest.raises(InvalidStatus) as refused:
            async with websocket(client):
                pass
        assert refused.value.response.status_code == 409


async def test_a_connection_that_polls_gets_no_stream(server: Server) -> None:
    client = await server.negotiated()
    await client.poll()
    assert (await client.request("GET", **_STREAM)).status == 400


@pytest.mark.requirement("transports.post", "transports.sse.delete")
async def test_a_websocket_takes_neither_posts_nor_streams_nor_polls_nor_deletes(server: Server) -> None:
    client = await server.negotiated()
    async with websocket(client) as socket:
        await Client(socket).handshake()
        assert (await client.post(b"x")).status == 405
        assert (await client.request("GET", **_STREAM)).status == 400
        assert (await client.poll()).status == 400
        assert (await client.delete()).status == 400
        stranger = server.client(user_id="eve")
        stranger.id = client.id
        assert (await stranger.post(b"x")).status == 404


@pytest.mark.requirement("transports.sse.text")
async def test_messagepack_is_refused(server: Server) -> None:
    client = await server.negotiated()
    async with client.stream() as stream:
        await stream.content.readuntil(b"\r\n")
        await client.post(b'{"protocol":"messagepack","version":1}\x1e')
        event = await read(stream)
        assert json.loads(event.removeprefix(b"data: ").removesuffix(b"\x1e\r\n\r\n")) == {
            "error": "Cannot use the 'messagepack' protocol on the current transport. "
            "The transport does not support 'Binary' transfer format."
        }
        assert await stream.content.read() == b""


@pytest.mark.requirement("transports.claims")
@pytest.mark.parametrize("allowed", [{"claims": {"asrs.s.htt": "4"}}, {}])
async def test_who_may_not_have_a_stream_gets_none(allowed: dict[str, Any]) -> None:
    offered: dict[str, Any] = {} if allowed else {"transports": ["LongPolling"]}
    async with http_server(**offered) as server:
        client = server.client(**allowed)
        names = [offer["transport"] for offer in (await client.negotiate())["availableTransports"]]
        assert names == ["LongPolling"]
        assert (await client.request("GET", **_STREAM)).status == 404
        with pytest.raises(InvalidStatus) as refused:
            async with websocket(client):
                pass
        assert refused.value.response.status_code == 404
        assert (await client.poll()).status == 200


@pytest.mark.requirement("transports.claims")
async def test_a_handshake_may_take_as_long_as_the_token_says() -> None:
    async with http_server(handshake_timeout=60) as server:
        client = await server.negotiated(claims={"asrs.s.cht": "0.05"})
        async with client.stream() as stream:
            await stream.content.readuntil(b"\r\n")
            assert await read(stream) == b'data: {"error":"Handshake was canceled."}\x1e\r\n\r\n'


async def test_a_stream_in_its_handshake_ends_when_the_service_stops(server: Server) -> None:
    client = await server.negotiated()
    async with client.stream() as stream:
        await stream.content.readuntil(b"\r\n")
        server.service.close_all()
        async with asyncio.timeout(_LIMIT):
            assert await stream.content.read() == b""


async def test_a_stream_hears_that_the_service_stops_and_ends(server: Server) -> None:
    client = await server.negotiated()
    async with client.stream() as stream:
        await shake_hands(client, stream)
        server.service.close_all()
        async with asyncio.timeout(_LIMIT):
            said = await stream.content.read()
    assert said == b'data: {"type":7,"error":"The service stopped.","allowReconnect":true}\x1e\r\n\r\n'


async def test_a_websocket_that_shakes_hands_while_the_service_stops_is_closed(server: Server) -> None:
    client = await server.negotiated()
    async with websocket(client) as socket:
        server.service.close_all()
        speaker = Client(socket)
        assert await speaker.handshake() == {}
        assert await speaker.receive() == Close("The service stopped.", allow_reconnect=True)
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"{client.url.replace('http', 'ws', 1)}/?hub=chat", additional_headers=_bearer(client)):
                pass
        assert refused.value.response.status_code == 503


def websocket(client: HttpClient) -> Any:
    url = f"{client.url.replace('http', 'ws', 1)}/?hub=chat&id={client.id}"
    return connect(url, additional_headers=_bearer(client))


def _bearer(client: HttpClient) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.bearer}"}
