"""Events over HTTP: to a real app, and to servers that misbehave."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from serverless_hub.http_client import HttpClient
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.upstream import Category, UpstreamEvent
from serverless_hub.service.asgi import Receive, Scope, Send
from serverless_hub.service.http_upstream import HttpUpstream
from serverless_hub.service.ports import MAX_ANSWER_BYTES, AnswerTooLargeError, UpstreamError, UpstreamResponse
from serverless_hub.service.upstream_template import UpstreamTemplate
from tests.support.server import serving


class App:
    """Answers every event alike and remembers what came."""

    def __init__(self, status: int = 200, body: bytes = b"done", headers: Any = ()) -> None:
        self.status = status
        self.body = body
        self.headers = headers
        self.requests: list[tuple[str, dict[bytes, bytes], bytes]] = []
        self.clients: set[Any] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for moment in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{moment}.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        target = scope["raw_path"].decode() + ("?" if scope["query_string"] else "") + scope["query_string"].decode()
        self.requests.append((target, dict(scope["headers"]), body))
        self.clients.add(scope["client"])
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        await send({"type": "http.response.body", "body": self.body})


@asynccontextmanager
async def upstream(url: str, seconds: float = 10) -> AsyncGenerator[HttpUpstream]:
    client = HttpClient()
    await client.open()
    try:
        yield HttpUpstream(UpstreamTemplate(url), client, seconds)
    finally:
        await client.close()


def headers(event: str = "send", protocol: HubProtocol = JSON, **more: str) -> list[tuple[bytes, bytes]]:
    return UpstreamEvent("c1", "chat", Category.MESSAGES, event, protocol, "sha256=00", **more).to_headers()


@pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
async def test_an_event_arrives_as_it_is_and_its_answer_comes_back(protocol: HubProtocol) -> None:
    app = App()
    said = headers("grüße", protocol, user_id="ännchen", query="?a=b")
    async with serving(app) as url, upstream(url) as way:
        assert await way.post(said, b"\x00body") == UpstreamResponse(200, b"done")
    ((target, came, body),) = app.requests
    assert target == "/runtime/webhooks/signalr"
    assert {name: came[name] for name, _ in said} == dict(said)
    assert body == b"\x00body"


async def test_the_url_is_made_of_the_event_and_keeps_its_key() -> None:
    app = App()
    async with serving(app) as url, upstream(url + "/{hub}/api/{category}/{event}?code=a%2Fb==") as way:
        await way.post(headers("a/b"), b"")
    assert app.requests[0][0] == "/chat/api/messages/a%2Fb?code=a%2Fb=="


async def test_events_share_a_connection_and_a_crowd_does_not_wait() -> None:
    app = App()
    async with serving(app) as url, upstream(url) as way:
        for _ in range(3):
            await way.post(headers(), b"")
        assert len(app.clients) == 1
        answers = await asyncio.gather(*(way.post(headers(), b"") for _ in range(200)))
        assert {answer.status for answer in answers} == {200}


@pytest.mark.requirement("process.upstream")
@pytest.mark.parametrize("status", [204, 307, 403, 500])
async def test_any_status_is_an_answer_and_a_redirect_is_not_followed(status: int) -> None:
    app = App(status, b"", [(b"location", b"/elsewhere")])
    async with serving(app) as url, upstream(url) as way:
        assert await way.post(headers(), b"x") == UpstreamResponse(status, b"")
    assert len(app.requests) == 1


async def test_an_answer_of_16_mib_is_read_and_a_larger_one_is_too_large() -> None:
    app = App(body=b"x" * MAX_ANSWER_BYTES)
    async with serving(app) as url, upstream(url) as way:
        assert len((await way.post(headers(), b"")).body) == MAX_ANSWER_BYTES
        app.body += b"x"
        with pytest.raises(AnswerTooLargeError, match="more than 16777216 bytes"):
            await way.post(headers(), b"")


async def test_an_app_that_is_not_there_is_said_so_without_its_key() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with upstream(f"http://127.0.0.1:{port}/events?code=swordfish") as way:
        with pytest.raises(UpstreamError) as failed:
            await way.post(headers(), b"")
    assert str(failed.value).startswith(f"POST http://127.0.0.1:{port}/events: ")
    assert str(failed.value).endswith("; is the app running there?")
    assert "swordfish" not in str(failed.value)


@asynccontextmanager
async def raw_server(answer: bytes | None) -> AsyncGenerator[str]:
    """Yield the URL of a server that says `answer` and hangs up; without one, it is silent."""
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await done.wait()
        else:
            writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listener:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        done.set()


async def test_an_app_that_is_silent_is_given_up_in_time() -> None:
    async with raw_server(None) as url, upstream(url, seconds=0.05) as way:
        with pytest.raises(UpstreamError, match=r"no answer within 0\.05 seconds"):
            await way.post(headers(), b"")


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
async def test_an_answer_that_breaks_off_is_none(answer: bytes) -> None:
    async with raw_server(answer) as url, upstream(url) as way:
        with pytest.raises(UpstreamError):
            await way.post(headers(), b"")
