"""A service with a well-known key: who may call it."""

import logging

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from serverless_hub.protocol.cors import CorsPolicy
from serverless_hub.service.asgi import Receive, Scope, Send
from serverless_hub.service.local_only import LocalOnly, is_loopback
from tests.support.server import serving

PAGE = "https://chat.example.com"


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer every request with 200, and accept every WebSocket."""
    if scope["type"] == "lifespan":
        for moment in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{moment}.complete"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})


APP = LocalOnly(answering, CorsPolicy([PAGE], allow_loopback=True))


async def statuses(headers: dict[str, str], path: str = "/api/v1") -> tuple[int, int]:
    """Return how a request and a WebSocket with `headers` are answered."""
    async with serving(APP) as url:
        async with aiohttp.ClientSession() as session, session.post(url + path, headers=headers) as answer:
            http = answer.status
        try:
            others = {name: value for name, value in headers.items() if name != "Origin"}
            origin = Origin(headers["Origin"]) if "Origin" in headers else None
            async with connect(url.replace("http", "ws") + "/client/", additional_headers=others, origin=origin):
                return http, 101
        except InvalidStatus as refused:
            return http, refused.response.status_code


@pytest.mark.parametrize("origin", [None, PAGE, "http://localhost:5173", "http://127.0.0.1", "http://[::1]:3000"])
async def test_programs_and_pages_that_are_allowed_pass(origin: str | None) -> None:
    assert await statuses({} if origin is None else {"Origin": origin}) == (200, 101)


@pytest.mark.requirement("process.default-key")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://chat.example.com.evil.example", ""])
async def test_foreign_pages_are_refused_though_they_know_the_key(
    origin: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert await statuses({"Origin": origin}) == (403, 403)
    said = [record.getMessage() for record in caplog.records if record.name == "serverless_hub.service"]
    assert len(said) == 2
    assert all(repr(origin) in line and "allowed origins" in line for line in said)


@pytest.mark.parametrize("path", ["/client", "/client/", "/client/negotiate"])
async def test_foreign_pages_neither_negotiate_nor_send(path: str) -> None:
    assert (await statuses({"Origin": "https://evil.example"}, path))[0] == 403


@pytest.mark.requirement("process.default-key")
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8888", "10.0.0.1", "localhost.evil.example", "[::1"])
async def test_a_name_that_a_foreign_page_has_bound_to_this_machine_is_refused(
    host: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await statuses({"Host": host}))[0] == 403
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "everybody knows the access key" in said[0]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1"])
def test_names_and_addresses_of_this_machine_alone_are_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "::", "10.0.0.1", "chat.example.com", "127.0.0.1.example"],  # noqa: S104 - nothing is bound
)
def test_others_are_not(host: str) -> None:
    assert not is_loopback(host)


@given(st.text())
def test_any_text_is_loopback_or_not(host: str) -> None:
    assert is_loopback(host) in {True, False}
