"""What real clients stumble over, each on a real server: frames, ids, headers and bodies as they need them."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from serverless_hub import EmbeddedService, ServiceSettings
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import Completion, Invocation, StreamItem
from tests.support.clock import ManualClock, settle
from tests.support.http_transports import HANDSHAKE, KEY, HttpClient, Server, http_server
from tests.support.session_bench import session_bench

PAGE = "http://localhost:3000"
_LIMIT = 10.0
both_protocols = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
either_frame = pytest.mark.parametrize("binary", [True, False], ids=["binary", "text"])


@pytest.fixture
async def server() -> AsyncGenerator[Server]:
    async with http_server() as running:
        yield running


@asynccontextmanager
async def socket_of(client: HttpClient, query: str = "hub=chat") -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
    headers = {"Authorization": f"Bearer {client.bearer}"}
    async with (
        asyncio.timeout(_LIMIT),
        client.session.ws_connect(f"{client.url}/?{query}", headers=headers) as socket,
    ):
        yield socket


async def say(socket: aiohttp.ClientWebSocketResponse, data: bytes, *, binary: bool) -> None:
    await (socket.send_bytes(data) if binary else socket.send_str(data.decode()))


@pytest.mark.requirement("handshake.frames", "transports.ws.frames")
@both_protocols
@either_frame
async def test_a_handshake_is_taken_in_either_frame_and_answered_in_the_protocol_s_own(
    server: Server, protocol: HubProtocol, *, binary: bool
) -> None:
    async with socket_of(server.client()) as socket:
        await say(socket, f'{{"protocol": "{protocol.name}", "version": 1}}\x1e'.encode(), binary=binary)
        answer = await socket.receive()
    assert answer.type is (aiohttp.WSMsgType.BINARY if protocol.binary else aiohttp.WSMsgType.TEXT)
    assert answer.data == (b"{}\x1e" if protocol.binary else "{}\x1e")


@pytest.mark.requirement("transports.ws.frames")
@either_frame
async def test_json_is_taken_in_either_frame_and_answered_as_text(server: Server, *, binary: bool) -> None:
    async with socket_of(server.client()) as socket:
        await say(socket, HANDSHAKE + JSON.encode(Invocation("echo", ["hä"], "0")), binary=binary)
        received = ""
        while received.count("\x1e") < 2:
            message = await socket.receive()
            assert message.type is aiohttp.WSMsgType.TEXT
            received += message.data
    assert json.loads(received.split("\x1e")[1]) == {"type": 3, "invocationId": "0", "result": "hä"}


@pytest.mark.requirement("handshake.error-frame")
async def test_a_handshake_that_is_refused_hears_so_as_text_and_is_closed_in_order(server: Server) -> None:
    async with socket_of(server.client()) as socket:
        await socket.send_bytes(b'{"protocol":"xml","version":1}\x1e')
        answer = await socket.receive()
        end = await socket.receive()
    assert (answer.type, answer.data) == (
        aiohttp.WSMsgType.TEXT,
        '{"error":"The protocol \'xml\' is not supported."}\x1e',
    )
    assert end.data == 1000


@pytest.mark.requirement("transports.ws.without-id")
async def test_clients_that_negotiate_with_the_app_only_connect_and_come_back_without_an_id(server: Server) -> None:
    client = server.client()
    for _ in range(2):
        async with socket_of(client) as socket:
            await socket.send_str(HANDSHAKE.decode())
            assert (await socket.receive()).data == "{}\x1e"


@pytest.mark.requirement("closing.websocket")
async def test_a_close_is_a_message_and_then_a_normal_end_of_the_socket(server: Server) -> None:
    async with socket_of(server.client()) as socket:
        await socket.send_bytes(HANDSHAKE + JSON.encode(Invocation("close_me")))
        received = ""
        while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
            received += message.data
    assert message.data == 1000
    assert json.loads(received.split("\x1e")[-2]) == {"type": 7, "error": "Come back soon.", "allowReconnect": True}


@pytest.mark.requirement("transports.sse.cors")
async def test_an_event_stream_names_the_origin_that_may_read_it(server: Server) -> None:
    client = await server.negotiated()
    client.headers = {"Origin": PAGE}
    async with client.stream() as stream:  # Its headers come before anything has been posted.
        assert stream.headers["access-control-allow-origin"] == PAGE
        assert stream.headers["access-control-allow-credentials"] == "true"
        assert stream.headers["content-encoding"] == "identity"
        assert await stream.content.readline() == b":\r\n"
        second = await client.request("GET", Accept="text/event-stream")
    assert (second.status, second.headers["access-control-allow-origin"]) == (409, PAGE)


@pytest.mark.requirement("transports.post.body")
@pytest.mark.parametrize(
    "media_type", ["text/plain;charset=UTF-8", "application/octet-stream", "application/json", "nonsense"]
)
async def test_whatever_type_a_post_says_it_is_answered_200_with_nothing(server: Server, media_type: str) -> None:
    client = await server.negotiated()
    answer = await client.request("POST", data=HANDSHAKE, **{"Content-Type": media_type})
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")
    assert (await client.poll()).status == 200


@pytest.mark.requirement("transports.negotiate.body")
@pytest.mark.parametrize("media_type", ["application/json", "application/octet-stream", None])
async def test_negotiate_reads_no_body_and_answers_json(server: Server, media_type: str | None) -> None:
    client = server.client()
    headers = {"Authorization": f"Bearer {client.bearer}"} | (
        {} if media_type is None else {"Content-Type": media_type}
    )
    async with server.session.post(f"{client.url}/negotiate?hub=chat", headers=headers, data=b"") as answer:
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        assert set(await answer.json()) == {"negotiateVersion", "connectionId", "availableTransports"}


@pytest.mark.requirement("transports.query")
async def test_what_a_server_library_puts_into_the_query_reaches_the_app_as_it_is(server: Server) -> None:
    client = await server.negotiated()
    await client.request("GET", f"hub=chat&id={client.id}&asrs.op=%2Fchat&asrs_request_id=a%2Bb%3D%3D&_=17")
    await client.post(HANDSHAKE + JSON.encode(Invocation("query", (), "1")))
    received = b""
    while received.count(b"\x1e") < 2:
        received += (await client.poll()).body
    assert json.loads(received.split(b"\x1e")[1])["result"] == {
        "hub": "chat",
        "asrs.op": "/chat",
        "asrs_request_id": "a+b==",
        "_": "17",
    }


@pytest.mark.requirement("transports.lp.timeout")
def test_a_poll_ends_before_clients_give_it_up() -> None:
    assert ServiceSettings().poll_timeout < 100


def _with_headers(protocol: HubProtocol) -> bytes:
    if protocol is JSON:
        headers = '"headers":{"Authorization":"Bearer s3cret"}'
        return f'{{"type":1,"invocationId":"1","target":"a","arguments":[],{headers}}}\x1e'.encode()
    payload: list[Any] = [1, {"Authorization": "Bearer s3cret"}, "1", "a", [], []]
    data = MESSAGEPACK.encode_value(payload)
    return bytes([len(data)]) + data


@pytest.mark.requirement("json-protocol.headers.secret", "msgpack-protocol.headers")
@both_protocols
async def test_headers_in_messages_are_neither_forwarded_nor_logged(
    protocol: HubProtocol, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with session_bench(protocol) as bench:
        bench.line.say(_with_headers(protocol))
        await settle()
        assert bench.app.events == ["connected", "a"]
        assert b"s3cret" not in bench.app.posts[1].body
        assert "s3cret" not in str(bench.app.posts[1].headers)
    assert "s3cret" not in caplog.text


@pytest.mark.requirement("client-answers.upload-streams")
@both_protocols
async def test_a_call_with_streams_is_made_and_what_is_streamed_is_dropped(protocol: HubProtocol) -> None:
    async with session_bench(protocol) as bench:
        bench.say(Invocation("a", (), "1", ("2",)), StreamItem("2", "x"), Completion("2"))
        await settle()
        assert bench.app.events == ["connected", "a"]
        assert bench.messages == [Completion("1")]


@pytest.mark.requirement("client-answers.arguments")
@both_protocols
async def test_a_call_may_have_more_than_ten_arguments_and_so_may_a_message(protocol: HubProtocol) -> None:
    async with session_bench(protocol) as bench:
        bench.call("a", *range(25))
        await settle()
        call = protocol.decode(bench.app.posts[1].body)
        assert isinstance(call, Invocation)
        assert protocol.decode_value(call.arguments) == list(range(25))
        bench.session.push(protocol.encode(Invocation("b", tuple(range(25)))))
        await settle()
        (message,) = bench.messages
        assert isinstance(message, Invocation)
        assert protocol.decode_value(message.arguments) == list(range(25))


@pytest.mark.requirement("transports.token.expiry")
async def test_a_websocket_outlives_its_token_and_polls_do_not() -> None:
    clock = ManualClock(now=time.time())
    async with http_server(EmbeddedService(access_key=KEY, clock=clock)) as server:
        polls = await server.negotiated(lifetime=60)
        assert (await polls.poll()).status == 200
        async with socket_of(server.client(lifetime=60)) as socket:
            await socket.send_str(HANDSHAKE.decode())
            assert (await socket.receive()).data == "{}\x1e"
            await clock.advance(86400)
            assert (await polls.post(HANDSHAKE)).status == 401
            await socket.send_bytes(JSON.encode(Invocation("echo", [1], "1")))
            received = ""
            while '"result":1' not in received:
                received += (await socket.receive()).data
