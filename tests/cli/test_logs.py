"""What the service logs, for programs."""

import json
import logging
from typing import Any

import pytest

from serverless_hub.cli.logs import JsonFormatter, is_no_hurry
from serverless_hub.protocol.messages import Close
from serverless_hub.service.client import Client
from serverless_hub.service.ending import Ending, log_beginning, log_ending
from serverless_hub.service.ports import UpstreamError, UpstreamResponse
from tests.support.clock import settle
from tests.support.scripted_app import ScriptedApp
from tests.support.session_bench import session_bench


def line(text: str, *arguments: object, exc_info: Any = None, **fields: object) -> dict[str, Any]:
    """Return what is written of a record."""
    record = logging.LogRecord("a.logger", logging.WARNING, __file__, 1, text, arguments, exc_info)
    record.created = 1_000_000_000.123
    record.__dict__ |= fields
    written = JsonFormatter().format(record)
    assert "\n" not in written
    read: dict[str, Any] = json.loads(written)
    return read


def test_a_record_is_one_line_with_time_level_logger_and_message() -> None:
    assert line("it is %r\nand %d", "hä", 7) == {
        "time": "2001-09-09T01:46:40.123+00:00",
        "level": "warning",
        "logger": "a.logger",
        "message": "it is 'hä'\nand 7",
    }


def test_known_fields_are_there_and_others_are_not() -> None:
    said = line("x", connection="c1", hub="chat", event="send", duration=0.25, status=404, arguments=["swordfish"])
    del said["time"], said["level"], said["logger"], said["message"]
    assert said == {"connection": "c1", "hub": "chat", "event": "send", "duration": 0.25, "status": 404}


def test_an_exception_is_in_the_line_and_secrets_in_queries_are_not() -> None:
    with pytest.raises(ValueError, match="access_token") as raised:
        int("GET /client/?access_token=swordfish")
    said = line("POST /x?code=swordfish&hub=chat", exc_info=(raised.type, raised.value, raised.tb))
    assert "Traceback" in said["exception"]
    assert "GET /client/?access_token=[hidden]" in said["exception"]
    assert "swordfish" not in json.dumps(said)
    assert said["message"] == "POST /x?code=[hidden]&hub=chat"


_NAMES = ("event", "category", "status", "transport", "duration")


@pytest.mark.requirement("logs.structured")
async def test_records_of_connections_and_of_their_events_say_what_it_was_and_how_long_it_took(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", "serverless_hub.service")
    app = ScriptedApp()
    app.answers |= {"missing": UpstreamResponse(404, b""), "stranded": UpstreamResponse(404, b"", unmatched=True)}
    app.answers["lost"] = UpstreamError("no answer within 2 seconds")
    async with session_bench(app=app) as bench:
        app.hold("echo")
        for target in ("echo", "missing", "stranded", "lost"):
            bench.call(target)
        await settle()
        await bench.clock.advance(0.25)
        app.release("echo")
        await settle()
        bench.say(Close())
        await bench.ended()
    said = [[record.levelname, *(record.__dict__.get(name) for name in _NAMES)] for record in caplog.records]
    assert said == [
        ["DEBUG", None, None, None, "web_sockets", None],
        ["DEBUG", "connected", "connections", 200, None, 0],
        ["DEBUG", "echo", "messages", 200, None, 0.25],
        ["INFO", "missing", "messages", 404, None, 0],
        ["INFO", "stranded", "messages", None, None, 0],
        ["ERROR", "lost", "messages", None, None, 0],
        ["DEBUG", None, None, None, None, 0.25],
        ["DEBUG", "disconnected", "connections", 200, None, 0],
    ]
    assert {(record.__dict__["connection"], record.__dict__["hub"]) for record in caplog.records} == {("c1", "chat")}
    assert "the app answered 200 to event 'echo' of hub chat after 0.250 s" in caplog.messages
    assert "no upstream takes event 'stranded' of hub chat, category messages: it is dropped" in caplog.messages
    assert caplog.messages[0] == "connection c1 of hub chat began over web_sockets"
    assert "connection c1 of hub chat ended in order after 0.250 s" in caplog.messages


def test_ends_are_logged_with_what_was_wrong(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "serverless_hub.service")
    client = Client("c1", "chat")
    log_beginning(client, "web_sockets")
    for ending in (Ending(), Ending("The connection was lost."), Ending("x", blame="it did wrong")):
        log_ending(client, ending, 1.5)
    assert [(record.levelname, record.__dict__["duration"]) for record in caplog.records] == [
        ("INFO", 1.5),
        ("WARNING", 1.5),
    ]


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("uvicorn.error", "Traceback (most recent call last):\nasyncio.exceptions.CancelledError\n", False),
        ("uvicorn.error", "Traceback (most recent call last):\nZeroDivisionError\n", True),
        ("serverless_hub.service", "it was a CancelledError", True),
    ],
)
def test_only_the_traceback_of_an_end_that_was_asked_for_twice_is_left_out(name: str, text: str, shown: bool) -> None:
    assert is_no_hurry(logging.LogRecord(name, logging.ERROR, __file__, 1, text, (), None)) is shown
