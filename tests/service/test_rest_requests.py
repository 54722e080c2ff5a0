"""Requests to the REST API that are wrong, too large or hostile, and what they are answered."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from serverless_hub.protocol.codec import JSON, MESSAGEPACK
from serverless_hub.protocol.messages import Invocation, StreamItem
from serverless_hub.protocol.values import to_msgpack
from tests.service.rest_bench import RestBench, rest_bench

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="bench")
async def shared_bench() -> AsyncGenerator[RestBench]:
    """Yield one for all tests here that leave nothing in it."""
    async with rest_bench() as bench:
        yield bench


SEND = "/hubs/chat/:send"
MESSAGE = {"target": "news", "arguments": ["hä", 1]}


@pytest.mark.requirement("rest.versions")
@pytest.mark.parametrize("version", [None, "", "2020-01-01", "2024-12-02", "1.0"])
async def test_another_api_version_is_400_that_names_the_right_ones_and_health_needs_none(
    bench: RestBench, version: str | None
) -> None:
    query = "" if version is None else f"api-version={version}"
    answer = await bench.rest.request("POST", SEND, query, body=MESSAGE, version=None)
    assert (answer.status, answer.code) == (400, "Error.Request.Invalid")
    assert answer.json["message"].endswith("one of 2022-06-01, 2022-11-01, 2023-07-01, 2024-12-01")
    answer = await bench.rest.request("HEAD", "/health", query, version=None)
    assert answer.status == (400 if version else 200)


@pytest.mark.requirement("rest.versions")
@pytest.mark.parametrize(
    ("method", "path", "since"),
    [
        ("POST", "/hubs/chat/:generateToken", "2022-11-01"),
        ("POST", "/hubs/chat/:execute", "2023-07-01"),
        ("GET", "/hubs/chat/groups/g/connections", "2024-12-01"),
    ],
)
async def test_an_operation_is_not_there_in_older_versions(
    bench: RestBench, method: str, path: str, since: str
) -> None:
    answer = await bench.rest.request(method, path, body=[], version=since)
    assert answer.status in {200, 202}
    answer = await bench.rest.request(method, path, body=[], version="2022-06-01")
    assert answer.status == 400
    assert answer.message.endswith(f"it is there since {since}")


@pytest.mark.requirement("rest.error-codes")
@pytest.mark.parametrize("path", ["/hubs", "/hubs/chat", "/hubs/chat/", "/hubs//:send", "/hubs/chat/:send/", "/x", "/"])
async def test_an_unknown_path_is_404_without_a_code_that_sdks_know(bench: RestBench, path: str) -> None:
    answer = await bench.rest.request("POST", path, body=MESSAGE)
    assert (answer.status, answer.code) == (404, None)
    assert answer.json == {"code": "NotFound", "message": "the REST API of this service has no such path"}


@pytest.mark.requirement("rest.methods")
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", SEND, "POST"),
        ("POST", "/hubs/chat/connections/c1", "DELETE, GET, HEAD"),
        ("PATCH", "/hubs/chat/users/ann/groups/g", "DELETE, GET, HEAD, PUT"),
        ("OPTIONS", "/health", "GET, HEAD"),
    ],
)
async def test_another_method_is_405_that_names_the_right_ones(
    bench: RestBench, method: str, path: str, allowed: str
) -> None:
    answer = await bench.rest.request(method, path)
    assert (answer.status, answer.headers["allow"]) == (405, allowed)


@pytest.mark.requirement("rest.names")
@pytest.mark.parametrize(
    ("path", "query", "complaint"),
    [
        ("/hubs/1chat/:send", "", "the name of the hub has to"),
        ("/hubs/a-b/:send", "", "the name of the hub has to"),
        (f"/hubs/{'c' * 129}/:send", "", "the name of the hub has to"),
        (SEND, "application=a-b", "the name of the application has to"),
        (SEND, "application=a&Application=b", "more than one application"),
        (SEND, "x=%FF", "not UTF-8"),
        ("/hubs/chat/groups/%20/:send", "", "the name of a group has to"),
        (f"/hubs/chat/groups/{'g' * 1025}/:send", "", "the name of a group has to"),
        ("/hubs/chat/connections/c/streams/%09/:send", "", "the stream id has to"),
        (f"/hubs/chat/connections/c/streams/{'s' * 101}/:send", "", "the stream id has to"),
        ("/hubs/chat/connections/c/streams/s/:send", "completed=yes", "completed has to be true or false"),
        ("/hubs/chat/users/%FF/:send", "", "the path is not UTF-8"),
    ],
)
async def test_names_and_values_that_cannot_be_are_400(bench: RestBench, path: str, query: str, complaint: str) -> None:
    answer = await bench.rest.request("POST", path, query, body=MESSAGE)
    assert (answer.status, answer.code) == (400, "Error.Request.Invalid")
    assert complaint in answer.message


BODIES = {
    "JSON": (b'{"target":"news","arguments":["h\xc3\xa4",1]}', "application/json"),
    "JSON as Azure's SDK writes it": (
        b'{"Target":"news","Arguments":["h\\u00e4",1],"x":0}',
        "Application/JSON; charset=utf-8",
    ),
    "JSON without a type": (b'{"target":"news","arguments":["h\xc3\xa4",1]}', None),
    "MessagePack": (to_msgpack(MESSAGE), "application/x-msgpack"),
    "both protocols": (
        to_msgpack({p.name: p.encode(Invocation("news", ["hä", 1])) for p in (JSON, MESSAGEPACK)}),
        "application/octet-stream",
    ),
    "one protocol": (
        to_msgpack({"json": JSON.encode(Invocation("news", ["hä", 1])), "other": b""}),
        "application/octet-stream",
    ),
}


@pytest.mark.requirement("rest.bodies")
@pytest.mark.parametrize(("data", "media_type"), BODIES.values(), ids=BODIES)
async def test_a_message_may_come_in_each_form_for_clients_of_either_protocol(
    data: bytes, media_type: str | None
) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    async with rest_bench() as bench, bench.person() as ann, bench.person(protocol=MESSAGEPACK) as ben:
        answer = await bench.rest.request("POST", SEND, data=data, headers=headers)
        assert answer.status == 202, answer.body
        await ann.hears("hä", 1)
        await ben.hears("hä", 1)


@pytest.mark.requirement("rest.bodies")
@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b'["h\xc3\xa4"]', "application/json"),
        (to_msgpack(["hä"]), "application/x-msgpack"),
        (to_msgpack({"messagepack": MESSAGEPACK.encode(StreamItem("s", ["hä"]))}), "application/octet-stream"),
    ],
)
async def test_an_item_of_a_stream_may_come_in_each_form(data: bytes, media_type: str) -> None:
    async with rest_bench() as bench, bench.person() as ann:
        path = f"/hubs/chat/connections/{ann.id}/streams/s/:send"
        answer = await bench.rest.request("POST", path, data=data, headers={"Content-Type": media_type})
        assert answer.status == 202, answer.body
        message = await ann.client.receive()
        assert isinstance(message, StreamItem)
        assert JSON.decode_value(message.item) == ["hä"]


BINARY = "application/octet-stream"
BAD_BODIES: list[tuple[bytes, str, str]] = [
    (b"", "application/json", "the body is not json"),
    (b"{", "application/json", "the body is not json"),
    (b'{"target":"\\ud800"}', "application/json", "the body is not json"),
    (b"\xff", "application/json", "the body is not json"),
    (b'{"target":"t","arguments":' + b"[" * 65 + b"]" * 65 + b"}", "application/json", "nested too deeply"),
    (b"[" * 200_000, "application/json", "nested too deeply"),
    (b"[]", "application/json", "the message has to be an object"),
    (b"{}", "application/json", "the message needs a target"),
    (b'{"target":""}', "application/json", "the message needs a target"),
    (b'{"target":7}', "application/json", "the message needs a target"),
    (b'{"target":"t","arguments":{}}', "application/json", "have to be an array"),
    (b"", "application/x-msgpack", "the body is not messagepack"),
    (b"\x91" * 70 + b"\x90", "application/x-msgpack", "nested too deeply"),
    (b"\x81\x01\x02", "application/x-msgpack", "the body is not messagepack"),
    (to_msgpack({}), BINARY, "has to be a map"),
    (to_msgpack([]), BINARY, "has to be a map"),
    (to_msgpack({"json": "text"}), BINARY, "has to be a map"),
    (to_msgpack({"json": b'{"type":6}'}), BINARY, "one whole message in json"),
    (to_msgpack({"json": b"{\x1e"}), BINARY, "one whole message in json"),
    (to_msgpack({"json": b'{"type":6}\x1e{"type":6}\x1e'}), BINARY, "one whole message in json"),
    (to_msgpack({"json": b'{"type":6}\x1e '}), BINARY, "one whole message in json"),
    (to_msgpack({"json": b'{"type":6}\x1e'}), BINARY, "has to be an invocation"),
    (to_msgpack({"json": b'{"type":1,"target":"t","arguments":{}}\x1e'}), BINARY, "one whole message in json"),
    (to_msgpack({"messagepack": b"\xff\xff\xff\xff\xff"}), BINARY, "one whole message in messagepack"),
    (to_msgpack({"json": JSON.encode(StreamItem("s", 1))}), BINARY, "has to be an invocation"),
]


@pytest.mark.requirement("rest.message")
@pytest.mark.parametrize(("data", "media_type", "complaint"), BAD_BODIES)
async def test_a_body_that_is_no_message_is_400(bench: RestBench, data: bytes, media_type: str, complaint: str) -> None:
    answer = await bench.rest.request("POST", SEND, data=data, headers={"Content-Type": media_type})
    assert (answer.status, answer.code) == (400, "Error.Request.Invalid")
    assert complaint in answer.message


async def test_an_invocation_is_no_item_of_a_stream(bench: RestBench) -> None:
    data = to_msgpack({"json": JSON.encode(Invocation("t"))})
    path = "/hubs/chat/connections/c/streams/s/:send"
    answer = await bench.rest.request("POST", path, data=data, headers={"Content-Type": BINARY})
    assert answer.status == 400
    assert "has to be an item of a stream" in answer.message


BAD_COMMANDS: list[tuple[Any, str]] = [
    ({}, "an array of commands"),
    ([1], "a command has to be an object"),
    ([{}], "the type of a command has to be one of SendMessage, JoinGroup, LeaveGroup, CloseConnection"),
    ([{"type": "sendMessage"}], "the type of a command"),
    ([{"type": ["JoinGroup"]}], "the type of a command"),
    ([{"type": "SendMessage"}], "the message has to be an object"),
    ([{"type": "JoinGroup"}], "the command needs a group"),
    ([{"type": "LeaveGroup", "group": " "}], "the name of a group"),
    ([{"type": "CloseConnection", "reason": 1}], "the reason of a command"),
]


@pytest.mark.parametrize(("body", "complaint"), BAD_COMMANDS)
async def test_commands_that_cannot_be_are_400(bench: RestBench, body: Any, complaint: str) -> None:
    answer = await bench.rest.request("POST", "/hubs/chat/:execute", body=body)
    assert (answer.status, answer.code) == (400, "Error.Request.Invalid")
    assert complaint in answer.message


@pytest.mark.requirement("rest.message")
@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (SEND, {"Content-Type": "text/plain"}),
        (SEND, {"Content-Type": "application/xml; x=application/json"}),
        (SEND, {"Content-Type": "application/json", "Content-Encoding": "gzip"}),
        ("/hubs/chat/:execute", {"Content-Type": "application/x-msgpack"}),
    ],
)
async def test_another_kind_of_body_is_415(bench: RestBench, path: str, headers: dict[str, str]) -> None:
    answer = await bench.rest.request("POST", path, data=b"{}", headers=headers)
    assert (answer.status, answer.code) == (415, "Error.Request.Invalid")


async def in_chunks(*chunks: bytes) -> AsyncGenerator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.mark.requirement("rest.limits")
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_of_more_than_a_megabyte_is_413(bench: RestBench, chunked: bool) -> None:
    largest = b'{"target":"news","arguments":["' + b"x" * (1024 * 1024 - 34) + b'"]}'
    assert (await bench.rest.request("POST", SEND, data=largest)).status == 202
    data = in_chunks(largest, b" ") if chunked else largest + b" "
    answer = await bench.rest.request("POST", SEND, data=data)
    assert (answer.status, answer.code) == (413, "Error.Request.Invalid")


@pytest.mark.requirement("rest.limits")
async def test_a_head_that_is_too_large_is_431_or_414(bench: RestBench) -> None:
    answer = await bench.rest.request("POST", SEND, body=MESSAGE, headers={"X-Long": "x" * 16 * 1024}, token=None)
    assert answer.status == 431
    answer = await bench.rest.request("POST", SEND, f"x={'x' * 12 * 1024}", body=MESSAGE)
    assert answer.status == 414


async def test_a_caller_that_leaves_in_the_middle_of_a_body_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    async with rest_bench() as bench:
        caplog.clear()
        host, port = bench.url.removeprefix("http://").split(":")
        token = bench.rest.token(f"{bench.rest.url}/api{SEND}")
        _, writer = await asyncio.open_connection(host, int(port))
        head = f"POST /_signalr/api{SEND}?api-version=2024-12-01 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        writer.write(f"{head}Authorization: Bearer {token}\r\n\r\n{{".encode())
        await writer.drain()
        writer.transport.abort()
        assert (await bench.rest.send("", "news")).status == 202
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
