"""What happens at the same time, each in one fixed order."""

import asyncio
import json

import pytest

from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import Close, Completion, Invocation
from serverless_hub.service.asgi import Receive, Scope, Send
from serverless_hub.service.client import Client
from serverless_hub.service.in_process import InProcessUpstream
from serverless_hub.service.ports import UpstreamResponse
from serverless_hub.service.session import Session
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import ManualClock, settle
from tests.support.line import FakeLine
from tests.support.scripted_app import ScriptedApp
from tests.support.service_bench import ServiceBench
from tests.support.session_bench import SessionBench, session_bench
from tests.support.session_run import run_session

both_protocols = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)


async def test_a_client_that_drops_during_connected_is_said_to_have_left_once_when_the_app_has_had_its_time() -> None:
    """The app never answers `connected`; its time is bounded, and `disconnected` comes all the same."""
    clock, line, events = ManualClock(), FakeLine(), list[str]()
    bench = ServiceBench()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        events.append(dict(scope["headers"])[b"x-asrs-event"].decode())
        if events[-1] == "connected":
            await receive()
            await receive()  # which does not end before the call is given up
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    session = Session(
        Client("c1", "chat"), JSON, bench.hub.registry, InProcessUpstream(app, "/events", clock, 100),
        keys=["a-key-for-signatures"], settings=ServiceSettings(), clock=clock,
    )  # fmt: skip
    bench.tasks.append(task := session_task(session, line))
    await settle()
    line.leave("The connection was lost.")
    await settle()
    await clock.advance(99)
    assert events == ["connected"]
    await clock.advance(1)
    assert events == ["connected", "disconnected"]
    await task


def session_task(session: Session, line: FakeLine) -> "asyncio.Task[None]":
    return asyncio.create_task(run_session(session, line))


@pytest.mark.requirement("handshake.first")
@both_protocols
async def test_nothing_reaches_a_client_before_the_answer_to_its_handshake(protocol: HubProtocol) -> None:
    line_is_stuck = SessionBench(protocol, ServiceSettings(), ScriptedApp(), b"")
    bench = line_is_stuck
    bench.line.stop_reading()
    await settle()
    bench.hub.send("all", [], "early", [])
    bench.hub.send("connections", ["c1"], "early", [])
    bench.hub.send("users", ["ann"], "early", [])
    bench.line.read_again()
    await settle()
    bench.hub.send("all", [], "late", [])
    await settle()
    assert bench.line.sent[0] == (b"{}\x1e", protocol.binary)
    assert [m.target for m in bench.messages if isinstance(m, Invocation)] == ["late"]
    bench.line.leave()
    await bench.ended()


@pytest.mark.parametrize("moment", ["just before", "just after", "at the end"])
async def test_who_joins_a_group_while_it_is_closed_is_no_ghost(moment: str) -> None:
    async with session_bench() as bench:
        if moment == "just before":
            assert bench.hub.registry.join("c1", "g")
        bench.hub.close("connections", ["c1"], None)
        if moment == "just after":  # The session has not heard of its end yet.
            assert bench.hub.registry.join("c1", "g")
            bench.hub.users.add("ann", "u", 0)
        await settle()
        if moment == "at the end":
            assert not bench.hub.registry.join("c1", "g")
            bench.hub.users.add("ann", "u", 0)
        await bench.ended()
        for group in ("g", "u"):
            assert not bench.hub.exists("groups", group)
            assert list(bench.hub.registry.select("groups", [group])) == []


@pytest.mark.requirement("client-answers.departed")
async def test_a_close_while_a_call_runs_drops_its_completion_and_lets_the_method_end() -> None:
    async with session_bench() as bench:
        bench.app.answers["a"] = UpstreamResponse(200, JSON.encode(Completion("1", 1)))
        bench.app.hold("a")
        bench.call("a", invocation_id="1")
        await settle()
        bench.hub.close("connections", ["c1"], "go away")
        await settle()
        assert bench.app.events == ["connected", "a"]
        assert bench.app.answered == ["connected"]
        bench.app.release("a")
        await bench.ended()
        assert bench.app.answered == ["connected", "a", "disconnected"]
        assert bench.messages == [Close("go away", allow_reconnect=True)]


async def test_the_new_connection_of_a_user_may_come_before_the_old_one_has_gone() -> None:
    bench = ServiceBench()
    await bench.connect("old", "ann")
    bench.hub.users.add("ann", "g", None)
    await bench.connect("new", "ann")
    bench.lines["old"].leave("The connection was lost.")
    await settle()
    bench.hub.send("users", ["ann"], "one", [])
    bench.hub.send("groups", ["g"], "two", [])
    assert b"one" in await bench.heard("new")
    assert b"two" in await bench.heard("new")
    assert b"one" not in await bench.heard("old")
    await bench.leave()


async def test_a_client_s_answer_behind_more_calls_than_may_wait_comes_in_time() -> None:
    async with session_bench(settings=ServiceSettings(max_queued_calls=2)) as bench:
        bench.app.hold("order")
        bench.say(*(Invocation("order"), *(Invocation(f"c{number}") for number in range(20))))
        await settle()
        asked = asyncio.create_task(bench.hub.invoke("c1", "howMany", [], 10))
        await settle()
        bench.say(Completion("1", 3))
        assert await asyncio.wait_for(asked, 5) == 3
        bench.app.release("order")
        for _ in range(5):
            await settle()
        assert bench.app.answered == ["connected", "order", *(f"c{number}" for number in range(20))]
        assert json.loads(bench.app.posts[1].body)["target"] == "order"
