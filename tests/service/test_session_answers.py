"""What a client hears about its calls."""

import logging

import pytest

from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import (
    Ack,
    CancelInvocation,
    Completion,
    HubMessage,
    Invocation,
    Sequence,
    StreamInvocation,
    StreamItem,
)
from serverless_hub.service.ports import AnswerTooLargeError, UpstreamError, UpstreamResponse
from tests.support.clock import settle
from tests.support.scripted_app import ScriptedApp
from tests.support.session_bench import over_each_line, session_bench

__all__ = ["over_each_line"]  # pytest uses it by its name

both_protocols = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
FAILED = "Invocation failed, status code"


@both_protocols
async def test_the_app_s_completion_reaches_the_client(protocol: HubProtocol) -> None:
    async with session_bench(protocol) as bench:
        bench.app.answers["add"] = UpstreamResponse(200, protocol.encode(Completion("7", 12)))
        bench.call("add", 5, 7, invocation_id="7")
        await settle()
        (completion,) = bench.messages
        assert isinstance(completion, Completion)
        assert protocol.decode_value(completion.result) == 12


@pytest.mark.requirement("client-answers.unreachable", "client-answers.too-large")
@both_protocols
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (UpstreamResponse(401, b""), f"{FAILED} 401"),
        (UpstreamResponse(404, b"<html>"), f"{FAILED} 404"),
        (UpstreamResponse(500, b""), f"{FAILED} 500"),
        (UpstreamResponse(200, b"<html>"), f"{FAILED} 500"),
        (UpstreamResponse(200, JSON.encode(Completion("8"))), f"{FAILED} 500"),
        (UpstreamError("no answer within 100 seconds"), f"{FAILED} 500"),
        (AnswerTooLargeError("its answer is larger than 16777216 bytes"), "Invocation failed, response too large."),
        (UpstreamResponse(204, b""), None),
        (UpstreamResponse(200, b""), None),
    ],
)
async def test_a_client_hears_as_much_of_a_failure_as_azure_tells(
    protocol: HubProtocol, answer: UpstreamResponse | Exception, error: str | None
) -> None:
    async with session_bench(protocol) as bench:
        bench.app.answers["a"] = answer
        bench.call("a", invocation_id="7")
        bench.call("b", invocation_id="8")
        await settle()
        assert bench.error_of("7") == error
        assert bench.error_of("8") is None


@pytest.mark.requirement("client-answers.send")
@pytest.mark.parametrize(
    "answer",
    [
        UpstreamResponse(200, b""),
        UpstreamResponse(200, JSON.encode(Completion("7"))),
        UpstreamResponse(500, b""),
        UpstreamError("gone"),
        AnswerTooLargeError("large"),
    ],
)
async def test_a_send_is_never_answered(answer: UpstreamResponse | Exception) -> None:
    async with session_bench() as bench:
        bench.app.answers["a"] = answer
        bench.call("a")
        await settle()
        assert bench.app.answered == ["connected", "a"]
        assert bench.messages == []


@pytest.mark.requirement("client-answers.stream")
@both_protocols
async def test_a_call_of_a_stream_is_answered_with_an_error_and_does_not_reach_the_app(protocol: HubProtocol) -> None:
    async with session_bench(protocol) as bench:
        bench.say(StreamInvocation("count", "3"))
        await settle()
        assert bench.error_of("3") == "Streaming is not supported in serverless mode."
        assert bench.app.events == ["connected"]


@pytest.mark.requirement("json-protocol.unknown", "client-answers.meaningless")
@pytest.mark.parametrize(
    "message", [StreamItem("1", "x"), Completion("1", 5), CancelInvocation("1"), Ack(1), Sequence(1)]
)
async def test_messages_that_mean_nothing_here_are_ignored(message: HubMessage) -> None:
    async with session_bench() as bench:
        bench.say(message)
        bench.line.say(b'{"type":99,"x":1}\x1e')
        bench.call("a", invocation_id="2")
        await settle()
        assert bench.messages == [Completion("2")]


@pytest.mark.requirement("client-answers.target")
@pytest.mark.parametrize("target", ["", ".", "..", "../../admin", "a/./b", "a\\..\\b", "a\nb", "a\x00", "x" * 513])
async def test_a_target_that_no_app_can_have_is_an_error_and_does_not_reach_the_app(
    target: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with session_bench() as bench:
        bench.say(Invocation(target, (), "7"), Invocation(target))
        await settle()
        assert bench.error_of("7") == "Invocation failed, error: no app can have this target."
        assert bench.app.events == ["connected"]
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "\n" not in caplog.records[0].getMessage()


@pytest.mark.parametrize("target", ["a/b", "hä", "a b", "%2e", "x" * 512])
async def test_any_other_target_is_the_app_s_business(target: str) -> None:
    async with session_bench() as bench:
        bench.call(target)
        await settle()
        assert bench.app.events == ["connected", target]


@pytest.mark.parametrize("event", ["connected", "a", "disconnected"])
async def test_an_event_that_does_not_reach_the_app_is_one_line_in_the_log_and_the_rest_goes_on(
    event: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = ScriptedApp({event: UpstreamError("no answer within 100 seconds")})
    async with session_bench(app=app) as bench:
        bench.call("a")
        bench.line.leave()
        await bench.ended()
        assert app.answered == ["connected", "a", "disconnected"]
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == f"event '{event}' of hub chat did not reach the app: no answer within 100 seconds"


@pytest.mark.requirement("client-answers.departed")
async def test_a_call_of_a_departed_client_is_answered_to_nobody() -> None:
    async with session_bench() as bench:
        bench.app.hold("a")
        bench.call("a", invocation_id="1")
        await settle()
        bench.line.leave()
        await settle()
        bench.app.release("a")
        await bench.ended()
        assert bench.messages == []
