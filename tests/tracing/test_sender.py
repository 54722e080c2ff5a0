"""Spans of what a hub asks of its service."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from serverless_hub.errors import ConnectionGoneError
from serverless_hub.hub.ports import GroupPage, HubSender, Receivers
from serverless_hub.management import JoinGroup
from tests.support.recording import RecordingSender, Sent
from tests.tracing.spans import Spans

ANN = Receivers("users", ("ann",))
_COMMANDS = [JoinGroup("red")]

STEPS: dict[str, tuple[Callable[[HubSender], Awaitable[Any]], tuple[Any, ...]]] = {
    "send_stream_item": (lambda to: to.send_stream_item("c1", "s1", 5, completed=True), ("c1", "s1", 5, True)),
    "complete_stream": (lambda to: to.complete_stream("c1", "s1", "late"), ("c1", "s1", "late")),
    "add_to_group": (lambda to: to.add_to_group("c1", "red"), ("c1", "red")),
    "remove_from_group": (lambda to: to.remove_from_group("c1", "red"), ("c1", "red")),
    "remove_from_all_groups": (lambda to: to.remove_from_all_groups("c1"), ("c1",)),
    "group_members": (lambda to: to.group_members("red", page_size=7, continuation="x"), ("red", 7, "x")),
    "add_user_to_group": (lambda to: to.add_user_to_group("ann", "red", 5.0), ("ann", "red", 5.0)),
    "remove_user_from_group": (lambda to: to.remove_user_from_group("ann", "red"), ("ann", "red")),
    "remove_user_from_all_groups": (lambda to: to.remove_user_from_all_groups("ann"), ("ann",)),
    "close": (lambda to: to.close(ANN, "late"), (ANN, "late")),
    "execute": (lambda to: to.execute(_COMMANDS, "userId eq 'ann'"), (tuple(_COMMANDS), "userId eq 'ann'")),
    "generate_token": (lambda to: to.generate_token("ann", 60.0), ("ann", 60.0)),
}


@pytest.fixture
def spans() -> Spans:
    return Spans()


@pytest.mark.requirement("traces.values")
@pytest.mark.parametrize("operation", STEPS)
async def test_every_operation_is_done_in_a_span_that_names_nobody(spans: Spans, operation: str) -> None:
    recording = RecordingSender(pages=[GroupPage([])])
    call, arguments = STEPS[operation]
    await call(spans.tracing.sender("chat", recording))
    assert recording.steps == [(operation, *arguments)]
    assert spans.attributes(f"chat {operation}") == {
        "serverless_hub.hub": "chat",
        "serverless_hub.operation": operation,
    }
    assert spans.named(f"chat {operation}").kind is SpanKind.CLIENT


async def test_answers_come_back(spans: Spans) -> None:
    page = GroupPage([], "more")
    recording = RecordingSender(pages=[page], result=4, existing={("groups", "red")})
    sender = spans.tracing.sender("chat", recording)
    assert await sender.group_members("red", page_size=1, continuation=None) is page
    assert await sender.invoke("c1", "guess", (), 5.0) == 4
    assert await sender.exists("groups", "red")
    assert not await sender.user_in_group("ann", "red")
    assert await sender.generate_token(None, 60.0) == "token"


async def test_a_send_is_a_call_without_arguments_and_receivers(spans: Spans) -> None:
    recording = RecordingSender()
    await spans.tracing.sender("chat", recording).send(ANN, "receiveMessage", ("secret",))
    assert recording.sent == [Sent(ANN, "receiveMessage", ("secret",))]
    assert spans.attributes("chat/receiveMessage") == {
        "rpc.system.name": "signalr",
        "rpc.method": "chat/receiveMessage",
        "serverless_hub.receivers": "users",
    }
    assert spans.named("chat/receiveMessage").kind is SpanKind.CLIENT
    assert "secret" not in spans.text()
    assert "ann" not in spans.text()


async def test_a_send_that_fails_is_an_error(spans: Spans) -> None:
    recording = RecordingSender(result=ConnectionGoneError("it is gone"))
    with pytest.raises(ConnectionGoneError):
        await spans.tracing.sender("chat", recording).invoke("c1", "guess", (), 5.0)
    assert spans.attributes("chat/guess")["error.type"] == "serverless_hub.errors.ConnectionGoneError"
    assert spans.named("chat/guess").status.status_code is StatusCode.ERROR
