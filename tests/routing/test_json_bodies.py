"""Bodies in JSON: keys in any case, limits to their depth, and 400 for what is no call of the method."""

import json
from collections.abc import Callable

import pytest

from tests.routing.caller import Caller, headers, message

pytestmark = pytest.mark.asyncio(loop_scope="module")

each_way = pytest.mark.parametrize("target", ["direct", "injected"])
LONG = "x" * 257


def nested(depth: int) -> str:
    """Return a call whose own braces and brackets are two more."""
    return '{"type":1,"target":"METHOD","invocationId":"7","arguments":[' + "[" * depth + "]" * depth + "]}"


@pytest.mark.requirement("routing.body.keys-twice", "routing.body.depth", "routing.body.invocation-id")
@each_way
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "the body is not a JSON object"),
        ("{", "the body is not a JSON object"),
        ("[1]", "the body is not a JSON object"),
        ("null", "the body is not a JSON object"),
        ('"text"', "the body is not a JSON object"),
        ('{"type":1} {"type":1}', "the body is not a JSON object"),
        ('{"type":1,"target":"METHOD","arguments":[],"Arguments":[]}', "the body has a key twice, in different case"),
        ('{"type":1,"target":"other","arguments":[]}', "the target in the body is not the event in the header"),
        ('{"type":6}', "the body is not an invocation"),
        ('{"type":99,"target":"METHOD","arguments":[]}', "the body is not an invocation"),
        ('{"type":1,"target":"METHOD","arguments":[],"invocationId":"' + LONG + '"}', "the invocation id is too long"),
        (
            '{"type":1,"target":"METHOD","arguments":[],"invocationId":"' + "ä" * 129 + '"}',
            "the invocation id is too long",
        ),
        (nested(63), "the message is nested more than 64 deep"),
        (nested(20_000), "the message is nested more than 64 deep"),
        ("[" * 30_000, "the message is nested more than 64 deep"),
        ('{"target":"METHOD","arguments":[]}', ""),
        ('{"type":"1","target":"METHOD","arguments":[]}', ""),
        ('{"type":1,"arguments":[]}', ""),
        ('{"type":1,"target":null,"arguments":[]}', ""),
        ('{"type":1,"target":"METHOD","arguments":{}}', ""),
        ('{"type":1,"target":"METHOD","arguments":[],"invocationId":7}', ""),
        ('{"type":1,"target":"METHOD","arguments":[NaN]}', ""),
    ],
    ids=lambda value: value[:24],
)
async def test_what_is_no_call_is_400(
    caller: Caller, target: str, body: str, reason: str, problems: Callable[[], list[str]]
) -> None:
    answer = await caller.post(headers(target), body.replace("METHOD", target).encode())
    assert answer.status == 400
    (problem,) = problems()
    assert problem.startswith(f"refused an upstream call with 400: {reason}")
    assert problem.endswith(json.loads(answer.body)["error"])
    assert (await caller.invoke(target, "on")).completion["result"] == "on"


@each_way
async def test_an_argument_that_is_not_unicode_is_the_clients_mistake(caller: Caller, target: str) -> None:
    body = message(target, "x").replace(b'"x"', b'"\xff"')
    answer = await caller.post(headers(target), body)
    assert answer.completion["error"].startswith(f"{target!r} cannot be called like that: Invalid JSON")
    assert (await caller.invoke(target, "on")).completion["result"] == "on"


@each_way
@pytest.mark.parametrize(
    "body",
    [
        '{"Type":1,"InvocationId":"7","Target":"METHOD","Arguments":["hi"]}',
        '{"TYPE":1,"INVOCATIONID":"7","TARGET":"METHOD","ARGUMENTS":["hi"]}',
        '{"type":1,"invocationId":"7","target":"METHOD","arguments":["hi"],"headers":{"a":"b"},"more":[[]]}',
        '{"type":1,"invocationId":"7","target":"METHOD","arguments":["hi"],"streamIds":[]}',
        '{"type":1,"invocationId":"7","target":"METHOD","arguments":["hi"]}\x1e',
        ' {"type" : 1, "invocationId" : "7", "target" : "METHOD", "arguments" : [ "hi" ] } ',
        '{"type":1,"invocationId":"7","target":"METHOD","arguments":["h\\u0069"]}',
    ],
)
async def test_whatever_means_a_call_is_one(caller: Caller, target: str, body: str) -> None:
    answer = await caller.post(headers(target), body.replace("METHOD", target).encode())
    assert answer.completion == {"type": 3, "invocationId": "7", "result": "hi"}


@pytest.mark.requirement("routing.body.invocation-id")
@each_way
async def test_an_invocation_id_of_256_bytes_comes_back(caller: Caller, target: str) -> None:
    answer = await caller.post(headers(target), message(target, "hi", invocation_id="ä" * 128))
    assert answer.completion["invocationId"] == "ä" * 128


@pytest.mark.requirement("routing.body.depth")
@each_way
async def test_what_is_nested_64_deep_is_looked_at(caller: Caller, target: str) -> None:
    answer = await caller.post(headers(target), nested(62).replace("METHOD", target).encode())
    assert answer.completion["error"] == f"{target!r} cannot be called like that: text: Input should be a valid string"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 30_000, b'{"type":10}\x1e', b"\xff"], ids=lambda body: body[:8].hex()
)
async def test_the_body_of_connections_never_is_a_reason_to_refuse(caller: Caller, body: bytes) -> None:
    assert (await caller.post(headers("connected", category="connections"), body)).status == 200
    assert (await caller.disconnect(body)).status == 200


@each_way
async def test_only_one_record_separator_is_tolerated(caller: Caller, target: str) -> None:
    assert (await caller.post(headers(target), message(target, "hi") + b"\x1e\x1e")).status == 400


@each_way
async def test_an_empty_invocation_id_means_that_nobody_waits(caller: Caller, target: str) -> None:
    answer = await caller.post(headers(target), message(target, "hi", invocation_id=""))
    assert (answer.status, answer.body) == (200, b"")
