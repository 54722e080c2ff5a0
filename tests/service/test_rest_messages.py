"""Messages, closing, calls with results, streams and batches over the REST API, with real clients."""

import asyncio
from typing import Any

import pytest

from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import Close, Completion, Invocation, StreamItem
from serverless_hub.service.client_calls import MAX_WAITING
from tests.service.rest_bench import Person, RestBench, rest_bench

MESSAGE = {"target": "news", "arguments": ["hi", 1]}


async def closed(person: Person) -> Close:
    """Return the message that ends a connection."""
    message = await person.client.receive()
    assert isinstance(message, Close)
    return message


@pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
async def test_a_message_reaches_everyone_a_user_a_group_or_a_connection(protocol: HubProtocol) -> None:
    async with rest_bench() as bench, bench.person("ann") as ann, bench.person("ben", protocol) as ben:
        assert (await bench.rest.request("PUT", f"/hubs/chat/groups/g/connections/{ben.id}")).status == 200
        for number, path in enumerate(["", "/users/ben", "/groups/g", f"/connections/{ben.id}"]):
            answer = await bench.rest.send(path, "news", [number, "hä", {"a": [None]}])
            assert answer.status == 202
            await ben.hears(number, "hä", {"a": [None]})
        await ann.hears(0, "hä", {"a": [None]})
        await bench.rest.send("/users/ann", "news", ["last"])
        await ann.hears("last")


@pytest.mark.requirement("rest.idempotent")
@pytest.mark.parametrize(
    ("path", "scope"),
    [("", "Request"), ("/users/x", "User"), ("/groups/x", "Group"), ("/connections/x", "Connection")],
)
async def test_a_send_to_nobody_is_accepted(path: str, scope: str) -> None:
    async with rest_bench() as bench:
        answer = await bench.rest.send(path, "news")
        assert answer.status == 202
        assert answer.json == {"statusCode": 202, "level": "Info", "scope": scope, "isSuccess": True}


@pytest.mark.requirement("rest.excluded", "closing.rest")
@pytest.mark.parametrize("path", ["", "/groups/g", "/users/ann"])
async def test_excluded_connections_get_nothing_and_stay_open(path: str) -> None:
    async with (
        rest_bench() as bench,
        bench.person("ann") as one,
        bench.person("ann") as two,
        bench.person("ann") as three,
    ):
        for person in (one, two, three):
            await bench.rest.request("PUT", f"/hubs/chat/groups/g/connections/{person.id}")
        excluded = f"excluded={one.id}&excluded={two.id}"
        if path != "/users/ann":  # In the files, a message to a user reaches all of them.
            await bench.rest.send(path, "news", [1], excluded)
            await three.hears(1)
        answer = await bench.rest.request("POST", f"/hubs/chat{path}/:closeConnections", excluded)
        assert (answer.status, answer.body) == (204, b"")
        await closed(three)
        await bench.rest.send("", "news", [2])
        await one.hears(2)
        await two.hears(2)


@pytest.mark.requirement("rest.close", "closing.rest")
@pytest.mark.parametrize("path", ["", "/groups/g", "/users/ann"])
async def test_whoever_is_closed_hears_the_reason_and_may_come_back(path: str) -> None:
    async with rest_bench() as bench, bench.person("ann") as ann:
        await bench.rest.request("PUT", "/hubs/chat/users/ann/groups/g")
        answer = await bench.rest.request("POST", f"/hubs/chat{path}/:closeConnections", "reason=tidying%20up")
        assert answer.status == 204
        assert await closed(ann) == Close("tidying up", allow_reconnect=True)


@pytest.mark.requirement("rest.close")
async def test_one_connection_can_be_closed_and_one_that_is_not_open_needs_nothing() -> None:
    async with rest_bench() as bench, bench.person() as ann, bench.person() as ben:
        answer = await bench.rest.request("DELETE", f"/hubs/chat/connections/{ann.id}", "reason=bye")
        assert answer.json == {"statusCode": 200, "level": "Info", "scope": "Connection", "isSuccess": True}
        assert await closed(ann) == Close("bye", allow_reconnect=True)
        answer = await bench.rest.request("DELETE", "/hubs/chat/connections/unknown")
        assert (answer.status, answer.json["code"]) == (200, "Warning.Connection.NotExisted")
        assert answer.json["errorKind"] == "NotExisted"
        await bench.rest.send("", "news", [])
        await ben.hears()


async def invoked(bench: RestBench, connection_id: str) -> "asyncio.Task[Any]":
    request = bench.rest.request("POST", f"/hubs/chat/connections/{connection_id}/:invoke", body=MESSAGE)
    return asyncio.create_task(request)


@pytest.mark.requirement("rest.invoke")
@pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
@pytest.mark.parametrize("result", [{"a": [1, None, "ü"]}, None, False, ""])
async def test_a_client_s_result_is_the_answer_to_invoke(protocol: HubProtocol, result: Any) -> None:
    async with rest_bench() as bench, bench.person(protocol=protocol) as ann:
        task = await invoked(bench, ann.id)
        call = await ann.client.receive()
        assert isinstance(call, Invocation)
        assert call.invocation_id is not None
        assert ann.client.protocol.decode_value(call.arguments) == ["hi", 1]
        await ann.client.send(Completion(call.invocation_id, result))
        answer = await task
        assert (answer.status, answer.json) == (200, {"result": result})


@pytest.mark.requirement("rest.invoke")
async def test_an_error_of_the_client_is_400_with_its_text_and_a_code() -> None:
    async with rest_bench() as bench, bench.person() as ann:
        task = await invoked(bench, ann.id)
        call = await ann.client.receive()
        assert isinstance(call, Invocation)
        assert call.invocation_id is not None
        await ann.client.send(Completion(call.invocation_id, error="no such order"))
        answer = await task
        assert (answer.status, answer.code) == (400, "Error.Connection.InvocationFailed")
        assert answer.message == "no such order"


@pytest.mark.requirement("rest.invoke")
async def test_a_client_that_does_not_answer_in_time_is_400_since_nobody_repeats_that() -> None:
    async with rest_bench(invoke_timeout=0.05) as bench, bench.person() as ann:
        answer = await (await invoked(bench, ann.id))
        assert (answer.status, answer.code) == (400, "Error.Connection.InvocationTimedOut")
        assert "0.05 seconds" in answer.message


@pytest.mark.requirement("rest.invoke")
async def test_a_connection_that_is_not_there_or_ends_cannot_be_invoked() -> None:
    async with rest_bench() as bench, bench.person() as ann:
        answer = await (await invoked(bench, "unknown"))
        assert (answer.status, answer.code) == (404, "Warning.Connection.NotExisted")
        task = await invoked(bench, ann.id)
        await ann.client.receive()
        ann.client.socket.transport.abort()
        answer = await task
        assert (answer.status, answer.code) == (404, "Warning.Connection.NotExisted")


async def test_one_call_of_a_client_too_many_is_429() -> None:
    async with rest_bench() as bench, bench.person() as ann:
        tasks = [await invoked(bench, ann.id) for _ in range(MAX_WAITING)]
        for _ in tasks:
            await ann.client.receive()
        answer = await (await invoked(bench, ann.id))
        assert (answer.status, answer.code) == (429, None)
        assert answer.json["code"] == "TooManyRequests"
        ann.client.socket.transport.abort()
        assert {answer.status for answer in await asyncio.gather(*tasks)} == {404}


STREAM = "/hubs/chat/connections/{}/streams/s1"


@pytest.mark.requirement("rest.streams")
@pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
async def test_items_of_a_stream_and_its_end_reach_the_client(protocol: HubProtocol) -> None:
    async with rest_bench() as bench, bench.person(protocol=protocol) as ann:
        path = STREAM.format(ann.id)
        for item, query in ((1, ""), ([{"a": "ü"}], "completed=FALSE"), ("end", "completed=True")):
            answer = await bench.rest.request("POST", f"{path}/:send", query, body=item)
            assert (answer.status, answer.json["scope"]) == (202, "Connection")
            message = await ann.client.receive()
            assert isinstance(message, StreamItem)
            assert (message.invocation_id, protocol.decode_value(message.item)) == ("s1", item)
        assert await ann.client.receive() == Completion("s1")


@pytest.mark.requirement("rest.streams")
async def test_a_stream_can_end_in_order_or_with_an_error_by_either_name() -> None:
    async with rest_bench() as bench, bench.person() as ann:
        path = STREAM.format(ann.id)
        for query, error in (("", None), ("reason=off", "off"), ("error=out", "out")):
            answer = await bench.rest.request("POST", f"{path}/:complete", query)
            assert answer.status == 202
            assert await ann.client.receive() == Completion("s1", error=error)
        answer = await bench.rest.request("POST", f"{path}/:send", "completed=true")
        assert answer.status == 202
        assert await ann.client.receive() == Completion("s1")


async def test_a_stream_to_nobody_is_accepted_but_not_without_an_item() -> None:
    async with rest_bench() as bench:
        path = STREAM.format("unknown")
        answer = await bench.rest.request("POST", f"{path}/:send", body=1)
        assert (answer.status, answer.json["code"]) == (202, "Warning.Connection.NotExisted")
        assert (await bench.rest.request("POST", f"{path}/:complete")).status == 202
        answer = await bench.rest.request("POST", f"{path}/:send")
        assert (answer.status, answer.code) == (400, "Error.Request.Invalid")
        assert "item of the stream" in answer.message


@pytest.mark.requirement("rest.execute")
async def test_commands_are_done_in_order_for_whom_the_filter_takes() -> None:
    commands = [
        {"type": "JoinGroup", "group": "g"},
        {"type": "JoinGroup", "group": "left"},
        {"type": "LeaveGroup", "group": "left"},
        {"type": "SendMessage", "message": MESSAGE},
    ]
    async with rest_bench() as bench, bench.person("ann") as ann, bench.person("ben") as ben:
        answer = await bench.rest.request(
            "POST", "/hubs/chat/:execute", "filter=userId%20eq%20%27ann%27", body=commands
        )
        assert (answer.status, answer.body) == (202, b"")
        await ann.hears("hi", 1)
        await bench.rest.send("/groups/left", "news", ["nobody"])
        await bench.rest.send("/groups/g", "news", ["group"])
        await ann.hears("group")
        closing = [{"type": "CloseConnection", "reason": "over"}, {"type": "CloseConnection"}]
        assert (await bench.rest.request("POST", "/hubs/chat/:execute", body=closing)).status == 202
        assert await closed(ann) == Close("over", allow_reconnect=True)
        assert await closed(ben) == Close("over", allow_reconnect=True)


async def test_a_filter_that_cannot_be_read_is_400_that_says_where() -> None:
    async with rest_bench() as bench:
        answer = await bench.rest.request("POST", "/hubs/chat/:execute", "filter=userId%20is%20%27ann%27", body=[])
        assert (answer.status, answer.code) == (400, "Error.Request.Invalid")
        assert answer.message


async def test_an_empty_filter_does_not_mean_everybody() -> None:
    async with rest_bench() as bench, bench.person("ann") as ann:
        answer = await bench.rest.request("POST", "/hubs/chat/:execute", "filter=", body=[{"type": "CloseConnection"}])
        assert (answer.status, answer.code) == (400, "Error.Request.Invalid")
        await bench.rest.send("", "news", ["still here"])
        await ann.hears("still here")
