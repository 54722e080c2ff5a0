import json
from http import HTTPStatus
from typing import Any

import pytest

from serverless_hub.service.asgi import Message, deny_websocket, header_of, respond


class Recorder:
    def __init__(self) -> None:
        self.received = 0
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        self.received += 1
        return {"type": "websocket.connect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)


async def test_an_answer_with_content_is_json_and_not_to_be_cached() -> None:
    recorder = Recorder()
    await respond(recorder.send, HTTPStatus.OK, {"a": 1})
    start, body = recorder.sent
    assert start["type"] == "http.response.start"
    assert start["status"] == 200
    assert dict(start["headers"]) == {
        b"content-length": b"7",
        b"content-type": b"application/json",
        b"cache-control": b"no-store",
    }
    assert body["type"] == "http.response.body"
    assert json.loads(body["body"]) == {"a": 1}


async def test_an_answer_without_content_says_that_it_is_empty() -> None:
    recorder = Recorder()
    await respond(recorder.send, HTTPStatus.UNAUTHORIZED)
    start, body = recorder.sent
    assert dict(start["headers"]) == {b"content-length": b"0", b"cache-control": b"no-store"}
    assert body["body"] == b""


async def test_an_answer_may_have_more_headers() -> None:
    recorder = Recorder()
    await respond(recorder.send, HTTPStatus.OK, headers=[(b"vary", b"Origin")])
    assert (b"vary", b"Origin") in recorder.sent[0]["headers"]


async def test_an_answer_that_cannot_have_content_says_no_length() -> None:
    recorder = Recorder()
    await respond(recorder.send, HTTPStatus.NO_CONTENT)
    assert recorder.sent[0]["headers"] == [(b"cache-control", b"no-store")]


def test_a_header_is_found_by_its_name_and_the_first_counts() -> None:
    scope: dict[str, Any] = {"headers": [(b"host", b"x"), (b"origin", b"a"), (b"origin", b"b")]}
    assert header_of(scope, b"origin") == "a"
    assert header_of(scope, b"via") is None


@pytest.mark.requirement("transports.ws.status")
async def test_a_websocket_is_refused_with_its_status_where_the_server_can() -> None:
    recorder = Recorder()
    scope: dict[str, Any] = {"extensions": {"websocket.http.response": {}}}
    await deny_websocket(scope, recorder.receive, recorder.send, HTTPStatus.CONFLICT)
    assert recorder.received == 1
    start, body = recorder.sent
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 409)
    assert body["type"] == "websocket.http.response.body"


@pytest.mark.parametrize("scope", [{"extensions": {}}, {}])
async def test_a_websocket_is_closed_where_the_server_cannot_choose_a_status(scope: dict[str, Any]) -> None:
    recorder = Recorder()
    await deny_websocket(scope, recorder.receive, recorder.send, HTTPStatus.CONFLICT)
    assert recorder.received == 1
    assert recorder.sent == [{"type": "websocket.close", "code": 1008}]
