"""What the service logs, for programs."""

import json
import logging
from typing import Any

import pytest

from serverless_hub.cli.logs import JsonFormatter, is_no_hurry
from serverless_hub.protocol.codec import JSON
from serverless_hub.service.client import Client
from serverless_hub.service.ending import Ending, log_ending
from serverless_hub.service.events import Events
from serverless_hub.service.ports import UpstreamResponse
from tests.support.scripted_app import ScriptedApp


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


async def test_records_of_events_and_ends_have_such_fields(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "serverless_hub.service")
    client, app = Client("c1", "chat"), ScriptedApp()
    events = Events(client, JSON, app, ["a-key-for-signatures"])
    app.answers["connected"] = UpstreamResponse(404, b"")
    await events.connected()
    app.answers["connected"] = UpstreamResponse(404, b"", unmatched=True)
    await events.connected()
    log_ending(client, Ending("The connection was lost."))
    log_ending(client, Ending("x", blame="it did wrong"))
    names = ("connection", "hub", "event", "status")
    said = [{name: record.__dict__.get(name) for name in names} for record in caplog.records]
    common = {"connection": "c1", "hub": "chat"}
    assert said == [
        {**common, "event": "connected", "status": 404},
        {**common, "event": "connected", "status": None},
        {**common, "event": None, "status": None},
        {**common, "event": None, "status": None},
    ]
    assert [record.levelname for record in caplog.records] == ["INFO", "DEBUG", "INFO", "WARNING"]
    assert "no upstream takes event 'connected' of hub chat, category connections" in caplog.records[1].getMessage()


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
