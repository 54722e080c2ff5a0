"""One stateful session whose line breaks, in memory and in a fixed order."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import (
    Ack,
    CancelInvocation,
    Close,
    Completion,
    Invocation,
    Ping,
    Sequence,
    StreamInvocation,
)
from serverless_hub.service.ports import UpstreamResponse
from serverless_hub.service.settings import ServiceSettings
from serverless_hub.service.stateful import HOLD
from tests.support.clock import settle
from tests.support.line import FakeLine
from tests.support.scripted_app import ScriptedApp
from tests.support.session_bench import SessionBench, session_bench

both_protocols = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
LOST = "The connection was lost."


@asynccontextmanager
async def stateful(protocol: HubProtocol = JSON, **settings: Any) -> AsyncGenerator[SessionBench]:
    """Yield a session whose client has pinged, as the JavaScript client does at once, and is not cut at the end."""
    async with session_bench(protocol, ServiceSettings(**settings), stateful=True) as bench:
        bench.say(Ping())
        await settle()
        yield bench
        bench.session.close(None, allow_reconnect=False)


async def cut(bench: SessionBench) -> FakeLine:
    """Break the line and return it."""
    line = bench.line
    line.leave(LOST)
    await settle()
    return line


def events(bench: SessionBench) -> list[str]:
    return bench.app.events


def news(bench: SessionBench, *numbers: int) -> None:
    for number in numbers:
        bench.hub.send("all", [], f"n{number}", [])


def targets(bench: SessionBench) -> list[str]:
    return [message.target for message in bench.messages if isinstance(message, Invocation)]


@pytest.mark.requirement("stateful.once")
@both_protocols
async def test_a_client_that_comes_back_gets_what_it_missed_and_its_calls_are_made_once(protocol: HubProtocol) -> None:
    async with stateful(protocol) as bench:
        bench.say(Invocation("a", [], "1"), Invocation("b", [], "2"))
        await settle()
        await cut(bench)
        news(bench, 3)
        bench.come_back()
        bench.say(Sequence(1), Invocation("a", [], "1"), Invocation("b", [], "2"), Invocation("c", [], "3"))
        await settle()
        assert bench.messages == [
            Sequence(1), Completion("1"), Completion("2"), bench.messages[3], Completion("3")
        ]  # fmt: skip
        assert targets(bench) == ["n3"]
        assert events(bench) == ["connected", "a", "b", "c"]
        assert {binary for _, binary in bench.line.sent} == {protocol.binary}


async def test_acknowledged_messages_are_not_sent_again_and_received_ones_are_acknowledged() -> None:
    async with stateful() as bench:
        news(bench, 1, 2)
        bench.call("a")
        await settle()
        bench.say(Ack(1))
        await settle()
        await bench.clock.advance(1)
        assert bench.messages[-1] == Ack(1)
        await cut(bench)
        bench.come_back()
        await settle()
        assert bench.messages[0] == Sequence(2)
        assert targets(bench) == ["n2"]


async def test_a_call_that_waits_for_room_when_the_line_breaks_is_made_once() -> None:
    async with stateful(max_queued_calls=1) as bench:
        bench.app.hold("a")
        bench.say(*(Invocation(name) for name in "abc"))
        await settle()
        assert events(bench) == ["connected", "a"]
        bench.come_back()
        bench.say(Sequence(1), *(Invocation(name) for name in "abcd"))
        await settle()
        bench.app.release("a")
        await settle()
        assert events(bench) == ["connected", "a", "b", "c", "d"]


async def test_what_came_before_the_line_broke_is_still_done_while_nobody_is_there() -> None:
    async with stateful(max_queued_calls=1) as bench:
        bench.app.hold("a")
        bench.say(*(Invocation(name) for name in "abc"))
        bench.call("d")
        await cut(bench)
        bench.app.release("a")
        for _ in range(4):
            await settle()
        assert events(bench) == ["connected", "a", "b", "c", "d"]


@pytest.mark.requirement("stateful.window")
@pytest.mark.parametrize("way", ["the reader", "the writer", "both"])
async def test_a_client_that_does_not_come_back_in_time_has_left_with_an_error(
    way: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with stateful() as bench:
        if way != "the reader":
            bench.line.breakage = ConnectionError("gone")
            news(bench, 1)
            await settle()
        if way != "the writer":
            await cut(bench)
        await bench.clock.advance(29)
        assert events(bench) == ["connected"]
        assert bench.session.resumable
        assert bench.hub.exists("connections", "c1")
        await bench.clock.advance(1)
        await bench.ended()
        assert json.loads(bench.app.posts[-1].body) == {"type": 11, "error": LOST}
        assert events(bench) == ["connected", "disconnected"]
        assert not bench.session.resumable
    assert [record.getMessage() for record in caplog.records] == [f"connection c1 of hub chat ended: {LOST}"]


async def test_a_client_that_left_in_order_is_not_waited_for_even_if_a_send_to_it_failed() -> None:
    async with stateful() as bench:
        bench.line.breakage = ConnectionError("gone")
        news(bench, 1)
        await settle()
        bench.line.leave()
        await bench.ended()
        assert json.loads(bench.app.posts[-1].body) == {"type": 11}


async def test_a_client_whose_line_was_closed_for_what_it_sent_cannot_come_back_to_send_it_again() -> None:
    async with stateful() as bench:
        bench.line.leave("The connection was lost (WebSocket code 1009).", broken=False)
        await bench.ended()
        assert json.loads(bench.app.posts[-1].body)["error"] == "The connection was lost (WebSocket code 1009)."


@pytest.mark.requirement("stateful.close")
@pytest.mark.parametrize("said", [True, False], ids=["with a Close", "with its socket only"])
async def test_a_client_that_says_goodbye_cannot_come_back(said: bool) -> None:
    async with stateful() as bench:
        if said:
            bench.say(Close())
        else:
            bench.line.leave()
        await bench.ended()
        assert not bench.session.resumable
        assert events(bench) == ["connected", "disconnected"]


@pytest.mark.requirement("stateful.close")
async def test_a_connection_that_is_closed_while_it_is_cut_cannot_be_resumed() -> None:
    async with stateful() as bench:
        bench.app.hold("disconnected")
        await cut(bench)
        bench.hub.close("connections", ["c1"], "go away")
        assert not bench.session.resumable
        await settle()
        assert json.loads(bench.app.posts[-1].body) == {"type": 11, "error": "go away"}
        bench.app.release("disconnected")
        await bench.ended()


@pytest.mark.requirement("stateful.resume.latest")
async def test_of_two_that_come_back_the_later_wins_and_the_requests_of_the_others_end() -> None:
    async with stateful() as bench:
        first = await cut(bench)
        await asyncio.wait_for(bench.released.wait(), 1)
        over, second = bench.come_back(), bench.line
        bench.say(Sequence(1), Invocation("a"))
        await settle()
        news(bench, 1)
        over_too = bench.come_back()
        second.say(JSON.encode(Invocation("lost")))
        bench.say(Sequence(1), Invocation("a"), Invocation("b"))
        await settle()
        assert [first.closed, second.closed, bench.line.closed] == [True, True, False]
        assert [over.done(), over_too.done()] == [True, False]
        assert targets(bench) == ["n1"]
        assert events(bench) == ["connected", "a", "b"]
        news(bench, 2)
        await settle()
        assert targets(bench) == ["n1", "n2"]
        assert b"n2" not in second.heard
        assert second.unread == 1
    assert over_too.done()


async def test_two_that_come_back_at_once_do_not_both_get_anything() -> None:
    async with stateful() as bench:
        news(bench, 1)
        await cut(bench)
        bench.come_back()
        loser = bench.line
        bench.come_back()
        bench.say(Sequence(1))
        await settle()
        assert loser.heard == b""
        assert loser.closed
        assert targets(bench) == ["n1"]


async def test_a_new_line_replaces_one_that_is_open_or_stuck_and_hanging_up_the_old_one_has_a_limit() -> None:
    async with stateful() as bench:
        bench.line.stop_reading()
        news(bench, 1)
        await settle()
        old = bench.line
        bench.come_back()
        bench.say(Sequence(1))
        await settle()
        assert targets(bench) == ["n1"]
        assert not bench.released.is_set()
        await bench.clock.advance(5)
        assert bench.released.is_set()
        assert not old.closed
        assert events(bench) == ["connected"]


@pytest.mark.requirement("stateful.sequence")
@both_protocols
async def test_on_a_new_line_nothing_counts_before_the_sequence_of_the_client(protocol: HubProtocol) -> None:
    async with stateful(protocol) as bench:
        await cut(bench)
        bench.come_back()
        bench.say(Invocation("lost"), Close("lost"), Ping(), Ack(7), Sequence(1), Invocation("a"))
        await settle()
        assert events(bench) == ["connected", "a"]


async def test_on_a_new_line_half_a_message_of_the_old_one_is_forgotten() -> None:
    async with stateful() as bench:
        bench.line.say(JSON.encode(Invocation("a"))[:10])
        await cut(bench)
        bench.come_back()
        bench.say(Sequence(1), Invocation("a"))
        await settle()
        assert events(bench) == ["connected", "a"]


@pytest.mark.requirement("stateful.sequence")
@pytest.mark.parametrize(
    "said",
    [[Sequence(3)], [Sequence(0)], [Sequence(1), Ack(99)]],
    ids=["a gap", "no number", "an acknowledgement of nothing"],
)
async def test_numbers_that_cannot_be_end_the_connection(said: list[Any], caplog: pytest.LogCaptureFixture) -> None:
    async with stateful() as bench:
        bench.call("a")
        await cut(bench)
        bench.come_back()
        bench.say(*said)
        await bench.ended()
        assert bench.messages[-1] == Close("The client sent an invalid message.")
        assert events(bench) == ["connected", "a", "disconnected"]
    assert "it sent what is not SignalR" in caplog.text


async def test_pings_and_the_patience_with_a_silent_client_rest_while_nobody_is_there() -> None:
    async with stateful(stateful_reconnect_window=600) as bench:
        await cut(bench)
        await bench.clock.advance(500)
        assert events(bench) == ["connected"]
        bench.come_back()
        await settle()
        assert bench.messages == [Sequence(1)]
        await bench.clock.advance(15)
        assert bench.messages == [Sequence(1), Ping()]
        await bench.clock.advance(14)
        assert not bench.run.done()
        await bench.clock.advance(1)
        await bench.ended()
        assert bench.messages[-1] == Close("The client has been silent for too long.", allow_reconnect=True)


async def test_replacing_an_open_line_does_not_stop_the_patience_with_a_silent_client() -> None:
    async with stateful() as bench:
        bench.come_back()
        await settle()
        await bench.clock.advance(30)
        await bench.ended()
        assert bench.messages[-1] == Close("The client has been silent for too long.", allow_reconnect=True)


@pytest.mark.requirement("stateful.backpressure")
async def test_a_client_that_reads_but_never_acknowledges_is_closed_by_name_and_others_never_wait(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with stateful(stateful_buffer_bytes=100, client_timeout=30) as bench, session_bench() as other:
        for number in range(20):
            bench.hub.send("all", [], f"n{number}", ["x" * 20])
            other.hub.send("all", [], f"n{number}", ["x" * 20])
        await settle()
        assert len(targets(other)) == 20
        assert len(targets(bench)) == 2
        await bench.clock.advance(15)
        bench.say(Ping())
        await settle()
        assert Ping() in bench.messages
        await bench.clock.advance(15)
        await bench.ended()
        text = "The client does not acknowledge what it is sent."
        assert bench.messages[-1] == Close(text, allow_reconnect=True)
        assert json.loads(bench.app.posts[-1].body)["error"] == text
        assert len(targets(bench)) == 20
    assert caplog.records[0].getMessage() == (
        "closed connection c1 of hub chat: it does not acknowledge what it is sent"
    )


async def test_what_waits_for_an_acknowledgement_goes_out_when_that_comes() -> None:
    async with stateful(stateful_buffer_bytes=100) as bench:
        for number in range(5):
            bench.hub.send("all", [], f"n{number}", ["x" * 20])
        await settle()
        assert targets(bench) == ["n0", "n1"]
        bench.say(Ack(2))
        await settle()
        bench.say(Ack(4))
        await settle()
        assert targets(bench) == ["n0", "n1", "n2", "n3", "n4"]
        await bench.clock.advance(30 - 1)
        assert not bench.run.done()


async def test_too_much_for_a_client_that_is_away_ends_the_connection() -> None:
    async with stateful(max_outbound_bytes=200) as bench:
        await cut(bench)
        for number in range(10):
            bench.hub.send("all", [], f"n{number}", ["x" * 20])
        await bench.ended()
        text = "Too much waits for the client, whose connection was lost."
        assert json.loads(bench.app.posts[-1].body)["error"] == text


async def test_a_client_that_has_said_nothing_yet_is_sent_nothing_for_a_second() -> None:
    """What comes together with the answer to its handshake, the JavaScript client does not count."""
    async with session_bench(stateful=True) as bench:
        news(bench, 1)
        await settle()
        assert bench.messages == []
        await bench.clock.advance(HOLD)
        assert targets(bench) == ["n1"]


@pytest.mark.parametrize("glued", [True, False])
async def test_a_client_that_speaks_is_sent_what_there_is_at_once(glued: bool) -> None:
    async with session_bench(stateful=True, received=JSON.encode(Ping()) if glued else b"") as bench:
        news(bench, 1)
        if not glued:
            bench.say(Ping())
        await settle()
        assert targets(bench) == ["n1"]


async def test_a_client_that_is_cut_before_it_has_spoken_gets_everything_when_it_comes_back() -> None:
    async with session_bench(stateful=True) as bench:
        news(bench, 1)
        await cut(bench)
        await bench.clock.advance(HOLD)
        bench.come_back()
        await settle()
        assert targets(bench) == ["n1"]


async def test_a_connection_that_is_not_stateful_ignores_what_belongs_to_that() -> None:
    async with session_bench() as bench:
        bench.say(Sequence(9), Ack(9), CancelInvocation("1"), Invocation("a"), Invocation("b"))
        await bench.clock.advance(1)
        assert events(bench) == ["connected", "a", "b"]
        assert bench.messages == []
        assert not bench.session.resumable


async def test_a_stream_that_is_refused_is_refused_once() -> None:
    async with stateful() as bench:
        bench.say(StreamInvocation("s", "1"))
        await settle()
        await cut(bench)
        bench.come_back()
        bench.say(Sequence(1), StreamInvocation("s", "1"))
        await settle()
        assert [type(message) for message in bench.messages] == [Sequence, Completion]


async def test_groups_outlive_a_cut_and_connected_comes_once() -> None:
    async with stateful() as bench:
        bench.hub.registry.join("c1", "g")
        await cut(bench)
        bench.come_back()
        bench.hub.send("groups", ["g"], "n1", [])
        bench.say(Sequence(1))
        await settle()
        assert targets(bench) == ["n1"]
        assert events(bench) == ["connected"]


async def test_a_cut_while_the_app_takes_the_client_changes_nothing_for_the_app() -> None:
    app = ScriptedApp()
    app.hold("connected")
    async with session_bench(app=app, stateful=True) as bench:
        await cut(bench)
        bench.come_back()
        bench.say(Sequence(1), Invocation("a"))
        await settle()
        assert app.events == ["connected"]
        app.release("connected")
        await settle()
        assert app.events == ["connected", "a"]


async def test_a_client_that_is_refused_while_it_is_cut_cannot_come_back() -> None:
    app = ScriptedApp({"connected": UpstreamResponse(403, b"")})
    app.hold("connected")
    async with session_bench(app=app, stateful=True) as bench:
        await cut(bench)
        app.release("connected")
        await bench.ended()
        assert not bench.session.resumable
        assert app.events == ["connected"]


async def test_a_client_answers_over_the_new_line_what_it_was_asked_over_the_old() -> None:
    async with stateful() as bench:
        answer = asyncio.create_task(bench.hub.invoke("c1", "double", [21], 60))
        await settle()
        await cut(bench)
        bench.come_back()
        bench.say(Sequence(1), Completion("1", 42))
        assert await answer == 42
