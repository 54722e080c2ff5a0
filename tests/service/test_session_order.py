"""What comes first, next and last on one connection."""

import pytest

from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import Close, Completion, Invocation, Ping
from serverless_hub.service.ports import UpstreamResponse
from serverless_hub.service.settings import ServiceSettings
from tests.support.clock import settle
from tests.support.scripted_app import ScriptedApp
from tests.support.session_bench import over_each_line, session_bench

__all__ = ["over_each_line"]  # pytest uses it by its name

both_protocols = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)


@pytest.mark.requirement("handshake.first")
@both_protocols
async def test_the_handshake_is_answered_before_the_app_has_taken_the_client(protocol: HubProtocol) -> None:
    app = ScriptedApp()
    app.hold("connected")
    async with session_bench(protocol, app=app) as bench:
        assert bench.line.sent == [(b"{}\x1e", protocol.binary)]
        assert app.events == ["connected"]
        app.release("connected")


@both_protocols
async def test_what_the_app_sends_while_it_takes_the_client_arrives_behind_the_answer(protocol: HubProtocol) -> None:
    app = ScriptedApp()
    app.hold("connected")
    async with session_bench(protocol, app=app) as bench:
        bench.hub.send("connections", ["c1"], "welcome", ["hä"])
        bench.hub.send("users", ["ann"], "again", [])
        await settle()
        assert bench.line.sent[0][0] == b"{}\x1e"
        assert [
            (m.target, protocol.decode_value(m.arguments)) for m in bench.messages if isinstance(m, Invocation)
        ] == [
            ("welcome", ["hä"]),
            ("again", []),
        ]
        app.release("connected")


@pytest.mark.requirement("client-answers.body")
async def test_an_event_carries_who_the_client_is_and_a_signature() -> None:
    async with session_bench() as bench:
        (post,) = bench.app.posts
        assert post.body == b'{"type":10}'
        assert post.headers.pop("x-asrs-signature").startswith("sha256=")
        assert post.headers == {
            "content-type": "application/json",
            "x-asrs-connection-id": "c1",
            "x-asrs-hub": "chat",
            "x-asrs-category": "connections",
            "x-asrs-event": "connected",
            "x-asrs-user-id": "ann",
        }


@pytest.mark.requirement("client-answers.body")
@both_protocols
async def test_a_call_travels_in_the_client_s_own_protocol_without_its_frame(protocol: HubProtocol) -> None:
    async with session_bench(protocol) as bench:
        bench.call("greet", "x", 1, invocation_id="7")
        await settle()
        post = bench.app.posts[-1]
        assert post.headers["x-asrs-category"] == "messages"
        assert post.headers["content-type"] == protocol.media_type
        call = protocol.decode(post.body)
        assert isinstance(call, Invocation)
        assert (call.target, call.invocation_id, protocol.decode_value(call.arguments)) == ("greet", "7", ["x", 1])


@pytest.mark.requirement("client-answers.order")
async def test_calls_wait_until_the_app_has_taken_the_client() -> None:
    app = ScriptedApp()
    app.hold("connected")
    async with session_bench(app=app) as bench:
        bench.call("a")
        await settle()
        assert app.events == ["connected"]
        app.release("connected")
        await settle()
        assert app.events == ["connected", "a"]


@pytest.mark.requirement("client-answers.order")
async def test_calls_of_one_connection_are_made_one_after_the_other() -> None:
    async with session_bench() as bench:
        bench.app.hold("a")
        bench.say(Invocation("a"), Invocation("b"))
        bench.call("c")
        await settle()
        assert bench.app.events == ["connected", "a"]
        bench.app.release("a")
        await settle()
        assert bench.app.events == ["connected", "a", "b", "c"]


@pytest.mark.requirement("handshake.glued")
async def test_calls_that_came_with_the_handshake_are_made() -> None:
    async with session_bench(received=JSON.encode(Invocation("a")) + JSON.encode(Invocation("b"))[:5]) as bench:
        assert bench.app.events == ["connected", "a"]
        bench.line.say(JSON.encode(Invocation("b"))[5:])
        await settle()
        assert bench.app.events == ["connected", "a", "b"]


@pytest.mark.requirement("transports.ws.borders")
@both_protocols
async def test_a_message_may_come_byte_by_byte(protocol: HubProtocol) -> None:
    async with session_bench(protocol) as bench:
        for byte in protocol.encode(Invocation("a", ["x"])):
            bench.line.say(bytes([byte]))
        await settle()
        await settle()
        await settle()
        assert bench.app.events == ["connected", "a"]


@pytest.mark.requirement("client-answers.order")
async def test_disconnected_comes_last_even_when_the_client_left_during_a_call() -> None:
    async with session_bench() as bench:
        bench.app.hold("a")
        bench.say(Invocation("a"), Invocation("b"))
        await settle()
        bench.line.leave()
        await settle()
        assert bench.app.events == ["connected", "a"]
        bench.app.release("a")
        await settle()
        assert bench.app.answered == ["connected", "a", "b", "disconnected"]


async def test_a_client_that_leaves_while_the_app_takes_it_is_said_to_have_left_afterwards() -> None:
    app = ScriptedApp()
    app.hold("connected")
    async with session_bench(app=app) as bench:
        bench.line.leave()
        await settle()
        assert app.events == ["connected"]
        app.release("connected")
        await settle()
        assert app.answered == ["connected", "disconnected"]


async def test_more_calls_than_may_wait_and_then_a_departure_lose_nothing() -> None:
    settings = ServiceSettings(max_queued_calls=2)
    async with session_bench(settings=settings) as bench:
        bench.app.hold("c0")
        for number in range(8):
            bench.call(f"c{number}")
        bench.line.leave()
        await settle()
        assert bench.line.unread > 0
        bench.app.release("c0")
        await bench.ended()
        assert bench.app.answered == ["connected", *(f"c{number}" for number in range(8)), "disconnected"]


async def test_an_end_while_the_queue_is_full_drops_only_what_was_not_read_yet() -> None:
    settings = ServiceSettings(max_queued_calls=2)
    async with session_bench(settings=settings) as bench:
        bench.app.hold("c0")
        for number in range(8):
            bench.call(f"c{number}")
        await settle()
        bench.session.close("enough", allow_reconnect=False)
        await settle()
        bench.app.release("c0")
        await bench.ended()
        assert bench.app.answered == ["connected", "c0", "c1", "c2", "disconnected"]


@pytest.mark.requirement("closing.refused")
async def test_a_refused_client_hears_why_is_closed_for_good_and_was_never_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = ScriptedApp({"connected": UpstreamResponse(403, b'{"error":"You are banned."}')})
    async with session_bench(app=app, received=JSON.encode(Invocation("a", (), "1"))) as bench:
        await bench.ended()
        assert bench.records == [b"{}", b'{"type":7,"error":"You are banned."}']
        assert bench.line.closed
        assert app.events == ["connected"]
    assert caplog.records == []


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error":""}', b'{"error":"' + b"x" * 2000 + b'"}'])
async def test_a_refusal_without_a_usable_reason_has_a_plain_one(body: bytes) -> None:
    async with session_bench(app=ScriptedApp({"connected": UpstreamResponse(403, body)})) as bench:
        await bench.ended()
        assert bench.messages == [Close("The connection was refused.")]


async def test_a_client_that_left_before_it_was_refused_is_not_said_to_have_left() -> None:
    app = ScriptedApp({"connected": UpstreamResponse(403, b"")})
    app.hold("connected")
    async with session_bench(app=app) as bench:
        bench.line.leave()
        await settle()
        app.release("connected")
        await bench.ended()
        assert app.events == ["connected"]


@pytest.mark.requirement("closing.connected-failed")
@pytest.mark.parametrize("status", [400, 401, 404, 500])
async def test_any_other_failure_of_connected_leaves_the_connection_open(status: int) -> None:
    async with session_bench(app=ScriptedApp({"connected": UpstreamResponse(status, b"")})) as bench:
        bench.call("a", invocation_id="1")
        await settle()
        assert bench.messages == [Completion("1")]


async def test_answers_and_messages_share_one_line_in_the_order_in_which_they_were_made() -> None:
    async with session_bench() as bench:
        bench.app.hold("a")
        bench.call("a", invocation_id="1")
        await settle()
        bench.hub.send("all", [], "first", [])
        bench.app.release("a")
        await settle()
        bench.hub.send("all", [], "last", [])
        await settle()
        kinds = [m.target if isinstance(m, Invocation) else type(m).__name__ for m in bench.messages]
        assert kinds == ["first", "Completion", "last"]


@pytest.mark.requirement("closing.after")
async def test_what_stands_behind_a_close_in_the_same_frame_is_not_for_the_service() -> None:
    async with session_bench() as bench:
        bench.say(Invocation("a"), Close(), Invocation("b"), Ping())
        await bench.ended()
        assert bench.app.events == ["connected", "a", "disconnected"]
