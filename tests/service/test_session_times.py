"""Pings, silence and clients that do not read."""

import json
import logging

import pytest

from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import Close, Completion, Invocation, Ping
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import settle
from tests.support.session_bench import over_each_line, session_bench

__all__ = ["over_each_line"]  # pytest uses it by its name

both_protocols = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
SILENT = "The client has been silent for too long."


@pytest.mark.requirement("keep-alive.ping")
@both_protocols
async def test_the_service_pings_after_15_seconds_of_its_own_silence(protocol: HubProtocol) -> None:
    async with session_bench(protocol) as bench:
        await bench.clock.advance(14)
        assert bench.messages == []
        await bench.clock.advance(1)
        assert bench.messages == [Ping()]
        await bench.clock.advance(45)
        assert bench.messages == [Ping()] * 4
        assert bench.line.sent[1][1] is protocol.binary


@pytest.mark.requirement("keep-alive.ping")
async def test_whatever_the_service_sends_puts_its_ping_off() -> None:
    async with session_bench() as bench:
        for _ in range(5):
            await bench.clock.advance(14)
            bench.hub.send("all", [], "news", [])
            await settle()
        assert Ping() not in bench.messages
        await bench.clock.advance(15)
        assert bench.messages[-1] == Ping()


@pytest.mark.requirement("keep-alive.ping")
async def test_what_the_client_sends_does_not_put_the_ping_off() -> None:
    async with session_bench() as bench:
        await bench.clock.advance(10)
        bench.say(Ping())
        await settle()
        await bench.clock.advance(5)
        assert bench.messages == [Ping()]


@pytest.mark.requirement("keep-alive.pile")
async def test_pings_do_not_pile_up_for_a_client_that_does_not_read() -> None:
    async with session_bench() as bench:
        bench.line.stop_reading()
        await bench.clock.advance(600)
        bench.line.read_again()
        await settle()
        assert bench.messages == [Ping()]
        await bench.clock.advance(15)
        assert bench.messages == [Ping()] * 2


@pytest.mark.requirement("keep-alive.never-pinged")
async def test_a_client_that_never_pings_is_kept_for_ever() -> None:
    async with session_bench() as bench:
        bench.call("a")
        await bench.clock.advance(3600)
        assert not bench.run.done()


@pytest.mark.requirement("keep-alive.timeout")
async def test_a_client_that_has_pinged_once_may_not_be_silent_for_30_seconds(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with session_bench() as bench:
        bench.say(Ping())
        await settle()
        await bench.clock.advance(29)
        assert not bench.run.done()
        await bench.clock.advance(1)
        await bench.ended()
        assert bench.messages[-1] == Close(SILENT, allow_reconnect=True)
        assert json.loads(bench.app.posts[-1].body) == {"type": 11, "error": SILENT}
    assert [record.getMessage() for record in caplog.records] == [f"connection c1 of hub chat ended: {SILENT}"]


@pytest.mark.requirement("keep-alive.timeout")
@pytest.mark.parametrize(
    "frame", [b'{"type":6}\x1e', JSON.encode(Invocation("a")), b'{"type":3,"invocationId":"1"}\x1e', b"{"]
)
async def test_whatever_such_a_client_sends_counts_as_a_sign_of_life(frame: bytes) -> None:
    async with session_bench() as bench:
        bench.say(Ping())
        await settle()
        await bench.clock.advance(29)
        bench.line.say(frame)
        await settle()
        await bench.clock.advance(29)
        assert not bench.run.done()
        await bench.clock.advance(1)
        await bench.ended()
        assert bench.messages[-1] == Close(SILENT, allow_reconnect=True)


@pytest.mark.requirement("keep-alive.paused")
async def test_while_the_service_does_not_read_the_client_cannot_be_silent() -> None:
    async with session_bench(settings=ServiceSettings(max_queued_calls=1)) as bench:
        bench.app.hold("a")
        bench.say(Ping(), Invocation("a"), Invocation("b"), Invocation("c"), Invocation("d"))
        await settle()
        await bench.clock.advance(3600)
        assert not bench.run.done()
        bench.app.release("a")
        await settle()
        assert bench.app.answered == ["connected", "a", "b", "c", "d"]
        await bench.clock.advance(29)
        assert not bench.run.done()
        await bench.clock.advance(1)
        await bench.ended()
        assert bench.messages[-1] == Close(SILENT, allow_reconnect=True)


async def test_a_full_queue_that_is_not_in_the_way_changes_nothing() -> None:
    async with session_bench(settings=ServiceSettings(max_queued_calls=1)) as bench:
        bench.app.hold("a")
        bench.say(Invocation("a"), Invocation("b"))
        await settle()
        bench.say(Ping())
        await settle()
        await bench.clock.advance(30)
        bench.app.release("a")
        await bench.ended()
        assert bench.messages[-1] == Close(SILENT, allow_reconnect=True)


async def test_a_client_without_pings_is_not_timed_because_its_queue_was_full() -> None:
    async with session_bench(settings=ServiceSettings(max_queued_calls=1)) as bench:
        bench.app.hold("a")
        bench.say(*(Invocation(name) for name in "abcd"))
        await settle()
        bench.app.release("a")
        await settle()
        await bench.clock.advance(3600)
        assert not bench.run.done()


@pytest.mark.requirement("client-answers.side-by-side")
async def test_messages_are_handled_while_a_call_runs() -> None:
    async with session_bench() as bench:
        bench.app.hold("a")
        bench.call("a")
        await settle()
        bench.say(Close("bye"))
        await settle()
        assert bench.line.closed
        bench.app.release("a")


@pytest.mark.requirement("limits.queue")
@pytest.mark.parametrize(
    "settings",
    [ServiceSettings(max_queued_calls=3), ServiceSettings(max_queued_bytes=150)],
    ids=["calls", "bytes"],
)
async def test_no_more_than_the_queue_takes_is_read(settings: ServiceSettings) -> None:
    async with session_bench(settings=settings) as bench:
        bench.app.hold("a")
        bench.call("a")
        for _ in range(50):
            bench.call("b", "x" * 20)
        await settle()
        assert bench.line.unread >= 45
        bench.app.release("a")
        for _ in range(20):
            await settle()
        assert bench.app.answered == ["connected", "a", *["b"] * 50]


@pytest.mark.requirement("closing.slow")
async def test_a_client_that_does_not_read_is_closed_by_name_and_what_waits_for_it_is_dropped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with session_bench(settings=ServiceSettings(max_outbound_bytes=1000)) as bench:
        bench.line.stop_reading()
        for _ in range(100):
            bench.hub.send("all", [], "news", ["x" * 50])
            await settle()
        assert bench.app.answered == ["connected", "disconnected"]
        assert json.loads(bench.app.posts[-1].body)["error"] == "The client does not read what it is sent."
        assert len(bench.hub.registry) == 0
        await bench.clock.advance(5)
        await bench.ended()
        assert bench.messages == []
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "closed connection c1 of hub chat: it does not read what it is sent"


async def test_a_close_for_which_there_is_no_room_is_a_close_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    async with session_bench(settings=ServiceSettings(max_outbound_bytes=100)) as bench:
        bench.line.stop_reading()
        bench.hub.send("all", [], "news", ["x" * 50])
        bench.hub.close("connections", ["c1"], "y" * 50)
        await settle()
        bench.line.read_again()
        await bench.ended()
        assert bench.line.closed
    assert caplog.records == []


@pytest.mark.requirement("limits.burst")
async def test_many_messages_in_one_frame_do_not_hold_up_everybody_else() -> None:
    async with session_bench() as bench, session_bench() as other:
        bench.line.say(JSON.encode(Ping()) * 10_000 + JSON.encode(Close()))
        other.call("a", invocation_id="1")
        await settle()
        assert other.messages == [Completion("1")]
        assert not bench.run.done()
        await bench.ended()


async def test_a_client_that_does_not_read_is_not_waited_for_where_its_line_can_be_closed() -> None:
    async with session_bench(settings=ServiceSettings(max_outbound_bytes=100)) as bench:
        bench.line.stop_reading()
        bench.line.closes_at_once = True
        for _ in range(2):
            bench.hub.send("all", [], "news", ["x" * 50])
            await settle()
        assert bench.line.closed
        assert bench.run.done()
        assert bench.messages == []


@pytest.mark.requirement("negotiate.expiration", "closing.expired")
async def test_a_connection_ends_when_its_authentication_expires_and_its_client_may_come_back() -> None:
    async with session_bench(closes_in=60, settings=ServiceSettings(ping_interval=1000)) as bench:
        await bench.clock.advance(59)
        assert bench.messages == []
        await bench.clock.advance(1)
        assert bench.messages == [Close("The authentication has expired.", allow_reconnect=True)]
        await bench.ended()


@pytest.mark.requirement("negotiate.expiration")
async def test_a_connection_whose_authentication_has_expired_already_ends_at_once() -> None:
    async with session_bench(closes_in=-5) as bench:
        await bench.clock.advance(0)
        assert bench.messages == [Close("The authentication has expired.", allow_reconnect=True)]
        await bench.ended()
