"""Long polling, and what all transports over plain HTTP share, on a real server with a client that does as it likes."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from serverless_hub import EmbeddedService, ServiceSettings
from serverless_hub.protocol.codec import MESSAGEPACK
from serverless_hub.protocol.messages import Completion, Invocation, Ping
from tests.support.client_tokens import client_token
from tests.support.clock import ManualClock
from tests.support.http_transports import HANDSHAKE, KEY, Chat, HttpClient, Reply, Server, http_server

PAGE = "http://localhost:3000"
_LIMIT = 10.0


@pytest.fixture
async def server() -> AsyncGenerator[Server]:
    async with http_server() as running:
        yield running


def call(target: str, *arguments: Any) -> bytes:
    return json.dumps({"type": 1, "invocationId": "7", "target": target, "arguments": arguments}).encode() + b"\x1e"


async def polling(client: HttpClient) -> HttpClient:
    """Return `client` with its handshake done."""
    assert (await client.poll()).status == 200
    assert (await client.post(HANDSHAKE)).status == 200
    assert (await client.poll()).body == b"{}\x1e"
    return client


async def opened(server: Server, **options: Any) -> HttpClient:
    return await polling(await server.negotiated(**options))


async def open_poll(client: HttpClient) -> "asyncio.Task[Reply]":
    """Return a poll that has reached the server: it has replaced another."""
    polls = {asyncio.create_task(client.poll()) for _ in range(2)}
    done, pending = await asyncio.wait(polls, return_when=asyncio.FIRST_COMPLETED)
    (replaced,), (current,) = done, pending
    assert replaced.result().status == 204
    return current


async def ended() -> str | None:
    async with asyncio.timeout(_LIMIT):
        return await Chat.ended.get()


@pytest.mark.requirement("transports.lp.end", "transports.lp.headers")
async def test_a_client_connects_calls_and_leaves(server: Server) -> None:
    client = await opened(server)
    sent = await client.post(call("echo", "hä"))
    assert (sent.status, sent.body) == (200, b"")
    answer = await client.poll()
    assert json.loads(answer.body[:-1]) == {"type": 3, "invocationId": "7", "result": "hä"}
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "no-cache, no-store"
    poll = await open_poll(client)
    left = await client.delete()
    assert (left.status, left.body) == (202, b"")
    assert (await poll).status == 204
    assert await ended() is None
    for request in (client.poll(), client.post(b"x"), client.delete()):
        assert (await request).status == 404


async def test_messagepack_goes_over_polls(server: Server) -> None:
    client = await server.negotiated()
    await client.poll()
    await client.post(b'{"protocol":"messagepack","version":1}\x1e')
    assert (await client.poll()).body == b"{}\x1e"
    await client.post(MESSAGEPACK.encode(Invocation("echo", [b"\x00\xff"], "1")))
    (payload,) = MESSAGEPACK.splitter(100).feed((await client.poll()).body)
    completion = MESSAGEPACK.decode(payload)
    assert isinstance(completion, Completion)
    assert MESSAGEPACK.decode_value(completion.result) == b"\x00\xff"


@pytest.mark.requirement("transports.post")
async def test_a_client_may_post_before_its_first_poll_and_a_message_in_pieces(server: Server) -> None:
    client = await server.negotiated()
    message = HANDSHAKE + call("echo", 1)
    for piece in (message[:10], message[10:40], b"", message[40:]):
        assert (await client.post(piece)).status == 200
    received = b""
    while received.count(b"\x1e") < 2:
        received += (await client.poll()).body
    assert received.startswith(b"{}\x1e")


@pytest.mark.requirement("transports.post.order")
async def test_posts_are_taken_one_after_the_other(server: Server) -> None:
    client = await opened(server)
    message = call("echo", "x" * 100_000)
    first_half, second_half = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncGenerator[bytes]:
        yield message[:1000]
        first_half.set()
        await second_half.wait()
        yield message[1000:]

    slow = asyncio.create_task(client.post(slowly()))
    await first_half.wait()
    fast = asyncio.create_task(client.post(call("echo", "fast")))
    second_half.set()
    assert {(await slow).status, (await fast).status} == {200}
    received = b""
    while received.count(b"\x1e") < 2:
        received += (await client.poll()).body
    assert {len(record) > 1000 for record in received.split(b"\x1e")[:-1]} == {True, False}


@pytest.mark.requirement("transports.post.broken")
async def test_a_post_that_breaks_off_ends_the_connection(server: Server) -> None:
    client = await opened(server)
    gone = asyncio.Event()

    async def half() -> AsyncGenerator[bytes]:
        yield call("echo", 1) + call("echo", 2)[:10]
        await gone.wait()

    post = asyncio.create_task(client.post(half()))
    assert b'"result":1' in (await client.poll()).body
    post.cancel()
    assert await ended() == "A request of the client broke off."


@pytest.mark.requirement("transports.post.size")
async def test_a_message_that_is_too_large_ends_the_connection() -> None:
    async with http_server(max_message_bytes=1000) as server:
        client = await opened(server)
        await client.post(call("echo", "x" * 1000))
        assert b'"error":"The client sent an invalid message."' in (await client.poll()).body
        assert (await client.poll()).status == 204
        assert (await client.poll()).status == 404


@pytest.mark.requirement("transports.lp.end")
async def test_a_close_by_the_app_is_heard_and_then_the_end(server: Server) -> None:
    client = await opened(server)
    await client.post(call("close_me"))
    answer = b""
    while b'"type":7' not in answer:
        answer = (await client.poll()).body
    assert b"Come back soon." in answer
    assert (await client.poll()).status == 204
    assert (await client.poll()).status == 404
    assert await ended() == "Come back soon."


@pytest.mark.requirement("transports.claims")
@pytest.mark.parametrize("detailed", [True, False])
async def test_the_reason_of_the_app_may_be_kept_for_clients_that_are_told_details(*, detailed: bool) -> None:
    async with http_server(close_reasons=False) as server:
        claims = {"asrs.s.derror": "True" if detailed else "False"}
        client = await opened(server, claims=claims)
        await client.post(call("close_me"))
        answer = b""
        while b'"type":7' not in answer:
            answer = (await client.poll()).body
        assert (b"Come back soon." in answer) is detailed
        assert b'"allowReconnect":true' in answer


@pytest.mark.requirement("closing.invalid")
async def test_a_client_that_is_told_details_hears_what_was_wrong_with_its_message(server: Server) -> None:
    client = await opened(server, claims={"asrs.s.derror": "True"})
    await client.post(b"{\x1e")
    assert b"The client sent an invalid message. It sent what is not SignalR: " in (await client.poll()).body


async def test_an_empty_poll_ends_in_time_and_a_client_that_stays_away_is_lost() -> None:
    async with http_server(poll_timeout=0.05, disconnect_timeout=0.2) as server:
        client = await opened(server)
        answer = await client.poll()
        assert (answer.status, answer.body) == (200, b"")
        assert await ended() == "The client stopped polling."
        assert (await client.poll()).status == 404


@pytest.mark.requirement("keep-alive.ping")
async def test_pings_come_over_polls_too() -> None:
    async with http_server(ping_interval=0.05) as server:
        client = await opened(server)
        assert (await client.poll()).body == b'{"type":6}\x1e'
        await client.post(MESSAGEPACK.encode(Ping()))


async def test_the_next_poll_replaces_the_one_that_is_open(server: Server) -> None:
    client = await opened(server)
    current = await open_poll(client)
    await client.post(call("echo", 1))
    assert b'"result":1' in (await current).body


async def test_the_app_sees_the_query_without_secrets(server: Server) -> None:
    client = await server.negotiated()
    assert (await client.request("GET", f"hub=chat&id={client.id}&a=b")).status == 200
    await client.post(HANDSHAKE)
    await client.poll()
    await client.post(call("query"))
    assert json.loads((await client.poll()).body[:-1])["result"] == {"hub": "chat", "a": "b"}


@pytest.mark.requirement("transports.id.missing")
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_request_needs_an_id_that_there_is(server: Server, method: str) -> None:
    client = await server.negotiated()
    assert (await client.request(method, "hub=chat")).status == 400
    assert (await client.request(method, "hub=chat&id=")).status == 400
    assert (await client.request(method, "hub=chat&id=unknown")).status == 404


@pytest.mark.requirement("transports.methods")
@pytest.mark.parametrize("method", ["PUT", "HEAD", "PATCH"])
async def test_other_methods_are_not_allowed(server: Server, method: str) -> None:
    client = await server.negotiated()
    assert (await client.request(method)).status == 405


async def test_a_connection_that_was_not_opened_cannot_be_deleted(server: Server) -> None:
    client = await server.negotiated()
    assert (await client.delete()).status == 404
    await client.post(HANDSHAKE)
    assert (await client.delete()).status == 400


async def test_a_client_that_posts_and_never_polls_is_forgotten() -> None:
    clock = ManualClock(now=time.time())
    service = EmbeddedService(access_key=KEY, settings=ServiceSettings(connect_timeout=5), clock=clock)
    async with http_server(service) as server:
        client = await server.negotiated()
        assert (await client.post(HANDSHAKE)).status == 200
        waiting = asyncio.create_task(client.post(b"x" * 1_000_000))
        await clock.advance(4.9)
        assert (await client.delete()).status == 400
        await clock.advance(0.1)
        assert (await waiting).status == 404
        assert (await client.poll()).status == 404


@pytest.mark.requirement("limits.connections")
@pytest.mark.parametrize("polls", [True, False], ids=["polls", "has only posted"])
async def test_clients_without_a_websocket_count_as_connections(*, polls: bool) -> None:
    clock = ManualClock(now=time.time())
    service = EmbeddedService(access_key=KEY, settings=ServiceSettings(max_connections=1), clock=clock)
    async with http_server(service) as server:
        client, late = await server.negotiated(), await server.negotiated()
        assert (await (client.poll() if polls else client.post(HANDSHAKE))).status == 200
        assert (await late.poll()).status == 503
        assert (await late.post(HANDSHAKE)).status == 503
        assert (await late.request("GET", Accept="text/event-stream")).status == 503
        await clock.advance(4.9)
        assert (await late.poll()).status == 503
        if polls:
            return
        await clock.advance(0.1)
        assert (await (await server.negotiated()).poll()).status == 200


async def test_a_client_that_polls_is_not_forgotten() -> None:
    clock = ManualClock(now=time.time())
    async with http_server(EmbeddedService(access_key=KEY, clock=clock)) as server:
        client = await opened(server)
        poll = await open_poll(client)
        await clock.advance(10)
        await client.post(call("echo", 1))
        assert b'"result":1' in (await poll).body


BAD_TOKENS: dict[str, tuple[int, dict[str, Any]]] = {
    "of another user": (404, {"user_id": "eve"}),
    "of nobody": (404, {}),
    "of yesterday": (401, {"user_id": "ann", "now": time.time() - 86400}),
    "for another hub": (401, {"user_id": "ann", "hub": "news"}),
}


@pytest.mark.requirement("transports.identity", "transports.token.expiry")
@pytest.mark.parametrize("kind", BAD_TOKENS)
async def test_every_request_has_to_be_of_the_user_who_connected(server: Server, kind: str) -> None:
    client = await opened(server, user_id="ann")
    status, options = BAD_TOKENS[kind]
    with_now: dict[str, Any] = {"now": time.time(), **options}
    mine, client.bearer = client.bearer, client_token(KEY, **with_now)
    for method in ("GET", "POST", "DELETE"):
        assert (await client.request(method)).status == status
    client.bearer = ""
    assert (await client.post(b"x")).status == 401
    assert (await client.request("GET", f"hub=chat&id={client.id}&access_token={mine}")).status == 401
    client.bearer = mine
    await client.post(call("echo", 1))
    assert b'"result":1' in (await client.poll()).body


@pytest.mark.requirement("transports.cors")
async def test_every_answer_names_the_origin_that_may_read_it(server: Server) -> None:
    client = await server.negotiated()
    client.headers = {"Origin": PAGE}
    answers = [await client.poll(), await client.post(HANDSHAKE), await client.poll()]
    answers += [await client.request("GET", "hub=chat"), await client.request("PUT"), await client.delete()]
    answers.append(await client.poll())
    client.bearer = ""
    answers.append(await client.poll())
    assert [answer.status for answer in answers] == [200, 200, 200, 400, 405, 202, 404, 401]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert answer.headers["vary"] == "Origin"


@pytest.mark.requirement("transports.cors", "transports.cors.preflight")
async def test_a_preflight_allows_what_browsers_will_send(server: Server) -> None:
    client = HttpClient(server.session, f"{server.url}/_signalr/client", "")
    asked = {"Origin": PAGE, "Access-Control-Request-Headers": "authorization,content-type"}
    answer = await client.request("OPTIONS", "hub=chat&id=x", **asked)
    assert answer.status == 204
    assert answer.headers["access-control-allow-methods"] == "GET, POST, DELETE"
    assert answer.headers["access-control-allow-headers"] == "authorization,content-type"
    refused = await client.request("OPTIONS", "hub=chat&id=x", **asked | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in refused.headers


@pytest.mark.requirement("transports.paths")
async def test_paths_with_and_without_a_slash_are_the_same(server: Server) -> None:
    client = await server.negotiated()
    async with server.session.get(
        f"{client.url}?hub=chat&id={client.id}", headers={"Authorization": f"Bearer {client.bearer}"}
    ) as answer:
        assert answer.status == 200


async def test_a_request_of_a_client_that_has_left_already_is_no_warning(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "serverless_hub.service")
    client = await opened(server)
    await client.delete()
    assert (await client.post(b'{"type":7}\x1e')).status == 404  # The official client does both at once.
    server.service.close_all()
    bearer = {"Authorization": f"Bearer {client.bearer}"}
    async with server.session.post(f"{client.url}/negotiate?hub=chat", headers=bearer) as answer:
        assert answer.status == 503
    said = [(each.levelname, each.getMessage()) for each in caplog.records if each.name == "serverless_hub.service"]
    assert said == [
        ("INFO", "refused a POST request with 404: there is no such connection"),
        ("INFO", "refused a negotiate with 503: the service stops"),
    ]


@pytest.mark.requirement("transports.token.hidden")
async def test_no_secret_is_in_any_log(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    client = await opened(server)
    await client.delete()
    await client.poll()
    assert "/_signalr/client/" in caplog.text
    assert client.id not in caplog.text
    assert client.bearer not in caplog.text


async def test_when_the_service_stops_polls_hear_of_it_and_nobody_comes_in() -> None:
    async with http_server() as server:
        client, shaking, waiting = await opened(server), await server.negotiated(), await server.negotiated()
        assert (await shaking.poll()).status == 200
        await waiting.post(HANDSHAKE)
        polls = [await open_poll(one) for one in (client, shaking)]
        server.service.close_all()
        told, over = [await poll for poll in polls]
        assert told.body == b'{"type":7,"error":"The service stopped.","allowReconnect":true}\x1e'
        assert over.status == 204
        assert (await client.poll()).status == 204
        assert (await waiting.poll()).status == 404
        new = server.client()
        async with server.session.post(
            f"{new.url}/negotiate?hub=chat", headers={"Authorization": f"Bearer {new.bearer}"}
        ) as refused:
            assert refused.status == 503
        assert await ended() == "The service stopped."
