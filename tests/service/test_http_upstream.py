"""Events over HTTP: to a real app, and to servers that misbehave."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any

import pytest

from serverless_hub.clock import Clock, SystemClock
from serverless_hub.http_client import HttpClient
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.upstream import Category, UpstreamEvent
from serverless_hub.service.asgi import Receive, Scope, Send
from serverless_hub.service.forbidden_hosts import is_forbidden_address
from serverless_hub.service.http_upstream import HttpUpstream
from serverless_hub.service.metrics import Outcome
from serverless_hub.service.ports import (
    MAX_ANSWER_BYTES,
    AnswerTooLargeError,
    UnreachableError,
    UpstreamError,
    UpstreamResponse,
)
from serverless_hub.service.upstream_rules import UpstreamPattern, UpstreamRule, UpstreamRules
from serverless_hub.service.upstream_template import UpstreamTemplate
from tests.support.clock import ManualClock
from tests.support.server import listen, serving, url_of


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
async def upstream(
    url: str, seconds: float = 10, clock: Clock | None = None, **options: Any
) -> AsyncGenerator[HttpUpstream]:
    client = HttpClient(refuses=is_forbidden_address)
    await client.open()
    try:
        yield HttpUpstream(rules(url), client, clock or SystemClock(), seconds, **options)
    finally:
        await client.close()


def rules(url: str, **more: Any) -> UpstreamRules:
    return UpstreamRules([UpstreamRule(UpstreamTemplate(url), **more)])


def headers(event: str = "send", protocol: HubProtocol = JSON, **more: str) -> list[tuple[bytes, bytes]]:
    return UpstreamEvent("c1", "chat", Category.MESSAGES, event, protocol, "sha256=00", **more).to_headers()


def connection_event(event: str) -> list[tuple[bytes, bytes]]:
    return UpstreamEvent("c1", "chat", Category.CONNECTIONS, event, JSON, "sha256=00").to_headers()


class Counts:
    """Remembers what became of events."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[str, Outcome]] = []

    def connection(self, transport: object, ended: object) -> AbstractContextManager[None, None]:
        raise AssertionError((transport, ended))

    def event(self, category: str, outcome: Outcome, seconds: float) -> None:
        assert seconds >= 0
        self.outcomes.append((category, outcome))

    def sent(self, messages: int) -> None: ...


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


@pytest.mark.requirement("client-answers.too-large")
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


@pytest.mark.requirement("process.timeout")
async def test_an_app_that_is_silent_is_given_up_in_time() -> None:
    async with raw_server(None) as url, upstream(url, seconds=0.05) as way:
        with pytest.raises(UpstreamError, match=r"no answer within 0\.05 seconds"):
            await way.post(headers(), b"")


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
async def test_an_answer_that_breaks_off_is_none(answer: bytes) -> None:
    async with raw_server(answer) as url, upstream(url) as way:
        with pytest.raises(UpstreamError):
            await way.post(headers(), b"")


@pytest.mark.requirement("process.stranded")
async def test_an_event_that_no_rule_takes_goes_nowhere() -> None:
    app, counts = App(), Counts()
    async with serving(app) as url, upstream(url, metrics=counts) as way:
        way.rules = rules(url, events=UpstreamPattern("other"))
        assert await way.post(headers(), b"") == UpstreamResponse(404, b"", unmatched=True)
        assert await way.post(headers("other"), b"") == UpstreamResponse(200, b"done")
    assert len(app.requests) == 1
    assert counts.outcomes == [("messages", "unmatched"), ("messages", "ok")]


async def test_a_rule_may_send_a_token_of_the_managed_identity_with_events_and_others_do_not() -> None:
    app = App()
    async with serving(app) as url, upstream(url) as way:
        await way.post(headers(), b"")
        way.rules = rules(url, resource="api://app")
        await way.post(headers(), b"")
        token = way.identity.token("api://app")
    first, second = (came for _, came, _ in app.requests)
    assert b"authorization" not in first
    assert second[b"authorization"] == f"Bearer {token}".encode()


class AskedClock(ManualClock):
    """Tells when somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = asyncio.Event()

    def call_later(self, delay: float, callback: Callable[[], object]) -> Any:
        self._asked.set()
        return super().call_later(delay, callback)

    async def asked(self) -> None:
        async with asyncio.timeout(20):
            await self._asked.wait()
        self._asked.clear()


@pytest.mark.requirement("process.retry")
async def test_connected_and_disconnected_are_sent_again_where_that_is_wanted() -> None:
    app, clock, counts = App(503), AskedClock(), Counts()
    async with serving(app) as url, upstream(url, clock=clock, retries=2, metrics=counts) as way:
        for event in ("connected", "disconnected"):
            app.status, app.requests[:] = 503, []
            task = asyncio.create_task(way.post(connection_event(event), b"body"))
            await clock.asked()
            await clock.advance(0.5)
            await clock.asked()
            app.status = 200
            await clock.advance(0.9)
            assert len(app.requests) == 2
            await clock.advance(0.1)
            assert await task == UpstreamResponse(200, b"done")
            assert app.requests[0] == app.requests[1] == app.requests[2]
    assert counts.outcomes == [("connections", "failed"), ("connections", "failed"), ("connections", "ok")] * 2


async def test_after_the_last_attempt_the_answer_is_what_it_is() -> None:
    app, clock = App(500, b""), AskedClock()
    async with serving(app) as url, upstream(url, clock=clock, retries=1) as way:
        task = asyncio.create_task(way.post(connection_event("connected"), b""))
        await clock.asked()
        await clock.advance(0.5)
        assert (await task).status == 500
    assert len(app.requests) == 2


@pytest.mark.parametrize("status", [200, 403, 404])
async def test_other_answers_are_final(status: int) -> None:
    app = App(status)
    async with serving(app) as url, upstream(url, retries=3, clock=ManualClock()) as way:
        assert (await way.post(connection_event("connected"), b"")).status == status
    assert len(app.requests) == 1


@pytest.mark.requirement("process.retry")
@pytest.mark.parametrize("retries", [0, 3])
async def test_calls_are_never_sent_again_and_nothing_is_by_default(retries: int) -> None:
    app = App(500)
    async with serving(app) as url, upstream(url, retries=retries, clock=ManualClock()) as way:
        assert (await way.post(headers(), b"")).status == 500
        if not retries:
            assert (await way.post(connection_event("connected"), b"")).status == 500
    assert len(app.requests) == (1 if retries else 2)


async def test_an_app_that_comes_up_meanwhile_gets_what_it_was_not_there_for() -> None:
    app, clock, counts = App(), AskedClock(), Counts()
    listener = listen()
    url = url_of(listener)
    listener.close()
    async with upstream(url, clock=clock, retries=1, metrics=counts) as way:
        task = asyncio.create_task(way.post(connection_event("connected"), b""))
        await clock.asked()
        port = int(url.rpartition(":")[2])
        async with serving(app, socket.create_server(("127.0.0.1", port))):
            await clock.advance(0.5)
            assert (await task).status == 200
        assert counts.outcomes == [("connections", "unreachable"), ("connections", "ok")]


async def test_an_app_that_was_too_slow_may_have_got_it_so_it_is_not_sent_again() -> None:
    counts = Counts()
    async with raw_server(None) as url, upstream(url, seconds=0.05, retries=3, metrics=counts) as way:
        with pytest.raises(UpstreamError, match="no answer within"):
            await way.post(connection_event("connected"), b"")
    assert counts.outcomes == [("connections", "timeout")]


async def test_who_stops_waiting_leaves_no_timer() -> None:
    app, clock = App(503), AskedClock()
    async with serving(app) as url, upstream(url, clock=clock, retries=1) as way:
        task = asyncio.create_task(way.post(connection_event("connected"), b""))
        await clock.asked()
        task.cancel()
        await asyncio.wait([task])
    assert [timer for timer in clock.timers if not timer.cancelled] == []


@pytest.mark.requirement("process.snapshot")
async def test_new_rules_do_not_touch_an_event_on_its_way() -> None:
    app, clock = App(503), AskedClock()
    async with serving(app) as url, upstream(f"{url}/old", clock=clock, retries=1) as way:
        task = asyncio.create_task(way.post(connection_event("connected"), b""))
        await clock.asked()
        way.rules = rules(f"{url}/new")
        await clock.advance(0.5)
        await task
        app.status = 200
        await way.post(connection_event("disconnected"), b"")
    assert [target for target, _, _ in app.requests] == ["/old", "/old", "/new"]


@pytest.mark.parametrize("host", ["2852039166", "0xA9FEA9FE", "169.254.43518"])
async def test_another_spelling_of_a_forbidden_address_is_not_called_either(host: str) -> None:
    async with upstream(f"http://{host}/latest") as way:
        with pytest.raises(UpstreamError):
            await way.post(headers(), b"")


async def test_a_name_of_a_forbidden_address_is_looked_up_but_not_called() -> None:
    app, asked = App(), list[str]()

    def refuses(address: str) -> bool:
        asked.append(address)
        return True

    client = HttpClient(refuses=refuses)
    await client.open()
    async with serving(app) as url:
        way = HttpUpstream(rules(url.replace("127.0.0.1", "localhost")), client, SystemClock(), 10)
        with pytest.raises(UnreachableError, match="nothing is sent to link-local and metadata addresses"):
            await way.post(headers(), b"")
        await client.close()
    assert app.requests == []
    assert set(asked) <= {"127.0.0.1", "::1"}


async def test_there_are_not_more_connections_than_allowed() -> None:
    app, client = App(), HttpClient(max_connections=2)
    await client.open()
    async with serving(app) as url:
        way = HttpUpstream(rules(url), client, SystemClock(), 10)
        answers = await asyncio.gather(*(way.post(headers(), b"") for _ in range(50)))
        assert {answer.status for answer in answers} == {200}
        assert len(app.clients) <= 2
        await client.close()
