"""The embedded service as a router sees it; with a server in front of it in `test_real_server.py`."""

import asyncio
import json
import signal
from types import FrameType
from typing import Any

import pytest

from serverless_hub import ConfigurationError, EmbeddedService, ServiceSettings
from serverless_hub.errors import ConnectionGoneError, InvalidArgumentError, TokenError
from serverless_hub.hub.ports import GroupMember, GroupPage, Receivers
from serverless_hub.protocol.client_token import is_client_audience, read_identity
from serverless_hub.protocol.commands import JoinGroup, SendMessage
from serverless_hub.protocol.tokens import verify_token
from serverless_hub.service.asgi import Message, Receive, Scope, Send
from tests.support.client_tokens import client_token
from tests.support.clock import ManualClock, settle

KEY = "an-access-key-of-some-length"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"access_key": "short"}, "fewer than 16 characters"),
        ({"access_key": ""}, "fewer than 16 characters"),
        ({"public_url": "chat.example.com"}, "public_url must be"),
        ({"public_url": "ftp://chat.example.com"}, "public_url must be"),
        ({"public_url": "https://"}, "public_url must be"),
        ({"public_url": "https://[::1"}, "public_url must be"),
        ({"allowed_hosts": "localhost"}, r"allowed_hosts takes several: allowed_hosts=\['localhost'\]"),
        ({"allowed_origins": "https://a.example"}, "allowed_origins takes several"),
        ({"allowed_origins": ["*"]}, "cannot contain"),
        ({"allowed_origins": ["a.example"]}, "no origin"),
        ({"path": "signalr"}, "must begin with a slash"),
        ({"path": "/signalr/"}, "must begin with a slash"),
        ({"path": ""}, "must begin with a slash"),
        ({"path": "/"}, "must begin with a slash"),
    ],
)
def test_a_setting_that_cannot_work_is_an_error_that_says_why(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        EmbeddedService(**options)


def test_the_key_is_the_given_one_or_a_new_random_one() -> None:
    assert EmbeddedService(access_key=KEY).keys == (KEY,)
    first, second = EmbeddedService(), EmbeddedService()
    assert first.keys != second.keys
    assert len(first.keys[0]) > 40


@pytest.mark.parametrize("host", ["localhost:8000", "LOCALHOST", "127.0.0.1:1", "[::1]:8000", "testserver"])
def test_at_home_clients_are_sent_where_their_request_came_from(host: str) -> None:
    assert EmbeddedService().client_endpoint(f"http://{host}/below/", "/hubs") == f"http://{host}/below/hubs/_signalr"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "[::1", "a@evil.example"])
def test_any_other_host_is_refused_with_a_line_that_says_what_to_set(
    host: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert EmbeddedService().client_endpoint(f"http://{host}", "") is None
    (record,) = caplog.records
    assert "EmbeddedService(public_url='https://...')" in record.getMessage()


def test_other_hosts_can_be_allowed_one_by_one_or_all() -> None:
    some = EmbeddedService(allowed_hosts=["Chat.example"], path="/rt")
    assert some.client_endpoint("https://chat.example:8443", "") == "https://chat.example:8443/rt"
    assert some.client_endpoint("https://localhost", "") is None
    assert EmbeddedService(allowed_hosts=["*"]).client_endpoint("http://any.example", "") is not None


def test_a_public_url_counts_whatever_the_request_says() -> None:
    service = EmbeddedService(public_url="HTTPS://chat.example/base/")
    assert service.client_endpoint("http://evil.example", "/hubs") == "HTTPS://chat.example/base/hubs/_signalr"


class App:
    """Takes events and remembers them; `connect` opens a connection of its own service."""

    def __init__(self, settings: ServiceSettings | None = None) -> None:
        self.events: list[str] = []
        self.connection_ids: list[str] = []
        self.states: list[dict[str, Any]] = []
        self.clock = ManualClock()
        self.service = EmbeddedService(access_key=KEY, settings=settings, clock=self.clock)
        self.sender = self.service.sender("Chat")
        self.sent: list[Message] = []
        self.broken = False
        """Whether sending to the client fails."""
        self._incoming: asyncio.Queue[Message] = asyncio.Queue()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        headers = dict(scope["headers"])
        self.events.append(headers[b"x-asrs-event"].decode())
        self.connection_ids.append(headers[b"x-asrs-connection-id"].decode())
        self.states.append(scope["state"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def headers(self, user_id: str | None = None) -> list[tuple[bytes, bytes]]:
        return [(b"authorization", f"Bearer {client_token(KEY, now=self.clock.now, user_id=user_id)}".encode())]

    async def negotiate(self) -> dict[str, str]:
        """Return the answer to a client that would like to come back."""
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        query = b"hub=chat&negotiateVersion=1&useStatefulReconnect=true"
        scope = {"method": "POST", "query_string": query, "headers": self.headers()}
        await self.service.negotiate(scope, self._incoming.get, send)
        answer: dict[str, str] = json.loads(sent[-1]["body"])
        return answer

    async def connect(self, user_id: str | None = None, version: int = 1, **scope: Any) -> "asyncio.Task[None]":
        """Begin a connection up to its handshake."""
        request = {"query_string": b"hub=chat", "headers": self.headers(user_id), **scope}
        self._incoming.put_nowait({"type": "websocket.connect"})
        self.say(f'{{"protocol":"json","version":{version}}}\x1e')
        task = asyncio.create_task(self.service.connect(request, self._incoming.get, self._send))
        await settle()
        return task

    def say(self, text: str) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", "text": text})

    def leave(self) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})

    @property
    def heard(self) -> str:
        return "".join(message.get("text", "") for message in self.sent)

    async def _send(self, message: Message) -> None:
        if self.broken:
            raise ConnectionError("gone")
        self.sent.append(message)


async def test_events_reach_the_app_with_the_state_of_its_lifespan() -> None:
    app = App()
    await app.service.start(app, "/events", ["Chat"])
    connection = await app.connect(state={"database": 1})
    app.leave()
    await connection
    assert app.events == ["connected", "disconnected"]
    assert app.states == [{"database": 1}] * 2


async def test_a_server_without_lifespan_state_is_good_enough() -> None:
    app = App()
    await app.service.start(app, "/events", ["Chat"])
    connection = await app.connect()
    app.leave()
    await connection
    assert app.states == [{}] * 2


async def test_a_hub_for_which_there_is_no_app_takes_clients_and_answers_their_calls_with_404() -> None:
    app = App()
    await app.service.start(app, "/events", [])
    connection = await app.connect()
    app.say('{"type":1,"target":"a","arguments":[],"invocationId":"1"}\x1e')
    await settle()
    assert '"error":"Invocation failed, status code 404"' in app.heard
    app.leave()
    await connection


async def test_a_client_that_is_gone_before_it_is_accepted_never_connects() -> None:
    app = App()
    await app.service.start(app, "/events", ["Chat"])
    app.broken = True
    await (await app.connect())
    assert app.events == []


async def test_a_client_that_is_gone_before_it_has_come_back_changes_nothing() -> None:
    app = App(ServiceSettings(stateful_reconnect=True))
    await app.service.start(app, "/events", ["Chat"])
    answer = await app.negotiate()
    query = f"hub=chat&id={answer['connectionToken']}".encode()
    connection = await app.connect(query_string=query, version=2)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        raise ConnectionError("gone")

    await app.service.connect({"query_string": query, "headers": app.headers()}, receive, send)
    assert app.events == ["connected"]
    app.leave()
    await connection
    assert app.events == ["connected", "disconnected"]


async def test_a_stop_closes_connections_and_waits_until_the_app_has_heard_of_it() -> None:
    app = App()
    await app.service.start(app, "/events", ["Chat"])
    connection = await app.connect()
    await app.service.stop()
    assert app.events == ["connected", "disconnected"]
    assert app.heard.endswith('{"type":7,"error":"The service stopped.","allowReconnect":true}\x1e')
    await connection
    await app.service.stop()


async def test_a_stop_does_not_hang_on_what_the_app_never_ends() -> None:
    app = App(ServiceSettings(stop_timeout=2))

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)
        await asyncio.Event().wait()

    await app.service.start(endless, "/events", ["chat"])
    connection = await app.connect()
    app.leave()
    await connection
    stop = asyncio.create_task(app.service.stop())
    await settle()
    assert not stop.done()
    await app.clock.advance(2)
    await stop


def signal_of_the_host(number: int, frame: FrameType | None) -> None:
    """What a server would do with a signal: here, nothing."""


async def test_a_stop_that_is_asked_for_twice_waits_for_nothing() -> None:
    app = App(ServiceSettings(stop_timeout=3600))

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        if dict(scope["headers"])[b"x-asrs-event"] == b"disconnected":
            await asyncio.Event().wait()
        await app(scope, receive, send)
        await asyncio.Event().wait()

    handlers = {number: signal.signal(number, signal_of_the_host) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        await app.service.start(endless, "/events", ["chat"])
        connection = await app.connect()
        signal.raise_signal(signal.SIGINT)
        stop = asyncio.create_task(app.service.stop())
        await settle()
        assert not stop.done()
        signal.raise_signal(signal.SIGINT)
        await asyncio.wait_for(stop, 5)
        await connection
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


async def test_a_stop_takes_its_time_once_though_clients_and_the_app_both_hold_it_up() -> None:
    app = App(ServiceSettings(stop_timeout=10))

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        if dict(scope["headers"])[b"x-asrs-event"] == b"disconnected":
            await asyncio.Event().wait()
        await app(scope, receive, send)
        await asyncio.Event().wait()

    await app.service.start(endless, "/events", ["chat"])
    connection = await app.connect()
    stop = asyncio.create_task(app.service.stop())
    await settle()
    await app.clock.advance(9)
    assert not stop.done()
    await app.clock.advance(1)
    await app.clock.advance(0)
    await asyncio.wait_for(stop, 5)
    await connection


async def test_what_the_app_still_does_has_what_is_left_of_the_time_of_a_stop() -> None:
    app = App(ServiceSettings(stop_timeout=10))
    left = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if dict(scope["headers"])[b"x-asrs-event"] == b"disconnected":
            await left.wait()
        await app(scope, receive, send)
        await asyncio.Event().wait()

    await app.service.start(slow, "/events", ["chat"])
    connection = await app.connect()
    stop = asyncio.create_task(app.service.stop())
    await settle()
    await app.clock.advance(6)
    left.set()
    await settle()
    await app.clock.advance(3)
    assert not stop.done()
    await app.clock.advance(1)
    assert stop.done()
    await connection


async def test_the_sender_reaches_clients_and_manages_their_groups() -> None:
    app = App()
    await app.service.start(app, "/events", ["Chat"])
    connection = await app.connect("ann")
    (connection_id,) = app.connection_ids
    assert await app.sender.exists("connections", connection_id)
    assert not await app.sender.exists("connections", "unknown")

    await app.sender.add_to_group(connection_id, "g")
    await app.sender.send(Receivers("groups", ("g",)), "one", [1])
    await app.sender.remove_from_group(connection_id, "g")
    await app.sender.send(Receivers("groups", ("g",)), "two", [])
    await app.sender.add_to_group(connection_id, "g")
    await app.sender.add_to_group(connection_id, "h")
    await app.sender.remove_from_all_groups(connection_id)
    await app.sender.send(Receivers("groups", ("g", "h")), "three", [])
    await app.sender.send(Receivers("all", excluded=(connection_id,)), "four", [])
    await app.sender.send(Receivers("users", ("ann",)), "five", [])
    await settle()
    assert [number for number in ("one", "two", "three", "four", "five") if f'"{number}"' in app.heard] == [
        "one",
        "five",
    ]

    await app.sender.close(Receivers("connections", ("unknown",)), None)
    await app.sender.close(Receivers("connections", (connection_id,)), "bye")
    await connection
    assert app.heard.endswith('{"type":7,"error":"bye","allowReconnect":true}\x1e')
    assert not await app.sender.exists("connections", connection_id)


async def test_a_burst_of_more_than_may_wait_reaches_a_client_that_reads() -> None:
    app = App(ServiceSettings(max_outbound_bytes=1000))
    await app.service.start(app, "/events", [])
    connection = await app.connect()
    for number in range(100):
        await app.sender.send(Receivers("all"), "news", [number, "x" * 100])
    await settle()
    assert app.heard.count('"news"') == 100
    assert not connection.done()
    app.leave()
    await connection


async def test_the_sender_manages_the_groups_of_users_before_and_while_they_are_connected() -> None:
    app = App()
    await app.service.start(app, "/events", [])
    sender = app.sender
    await sender.add_user_to_group("ann", "g", None)
    await sender.add_user_to_group("ann", "h", 10)
    assert await sender.user_in_group("ann", "g")
    assert not await sender.user_in_group("ben", "g")
    connection = await app.connect("ann")
    await sender.send(Receivers("groups", ("g",)), "one", [])
    await sender.send(Receivers("groups", ("h",)), "two", [])
    await sender.remove_user_from_group("ann", "g")
    await sender.send(Receivers("groups", ("g",)), "three", [])
    await app.clock.advance(10)
    await sender.send(Receivers("groups", ("h",)), "four", [])
    await sender.add_user_to_group("ann", "i", 0)
    await sender.send(Receivers("groups", ("i",)), "five", [])
    await sender.remove_user_from_all_groups("ann")
    await sender.send(Receivers("groups", ("i",)), "six", [])
    await settle()
    numbers = ("one", "two", "three", "four", "five", "six")
    assert [number for number in numbers if f'"{number}"' in app.heard] == ["one", "two", "five"]
    app.leave()
    await connection


async def test_the_sender_calls_a_client_and_returns_its_answer() -> None:
    app = App()
    await app.service.start(app, "/events", ["Chat"])
    connection = await app.connect()
    call = asyncio.create_task(app.sender.invoke(app.connection_ids[0], "confirm", [1], 10))
    await settle()
    assert app.heard.endswith('{"type":1,"invocationId":"1","target":"confirm","arguments":[1]}\x1e')
    app.say('{"type":3,"invocationId":"1","result":{"ok":true}}\x1e')
    assert await call == {"ok": True}
    app.leave()
    await connection
    with pytest.raises(ConnectionGoneError):
        await app.sender.invoke(app.connection_ids[0], "confirm", [1], 10)


async def test_the_sender_streams_to_a_client() -> None:
    app = App()
    await app.service.start(app, "/events", ["Chat"])
    connection = await app.connect()
    (connection_id,) = app.connection_ids
    await app.sender.send_stream_item(connection_id, "s", 1, completed=False)
    await app.sender.send_stream_item(connection_id, "s", 2, completed=True)
    await app.sender.complete_stream(connection_id, "t", "it broke")
    await settle()
    assert app.heard.removeprefix("{}\x1e").split("\x1e") == [
        '{"type":2,"invocationId":"s","item":1}',
        '{"type":2,"invocationId":"s","item":2}',
        '{"type":3,"invocationId":"s"}',
        '{"type":3,"invocationId":"t","error":"it broke"}',
        "",
    ]
    app.leave()
    await connection


async def test_a_stream_of_more_than_may_wait_reaches_a_client_that_reads() -> None:
    app = App(ServiceSettings(max_outbound_bytes=1000))
    await app.service.start(app, "/events", ["Chat"])
    connection = await app.connect()
    for number in range(100):
        await app.sender.send_stream_item(app.connection_ids[0], "s", [number, "x" * 100], completed=False)
    await settle()
    assert app.heard.count('"item"') == 100
    app.leave()
    await connection


async def test_the_sender_pages_through_a_group_and_does_batches() -> None:
    app = App()
    await app.service.start(app, "/events", ["Chat"])
    connection = await app.connect("ann")
    (connection_id,) = app.connection_ids
    await app.sender.execute([JoinGroup("g"), SendMessage("news", [1])], "userId eq 'ann'")
    await app.sender.execute([JoinGroup("h"), SendMessage("other", [1])], "userId eq 'ben'")
    page = await app.sender.group_members("g", page_size=1, continuation=None)
    assert page == GroupPage([GroupMember(connection_id, "ann")])
    assert await app.sender.exists("groups", "g")
    assert await app.sender.exists("users", "ann")
    assert not await app.sender.exists("groups", "h")
    with pytest.raises(InvalidArgumentError):
        await app.sender.group_members("g", page_size=1, continuation="another")
    with pytest.raises(InvalidArgumentError):
        await app.sender.execute([SendMessage("news")], "userId")
    await settle()
    assert app.heard.endswith('{"type":1,"target":"news","arguments":[1]}\x1e')
    app.leave()
    await connection


@pytest.mark.requirement("service.generate-token")
@pytest.mark.parametrize("public_url", [None, "https://chat.example/base/"])
async def test_the_service_signs_tokens_that_open_its_own_hub_and_no_other(public_url: str | None) -> None:
    clock = ManualClock()
    service = EmbeddedService(access_key=KEY, public_url=public_url, clock=clock)
    token = await service.sender("Chat").generate_token("ann", 60)
    claims = verify_token(token, [KEY], now=clock.now + 59, is_audience=lambda text: is_client_audience(text, "chat"))
    assert read_identity(claims).user_id == "ann"
    assert claims["aud"] == f"{(public_url or 'http://localhost/').rstrip('/')}/_signalr/client/?hub=chat"
    with pytest.raises(TokenError, match="expired"):
        verify_token(token, [KEY], now=clock.now + 60, is_audience=lambda _: True)
    with pytest.raises(TokenError, match="audience"):
        verify_token(token, [KEY], now=clock.now, is_audience=lambda text: is_client_audience(text, "other"))


async def test_a_token_without_a_user_opens_the_service_for_somebody_unknown() -> None:
    app = App()
    await app.service.start(app, "/events", ["Chat"])
    bearer = f"Bearer {await app.sender.generate_token(None, 60)}".encode()
    connection = await app.connect(headers=[(b"authorization", bearer)])
    assert app.events == ["connected"]
    app.leave()
    await connection


@pytest.mark.parametrize(
    ("user_id", "lifetime", "complaint"),
    [
        ("x" * 4096, 60, "more than the 4096"),
        ("", 60, "must not be empty"),
        ("ann\r\nx: y", 60, "control characters"),
        (None, 0, "above zero"),
        (None, -1, "above zero"),
        (None, float("nan"), "above zero"),
        (None, float("inf"), "above zero"),
    ],
)
async def test_a_token_that_no_service_would_take_is_not_made(
    user_id: str | None, lifetime: float, complaint: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=complaint) as raised:
        await EmbeddedService(access_key=KEY).sender("chat").generate_token(user_id, lifetime)
    assert KEY not in str(raised.value)
