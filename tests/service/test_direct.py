"""Sessions directly over their sockets; what they have in common with others is in test_session_*.py."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import Close, Completion, Invocation, Ping
from serverless_hub.service.client import Client
from serverless_hub.service.direct import socket_of
from serverless_hub.service.direct_link import DirectLink
from serverless_hub.service.direct_outbound import Direct, DirectOutbound
from serverless_hub.service.hub import ServiceHub
from serverless_hub.service.ports import UpstreamResponse
from serverless_hub.service.session import Session
from serverless_hub.service.sessions import Sessions
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import ManualClock, settle
from tests.support.direct_socket import DirectLine
from tests.support.scripted_app import ScriptedApp

STOPPED = "The service stopped."
TOO_SLOW = "The client does not read what it is sent."


class Bench:
    """A hub, and its clients' lines in the order in which they came."""

    def __init__(self, settings: ServiceSettings) -> None:
        self.clock = ManualClock()
        self.app = ScriptedApp()
        self.hub = ServiceHub("chat", self.clock)
        self.sessions = Sessions()
        self.lines: list[DirectLine] = []
        self._settings = settings

    async def connect(
        self,
        protocol: HubProtocol = JSON,
        received: bytes = b"",
        line: DirectLine | None = None,
        *,
        closes: str | None = None,
    ) -> DirectLine:
        """Begin one session as an ASGI call does, which ends at once."""
        line = line or DirectLine()
        self.lines.append(line)
        session = Session(
            Client(f"c{len(self.lines)}", "chat"), protocol, self.hub.registry, self.app,
            keys=["a-key-for-signatures"], settings=self._settings, clock=self.clock,
        )  # fmt: skip
        if closes is not None:
            session.close(closes, allow_reconnect=True)
        await self.sessions.serve(session, line, received, "token", lambda: None)
        return line

    def send(self, target: str, *arguments: str) -> None:
        self.hub.send("all", [], target, list(arguments))

    @property
    def errors(self) -> list[str | None]:
        """What the app was told of the ends, in order."""
        return [json.loads(post.body).get("error") for post in self.app.posts if post.event == "disconnected"]


@asynccontextmanager
async def bench_of(settings: ServiceSettings | None = None) -> AsyncGenerator[Bench]:
    """Yield a bench; afterwards all clients leave, and nothing may be left of them."""
    before = asyncio.all_tasks()
    bench = Bench(settings or ServiceSettings())
    yield bench
    for line in bench.lines:
        line.leave()
    await settle()
    assert asyncio.all_tasks() - before == set(), "a task has been left"
    assert [timer for timer in bench.clock.timers if not timer.cancelled] == [], "a timer has been left"
    assert len(bench.hub.registry) == len(bench.sessions) == 0
    assert all(line.closed for line in bench.lines), "a line has been left open"


def messages(line: DirectLine, protocol: HubProtocol = JSON) -> list[object]:
    return [protocol.decode(payload) for payload in protocol.splitter(1 << 24).feed(line.heard)]


def test_a_server_without_the_extension_has_no_socket() -> None:
    assert socket_of({}) is None
    assert socket_of({"extensions": {"websocket.http.response": {}}}) is None


@pytest.mark.requirement("embedded.direct")
async def test_a_connection_that_is_idle_has_no_task() -> None:
    async with bench_of() as bench:
        before = asyncio.all_tasks()
        for _ in range(20):
            await bench.connect()
        await settle()
        assert asyncio.all_tasks() == before
        bench.lines[0].say(JSON.encode(Invocation("a", (), "1")))
        await settle()
        assert asyncio.all_tasks() == before
        assert messages(bench.lines[0]) == [Completion("1")]


async def test_what_is_sent_in_one_turn_goes_out_in_one_write_and_in_order() -> None:
    async with bench_of() as bench:
        line = await bench.connect()
        for target in ("a", "b", "c"):
            bench.send(target)
        await settle()
        bench.send("d")
        await settle()
        assert [len(JSON.splitter(1000).feed(frames)) for frames, _ in line.sent] == [3, 1]
        assert [m.target for m in messages(line) if isinstance(m, Invocation)] == ["a", "b", "c", "d"]


async def test_the_frame_of_a_broadcast_is_made_once_for_each_protocol() -> None:
    async with bench_of() as bench:
        lines = [await bench.connect(protocol) for protocol in (JSON, MESSAGEPACK) * 10]
        await settle()
        bench.send("news", "hä")
        await settle()
        assert sum(len(line.direct.framed) for line in lines) == 2
        assert all(len(line.sent) == 1 for line in lines)
        assert [binary for _, binary in lines[0].sent + lines[1].sent] == [False, True]
        (heard,) = messages(lines[1], MESSAGEPACK)
        assert isinstance(heard, Invocation)


async def test_a_client_that_does_not_read_is_closed_by_name_and_others_do_not_notice(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with bench_of(ServiceSettings(max_outbound_bytes=1000)) as bench:
        slow, fast = await bench.connect(), await bench.connect()
        slow.stop_reading()
        for _ in range(100):
            bench.send("news", "x" * 50)
            await settle()
        assert bench.errors == [TOO_SLOW]
        assert (slow.sent, slow.direct.code) == ([], 1000)
        assert len(fast.sent) == 100
        assert not fast.closed
    assert caplog.messages == ["closed connection c1 of hub chat: it does not read what it is sent"]


async def test_what_waits_for_a_client_is_sent_once_it_reads_and_counts_until_then() -> None:
    async with bench_of(ServiceSettings(max_outbound_bytes=1000)) as bench:
        line = await bench.connect()
        for _ in range(5):
            line.stop_reading()
            for _ in range(10):
                bench.send("news", "x" * 50)
                await settle()
            assert not line.closed
            line.read_again()
        assert len(line.sent) == 5
        assert len(messages(line)) == 50


async def test_a_single_message_may_be_larger_than_the_limit() -> None:
    async with bench_of(ServiceSettings(max_outbound_bytes=100)) as bench:
        line = await bench.connect()
        bench.send("news", "x" * 500)
        await settle()
        assert len(messages(line)) == 1
        assert not line.closed


async def test_a_ping_goes_out_before_what_waits_and_only_one() -> None:
    async with bench_of() as bench:
        line = await bench.connect()
        line.stop_reading()
        bench.send("news")
        await bench.clock.advance(600)
        line.read_again()
        kinds = [type(message) for message in messages(line)]
        assert kinds == [Ping, Invocation]


@pytest.mark.parametrize("reason", ["for maintenance", None])
async def test_a_close_message_is_followed_by_a_normal_close_frame(reason: str | None) -> None:
    async with bench_of() as bench:
        line = await bench.connect()
        bench.send("last")
        bench.hub.close("connections", ["c1"], reason)
        await settle()
        assert [type(message) for message in messages(line)] == [Invocation, Close]
        assert messages(line)[-1] == Close(reason, allow_reconnect=True)
        assert line.direct.code == 1000


async def test_a_goodbye_has_a_limit_and_then_the_line_is_closed_with_nothing_more() -> None:
    async with bench_of() as bench:
        line = await bench.connect()
        line.stop_reading()
        bench.send("news")
        bench.hub.close("connections", ["c1"], "bye")
        await settle()
        assert bench.app.answered == ["connected", "disconnected"]
        assert (len(bench.sessions), line.closed) == (1, False)
        await bench.clock.advance(5)
        assert (len(bench.sessions), line.direct.code) == (0, 1000)
        line.read_again()
        assert line.sent == []


async def test_a_client_that_goes_while_it_is_said_goodbye_to_is_not_waited_for() -> None:
    async with bench_of() as bench:
        line = await bench.connect()
        line.stop_reading()
        bench.hub.close("connections", ["c1"], "bye")
        await settle()
        line.lose(None)
        await settle()
        assert len(bench.sessions) == 0
        assert bench.errors == ["bye"]


async def test_an_app_that_never_answers_does_not_keep_the_line_open(caplog: pytest.LogCaptureFixture) -> None:
    async with bench_of() as bench:
        bench.app.hold("connected")
        line = await bench.connect()
        await settle()
        stop = asyncio.create_task(bench.sessions.stop(bench.clock, 30))
        await settle()
        await bench.clock.advance(30)
        await stop
        assert line.direct.code == 1000
    assert "cut off" in caplog.text


async def test_a_stop_tells_clients_that_they_may_come_back() -> None:
    async with bench_of() as bench:
        lines = [await bench.connect() for _ in range(3)]
        await bench.sessions.stop(bench.clock, 30)
        assert [messages(line) for line in lines] == [[Close(STOPPED, allow_reconnect=True)]] * 3
        assert bench.errors == [STOPPED] * 3


ENDS = [
    (1000, None),
    (1001, None),
    (1005, None),
    (None, "The connection was lost."),
    (1009, "The connection was lost (WebSocket code 1009)."),
    (1012, STOPPED),
]


@pytest.mark.parametrize(("code", "error"), ENDS)
async def test_the_app_hears_how_the_line_ended(code: int | None, error: str | None) -> None:
    async with bench_of() as bench:
        line = await bench.connect()
        line.say(JSON.encode(Invocation("a")))
        line.lose(code)
        await settle()
        assert bench.app.answered == ["connected", "a", "disconnected"]
        assert bench.errors == [error]


@pytest.mark.parametrize(("code", "error"), ENDS)
async def test_a_line_that_ended_before_the_session_began_still_brings_what_came_over_it(
    code: int | None, error: str | None
) -> None:
    async with bench_of() as bench:
        line = DirectLine()
        line.say(JSON.encode(Invocation("b")))
        line.lose(code)
        await bench.connect(received=JSON.encode(Invocation("a")), line=line)
        await settle()
        assert bench.app.answered == ["connected", "a", "b", "disconnected"]
        assert bench.errors == [error]


async def test_what_came_with_the_handshake_comes_before_what_has_waited_and_that_before_what_comes() -> None:
    async with bench_of() as bench:
        line, half = DirectLine(), JSON.encode(Invocation("b"))
        line.say(half[7:] + JSON.encode(Invocation("c")))
        line.say(JSON.encode(Invocation("d")))
        await bench.connect(received=JSON.encode(Invocation("a")) + half[:7], line=line)
        line.say(JSON.encode(Invocation("e")))
        await settle()
        assert bench.app.events == ["connected", "a", "b", "c", "d", "e"]


async def test_a_full_queue_stops_reading_until_there_is_room() -> None:
    async with bench_of(ServiceSettings(max_queued_calls=2)) as bench:
        line = await bench.connect()
        bench.app.hold("a")
        line.say(JSON.encode(Invocation("a")))
        await settle()
        for _ in range(10):
            line.say(JSON.encode(Invocation("b")))
        assert (line.direct.reads, line.unread) == (False, 7)
        bench.app.release("a")
        for _ in range(5):
            await settle()
        assert line.direct.reads
        assert bench.app.answered == ["connected", "a", *["b"] * 10]


async def test_many_messages_at_once_stop_reading_until_they_are_taken() -> None:
    async with bench_of() as bench:
        line = await bench.connect()
        line.say(JSON.encode(Ping()) * 1000)
        assert not line.direct.reads
        for _ in range(5):
            await settle()
        assert line.direct.reads


async def test_what_a_client_sends_after_its_end_is_not_read_but_its_socket_is() -> None:
    async with bench_of(ServiceSettings(max_queued_calls=1)) as bench:
        line = await bench.connect()
        bench.app.hold("a")
        for _ in range(5):
            line.say(JSON.encode(Invocation("a")))
        assert not line.direct.reads
        bench.hub.close("connections", ["c1"], None)
        await settle()
        assert line.direct.reads
        line.say(JSON.encode(Invocation("late")))
        bench.app.release("a")
        await settle()
        assert "late" not in bench.app.events


async def test_a_client_that_the_app_refuses_hears_why_and_was_never_there() -> None:
    async with bench_of() as bench:
        bench.app.answers["connected"] = UpstreamResponse(403, b'{"error":"You are banned."}')
        line = await bench.connect()
        await settle()
        assert messages(line) == [Close("You are banned.")]
        assert (bench.app.events, line.direct.code) == (["connected"], 1000)


async def test_a_session_that_has_ended_before_it_began_says_goodbye_at_once() -> None:
    async with bench_of() as bench:
        line = await bench.connect(received=JSON.encode(Invocation("a")), closes=STOPPED)
        await settle()
        assert messages(line) == [Close(STOPPED, allow_reconnect=True)]
        assert bench.app.events == ["connected", "disconnected"]


async def test_garbage_is_answered_with_a_close_and_what_came_before_it_is_done() -> None:
    async with bench_of() as bench:
        line = await bench.connect()
        line.say(JSON.encode(Invocation("a")))
        line.say(b"garbage\x1e")
        line.say(JSON.encode(Invocation("late")))
        await settle()
        assert messages(line) == [Close("The client sent an invalid message.")]
        assert bench.app.events == ["connected", "a", "disconnected"]


async def test_many_messages_of_a_client_that_is_closed_meanwhile_are_not_all_taken() -> None:
    async with bench_of() as bench:
        line = await bench.connect()
        line.say(JSON.encode(Ping()) * 100 + JSON.encode(Invocation("late")))
        bench.hub.close("connections", ["c1"], None)
        await settle()
        assert bench.app.events == ["connected", "disconnected"]
        assert line.closed


async def test_a_line_that_has_nothing_to_write_is_not_waited_for() -> None:
    line = DirectLine()
    outbound = DirectOutbound(
        line.direct, Direct(), binary=False, max_bytes=100, overflow=line.leave, sent=line.read_again
    )
    link = DirectLink(line.direct, outbound, take=lambda _: True, lose=lambda _: None)
    await link.written()
    await link.close()
    assert line.direct.code == 1000


async def test_a_line_that_is_read_no_more_is_not_paused_and_not_resumed_by_what_still_waits() -> None:
    line = DirectLine()
    outbound = DirectOutbound(
        line.direct, Direct(), binary=False, max_bytes=100, overflow=line.leave, sent=line.read_again
    )
    link = DirectLink(line.direct, outbound, take=lambda _: False, lose=lambda _: None)
    link.stop_reading()
    link.received(b"late")
    assert line.direct.reads
    line.direct.pause()
    link.caught_up()
    assert not line.direct.reads


async def test_nothing_is_queued_or_sent_after_the_end() -> None:
    line = DirectLine()
    outbound = DirectOutbound(
        line.direct, Direct(), binary=False, max_bytes=100, overflow=line.leave, sent=line.read_again
    )
    outbound.push(b"a")
    outbound.finish(b"b")
    outbound.push(b"c")
    outbound.urge(b"d")
    await settle()
    assert line.sent == [(b"ab", False)]
    assert outbound.drained is not None
    assert outbound.drained.done()
