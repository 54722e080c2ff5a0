"""The service behind real uvicorn, with clients that do what none should: afterwards everybody else is still served."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from serverless_hub import EmbeddedService, HubRouter, ServerlessHub, ServiceSettings
from tests.support.client import Client, connected
from tests.support.client_tokens import client_token
from tests.support.server import serving, with_each_websocket

__all__ = ["with_each_websocket"]  # pytest uses it by its name

KEY = "an-access-key-of-some-length"
_LIMIT = 10.0


class Chat(ServerlessHub):
    async def echo(self, text: str) -> str:
        return text

    async def connection_id(self) -> str:
        return self.context.connection_id

    async def query(self) -> dict[str, str]:
        return dict(self.context.query)


def token(key: str = KEY, *, age: float = 0, **options: Any) -> str:
    return client_token(key, now=time.time() - age, **options)


@dataclass
class Server:
    url: str
    caplog: pytest.LogCaptureFixture

    @asynccontextmanager
    async def socket(self, query: str = "hub=chat", bearer: str | None = None) -> AsyncGenerator[ClientConnection]:
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        url = f"{self.url.replace('http', 'ws', 1)}/_signalr/client/?{query}"
        async with connect(url, additional_headers=headers) as socket:
            yield socket

    async def refusal(self, query: str = "hub=chat", bearer: str | None = None) -> int:
        """Return the status with which a WebSocket is refused."""
        with pytest.raises(InvalidStatus) as refused:
            async with self.socket(query, bearer):
                pass
        return refused.value.response.status_code

    async def negotiate(
        self, query: str = "hub=chat", bearer: str | None = None, method: str = "POST", body: bytes = b""
    ) -> tuple[int, Any]:
        """Return status and body of a negotiate."""
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        url = f"{self.url}/_signalr/client/negotiate?{query}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, headers=headers, data=body) as answer,
        ):
            return (
                answer.status,
                await answer.json() if answer.content_type == "application/json" else await answer.read(),
            )

    async def negotiated(self, bearer: str, version: int = 1) -> dict[str, Any]:
        status, answer = await self.negotiate(f"hub=chat&negotiateVersion={version}", bearer)
        assert status == 200
        found: dict[str, Any] = answer
        return found

    async def still_serves(self) -> None:
        async with connected(self.url) as client:
            assert client.result_of(await client.invoke("echo", "still here")) == "still here"

    async def still_serves_and_said(self, line: str, *secrets: str) -> None:
        """Check that a good client is served, and that our log has this line only, and no secret."""
        await self.still_serves()
        ours = [record.getMessage() for record in self.caplog.records if record.name.startswith("serverless_hub.")]
        assert len(ours) == 1, ours
        assert line in ours[0]
        assert [secret for secret in secrets if secret in self.caplog.text] == []


@asynccontextmanager
async def server(caplog: pytest.LogCaptureFixture, **settings: Any) -> AsyncGenerator[Server]:
    """Yield a running server whose start is not in the log."""
    app = FastAPI()
    service = EmbeddedService(access_key=KEY, settings=ServiceSettings(**settings))
    HubRouter(Chat, default_service=service).install(app)
    async with serving(app) as url:
        running = Server(url, caplog)
        await running.still_serves()
        caplog.clear()
        caplog.set_level(logging.INFO)
        yield running


BAD_TOKENS = {
    "signed with another key": token("a-key-that-nobody-knows"),
    "of yesterday": token(age=86400),
    "for another hub": token(hub="news"),
    "for the REST API": token(audience="http://localhost/api/hubs/chat/:send"),
    "malformed": token()[:-5],
    "missing": None,
}


@pytest.mark.requirement("transports.token.refused")
@pytest.mark.parametrize("bad", BAD_TOKENS.values(), ids=BAD_TOKENS)
async def test_a_token_that_proves_nothing_is_401_for_connect_and_negotiate(
    bad: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    async with server(caplog) as running:
        assert await running.refusal(bearer=bad) == 401
        await running.still_serves_and_said("refused a connection with 401: the ", bad or "none")
        caplog.clear()
        assert await running.negotiate(bearer=bad) == (401, b"")
        await running.still_serves_and_said("refused a negotiate with 401: the ", bad or "none")


@pytest.mark.requirement("transports.hub")
@pytest.mark.parametrize("query", ["hub=chat&hub=news", "hub=../chat", ""])
async def test_not_exactly_one_hub_is_400(query: str, caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog) as running:
        assert await running.refusal(query, token()) == 400
        await running.still_serves_and_said("refused a connection with 400: the query needs one valid hub name")
        caplog.clear()
        assert await running.negotiate(query, token()) == (400, b"")
        await running.still_serves_and_said("refused a negotiate with 400: the query needs one valid hub name")


@pytest.mark.requirement("transports.id.window")
async def test_an_id_that_was_never_given_out_is_404(caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog) as running:
        assert await running.refusal("hub=chat&id=invented", token()) == 404
        await running.still_serves_and_said("refused a connection with 404: the id was not given out", "invented")


async def test_an_id_of_somebody_else_is_404(caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog) as running:
        secret = (await running.negotiated(token(user_id="ann")))["connectionToken"]
        assert await running.refusal(f"hub=chat&id={secret}", token(user_id="eve")) == 404
        await running.still_serves_and_said("refused a connection with 404", secret)


@pytest.mark.requirement("transports.id.conflict")
async def test_an_id_that_is_in_use_is_409_and_its_owner_stays_connected(caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog) as running:
        secret = (await running.negotiated(token()))["connectionToken"]
        async with running.socket(f"hub=chat&id={secret}", token()) as socket:
            client = Client(socket)
            assert await client.handshake() == {}
            assert await running.refusal(f"hub=chat&id={secret}", token()) == 409
            assert client.result_of(await client.invoke("echo", "x")) == "x"
        await running.still_serves_and_said("refused a connection with 409: the connection is open already", secret)


async def test_an_id_cannot_be_used_a_second_time(caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog) as running:
        secret = (await running.negotiated(token()))["connectionToken"]
        async with running.socket(f"hub=chat&id={secret}", token()) as socket:
            assert await Client(socket).handshake() == {}
        # The server may need a moment to see that the first has left: until then it is in use.
        async with asyncio.timeout(_LIMIT):
            while await running.refusal(f"hub=chat&id={secret}", token()) == 409:
                pass


@pytest.mark.requirement("transports.negotiate.version-1")
async def test_in_version_1_the_id_that_the_hub_sees_is_not_the_secret(caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog) as running:
        answer = await running.negotiated(token())
        assert set(answer) == {"negotiateVersion", "connectionId", "connectionToken", "availableTransports"}
        assert answer["negotiateVersion"] == 1
        assert answer["availableTransports"][0] == {"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}
        async with running.socket(f"hub=chat&id={answer['connectionToken']}&a=b", token()) as socket:
            client = Client(socket)
            await client.handshake()
            assert client.result_of(await client.invoke("connection_id")) == answer["connectionId"]
            assert client.result_of(await client.invoke("query")) == {"hub": "chat", "a": "b"}


@pytest.mark.requirement("transports.negotiate.version-0")
@pytest.mark.parametrize("query", ["hub=chat", "hub=chat&negotiateVersion=0"])
async def test_in_version_0_the_id_is_the_only_one(query: str, caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog) as running:
        status, answer = await running.negotiate(query, token(), body=b"{}")
        assert status == 200
        assert set(answer) == {"negotiateVersion", "connectionId", "availableTransports"}
        assert answer["negotiateVersion"] == 0
        async with running.socket(f"hub=chat&id={answer['connectionId']}", token()) as socket:
            client = Client(socket)
            await client.handshake()
            assert client.result_of(await client.invoke("connection_id")) == answer["connectionId"]


@pytest.mark.requirement("transports.negotiate.version-1")
async def test_a_version_of_the_future_is_answered_with_version_1(caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog) as running:
        assert (await running.negotiated(token(), version=7))["negotiateVersion"] == 1


@pytest.mark.requirement("transports.negotiate.version-invalid")
async def test_a_version_that_is_not_a_number_is_an_error_for_the_client(caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog) as running:
        status, answer = await running.negotiate("hub=chat&negotiateVersion=latest", token())
        assert status == 200
        assert answer == {"error": "The client requested a non-integer protocol version."}
        await running.still_serves_and_said("a version that is not a number")


@pytest.mark.requirement("transports.negotiate.method")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_negotiate_is_a_post(method: str, caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog) as running:
        assert await running.negotiate(bearer=token(), method=method) == (405, b"")
        await running.still_serves_and_said("refused a negotiate with 405")


@pytest.mark.requirement("limits.pending")
async def test_too_many_clients_that_never_connect_are_503(caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog, max_pending=2) as running:
        for user in ("ann", "ben"):
            await running.negotiated(token(user_id=user))
        assert await running.negotiate(bearer=token(user_id="eve")) == (503, b"")
        assert "refused a negotiate with 503: 2 clients have not connected yet" in caplog.text
        assert await running.refusal("hub=chat", token(user_id="eve")) == 503


async def test_a_user_who_floods_is_429_and_others_are_served(caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog, max_pending_per_user=2) as running:
        mine = {"Authorization": f"Bearer {token(user_id='eve')}"}
        await running.negotiated(token(user_id="eve"))
        async with running.socket("hub=chat", token(user_id="eve")) as silent:
            address = f"{running.url}/_signalr/client/negotiate?hub=chat"
            async with aiohttp.ClientSession() as session, session.post(address, headers=mine) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (429, "5")
            assert await running.refusal("hub=chat", token(user_id="eve")) == 503
            await running.still_serves()
            assert await Client(silent).handshake() == {}
            await running.negotiated(token(user_id="eve"))


@pytest.mark.requirement("transports.token.hidden")
async def test_a_browser_s_token_is_in_the_query_and_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog) as running:
        mine = token()
        async with running.socket(f"hub=chat&access_token={mine}") as socket:
            client = Client(socket)
            assert await client.handshake() == {}
            assert client.result_of(await client.invoke("query")) == {"hub": "chat"}
        await running.refusal(f"hub=chat&access_token={BAD_TOKENS['for another hub']}")
        assert await running.negotiate(f"hub=chat&access_token={mine}") == (401, b"")
        assert "WebSocket /_signalr/client/?hub=chat" in caplog.text
        for secret in (mine, BAD_TOKENS["for another hub"]):
            assert secret is not None
            assert secret not in caplog.text


@pytest.mark.requirement("handshake.garbage")
@pytest.mark.parametrize("frame", ["GET / HTTP/1.1\x1e", '{"type":6}\x1e', b"\xff\xff\x1e", "x" * 5000])
async def test_garbage_instead_of_a_handshake_is_answered_and_closed(
    frame: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with server(caplog) as running:
        async with running.socket(bearer=token()) as socket, asyncio.timeout(_LIMIT):
            await socket.send(frame)
            assert str(await socket.recv()).startswith('{"error":')
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1000
        await running.still_serves_and_said("a client was closed during its handshake")


async def test_a_client_that_never_shakes_hands_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog, handshake_timeout=0.05) as running:
        async with running.socket(bearer=token()) as socket, asyncio.timeout(_LIMIT):
            assert await socket.recv() == '{"error":"Handshake was canceled."}\x1e'
        await running.still_serves_and_said("Handshake was canceled.")


@pytest.mark.requirement("closing.invalid")
@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ('{"type":1,"target":"echo","arguments":["' + "x" * 5000 + '"]}\x1e', "larger than the 4096 bytes"),
        ("x" * 5000, "larger than the 4096 bytes"),
        ("nonsense\x1e", "not a hub message in JSON"),
    ],
    ids=["oversized", "oversized without an end", "garbage"],
)
async def test_a_message_that_is_none_closes_the_connection(
    frame: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with server(caplog, max_message_bytes=4096) as running:
        async with running.socket(bearer=token()) as socket, asyncio.timeout(_LIMIT):
            assert await Client(socket).handshake() == {}
            await socket.send(frame)
            assert await socket.recv() == '{"type":7,"error":"The client sent an invalid message."}\x1e'
            with pytest.raises(ConnectionClosed):
                await socket.recv()
        await running.still_serves_and_said(reason)


async def test_a_client_that_hangs_up_without_a_word_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async with server(caplog) as running:
        async with running.socket(bearer=token()) as socket:
            assert await Client(socket).handshake() == {}
            socket.transport.abort()
        async with running.socket(bearer=token()) as socket:
            socket.transport.abort()
        await running.still_serves()
        assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


PAGE = "https://chat.example.com"
LOCAL = "http://localhost:5173"


@asynccontextmanager
async def asked(
    url: str, method: str = "POST", bearer: str | None = None, **headers: str
) -> AsyncGenerator[aiohttp.ClientResponse]:
    """Yield the answer to a negotiate from a page."""
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{url}/_signalr/client/negotiate?hub=chat", headers=headers) as answer,
    ):
        yield answer


@asynccontextmanager
async def server_for_pages(**options: Any) -> AsyncGenerator[str]:
    app = FastAPI()
    HubRouter(Chat, default_service=EmbeddedService(access_key=KEY, **options)).install(app)
    async with serving(app) as url:
        yield url


@pytest.mark.parametrize("origin", [PAGE, LOCAL])
async def test_a_page_of_an_allowed_origin_may_negotiate_after_a_preflight(origin: str) -> None:
    names = "authorization,x-requested-with,x-signalr-user-agent"
    preflight = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": names}
    async with server_for_pages(allowed_origins=[PAGE]) as url:
        async with asked(url, "OPTIONS", **preflight) as answer:
            assert answer.status == 204
            assert answer.headers["Access-Control-Allow-Origin"] == origin
            assert answer.headers["Access-Control-Allow-Credentials"] == "true"
            assert answer.headers["Access-Control-Allow-Headers"] == names
            assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        async with asked(url, bearer=token(), Origin=origin) as answer:
            assert answer.status == 200
            assert answer.headers["Access-Control-Allow-Origin"] == origin
            assert answer.headers["Access-Control-Allow-Credentials"] == "true"
            assert answer.headers["Vary"] == "Origin"


@pytest.mark.requirement("transports.cors.refused")
@pytest.mark.parametrize(("method", "bearer", "status"), [("POST", None, 401), ("GET", None, 405)])
async def test_a_page_can_read_why_it_was_refused(method: str, bearer: str | None, status: int) -> None:
    async with server_for_pages() as url, asked(url, method, bearer, Origin=LOCAL) as answer:
        assert answer.status == status
        assert answer.headers["Access-Control-Allow-Origin"] == LOCAL
        assert answer.headers["Vary"] == "Origin"


@pytest.mark.requirement("transports.cors.refused")
async def test_a_page_of_another_origin_gets_no_permission_and_the_log_says_how_to_give_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with server_for_pages() as url:
        for method in ("OPTIONS", "POST"):
            async with asked(url, method, token(), Origin=PAGE) as answer:
                assert answer.headers["Vary"] == "Origin"
                assert [name for name in answer.headers if name.startswith("Access-Control")] == []
    (record,) = [record for record in caplog.records if record.name == "serverless_hub.service"]
    assert record.getMessage() == (
        "refused the preflight of a page at 'https://chat.example.com': if it is yours, put that into allowed_origins"
    )


async def test_pages_of_the_same_machine_can_be_refused() -> None:
    async with server_for_pages(allow_loopback=False) as url, asked(url, "OPTIONS", Origin=LOCAL) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_request_from_no_page_needs_no_permission() -> None:
    async with server_for_pages() as url:
        async with asked(url, bearer=token()) as answer:
            assert answer.status == 200
            assert "Access-Control-Allow-Origin" not in answer.headers
        async with asked(url, "OPTIONS") as answer:
            assert answer.status == 204
