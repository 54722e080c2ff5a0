"""Each operation as it goes over the wire: exactly, and as the description of the API has it."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import orjson
import pytest

from serverless_hub.errors import InvalidArgumentError
from serverless_hub.hub.ports import Receivers
from serverless_hub.management.rest_sender import RestSender
from serverless_hub.protocol.commands import CloseConnection, JoinGroup, LeaveGroup, SendMessage
from serverless_hub.protocol.rest import MemberKind
from tests.management.swagger import WrongRequestError, check, operations
from tests.management.wire import OK, Request, answer, wired

Act = Callable[[RestSender], Awaitable[Any]]
HUB = "/api/hubs/chat"
MESSAGE = {"target": "say", "arguments": ["hi", 1]}


def say(receivers: Receivers) -> Act:
    return lambda sender: sender.send(receivers, "say", ["hi", 1])


def close(receivers: Receivers, reason: str | None = None) -> Act:
    return lambda sender: sender.close(receivers, reason)


OPERATIONS: list[tuple[str, Act, str, list[tuple[str, str]], Any]] = [
    ("SignalR_Broadcast", say(Receivers("all")), f"POST {HUB}/:send", [], MESSAGE),
    (
        "SignalR_Broadcast",
        say(Receivers("all", (), ("a/b", "c&d"))),
        f"POST {HUB}/:send",
        [("excluded", "a/b"), ("excluded", "c&d")],
        MESSAGE,
    ),
    (
        "SignalR_GroupBroadcast",
        say(Receivers("groups", ("G é/ü",), ("a",))),
        f"POST {HUB}/groups/G%20%C3%A9%2F%C3%BC/:send",
        [("excluded", "a")],
        MESSAGE,
    ),
    ("SignalR_SendToUser", say(Receivers("users", ("a?b#c",))), f"POST {HUB}/users/a%3Fb%23c/:send", [], MESSAGE),
    (
        "SignalR_SendToConnection",
        say(Receivers("connections", ("x+%2F", "y"), ("y",))),
        f"POST {HUB}/connections/x%2B%252F/:send",
        [],
        MESSAGE,
    ),
    (
        "InvokeClientConnection",
        lambda sender: sender.invoke("Ab", "say", ["hi", 1], 5),
        f"POST {HUB}/connections/Ab/:invoke",
        [],
        MESSAGE,
    ),
    (
        "SendToConnectionStream",
        lambda sender: sender.send_stream_item("a", "s 1", {"b": None}, completed=False),
        f"POST {HUB}/connections/a/streams/s%201/:send",
        [],
        {"b": None},
    ),
    (
        "SendToConnectionStream",
        lambda sender: sender.send_stream_item("a", "1", 7, completed=True),
        f"POST {HUB}/connections/a/streams/1/:send",
        [("completed", "true")],
        7,
    ),
    (
        "CompleteConnectionStream",
        lambda sender: sender.complete_stream("a", "1", None),
        f"POST {HUB}/connections/a/streams/1/:complete",
        [],
        None,
    ),
    (
        "CompleteConnectionStream",
        lambda sender: sender.complete_stream("a", "1", "no more"),
        f"POST {HUB}/connections/a/streams/1/:complete",
        [("reason", "no more")],
        None,
    ),
    (
        "SignalR_AddConnectionToGroup",
        lambda sender: sender.add_to_group("a", "g/h"),
        f"PUT {HUB}/groups/g%2Fh/connections/a",
        [],
        None,
    ),
    (
        "SignalR_RemoveConnectionFromGroup",
        lambda sender: sender.remove_from_group("a", "g"),
        f"DELETE {HUB}/groups/g/connections/a",
        [],
        None,
    ),
    (
        "SignalR_RemoveConnectionFromAllGroups",
        lambda sender: sender.remove_from_all_groups("a"),
        f"DELETE {HUB}/connections/a/groups",
        [],
        None,
    ),
    (
        "ListConnectionsInGroup",
        lambda sender: sender.group_members("g", page_size=20, continuation=None),
        f"GET {HUB}/groups/g/connections",
        [("maxpagesize", "20")],
        None,
    ),
    (
        "ListConnectionsInGroup",
        lambda sender: sender.group_members("g", page_size=2000, continuation="a&b="),
        f"GET {HUB}/groups/g/connections",
        [("maxpagesize", "200"), ("continuationToken", "a&b=")],
        None,
    ),
    (
        "SignalR_AddUserToGroup",
        lambda sender: sender.add_user_to_group("ann", "g", None),
        f"PUT {HUB}/users/ann/groups/g",
        [],
        None,
    ),
    (
        "SignalR_AddUserToGroup",
        lambda sender: sender.add_user_to_group("ann", "g", 1.2),
        f"PUT {HUB}/users/ann/groups/g",
        [("ttl", "2")],
        None,
    ),
    (
        "SignalR_AddUserToGroup",
        lambda sender: sender.add_user_to_group("ann", "g", 0),
        f"PUT {HUB}/users/ann/groups/g",
        [("ttl", "0")],
        None,
    ),
    (
        "SignalR_RemoveUserFromGroup",
        lambda sender: sender.remove_user_from_group("ann", "g"),
        f"DELETE {HUB}/users/ann/groups/g",
        [],
        None,
    ),
    (
        "SignalR_RemoveUserFromAllGroups",
        lambda sender: sender.remove_user_from_all_groups("ann"),
        f"DELETE {HUB}/users/ann/groups",
        [],
        None,
    ),
    (
        "SignalR_CheckUserExistenceInGroup",
        lambda sender: sender.user_in_group("ann", "g"),
        f"HEAD {HUB}/users/ann/groups/g",
        [],
        None,
    ),
    (
        "SignalR_CheckConnectionExistence",
        lambda sender: sender.exists("connections", "a"),
        f"HEAD {HUB}/connections/a",
        [],
        None,
    ),
    ("SignalR_CheckGroupExistence", lambda sender: sender.exists("groups", "g"), f"HEAD {HUB}/groups/g", [], None),
    ("SignalR_CheckUserExistence", lambda sender: sender.exists("users", "ann"), f"HEAD {HUB}/users/ann", [], None),
    (
        "SignalR_CloseConnections",
        close(Receivers("all", (), ("a",)), "maintenance"),
        f"POST {HUB}/:closeConnections",
        [("excluded", "a"), ("reason", "maintenance")],
        None,
    ),
    (
        "SignalR_CloseGroupConnections",
        close(Receivers("groups", ("g",))),
        f"POST {HUB}/groups/g/:closeConnections",
        [],
        None,
    ),
    (
        "SignalR_CloseUserConnections",
        close(Receivers("users", ("ann",), ("a",)), "bye"),
        f"POST {HUB}/users/ann/:closeConnections",
        [("excluded", "a"), ("reason", "bye")],
        None,
    ),
    (
        "SignalR_CloseConnection",
        close(Receivers("connections", ("a",)), "bye & ciao"),
        f"DELETE {HUB}/connections/a",
        [("reason", "bye & ciao")],
        None,
    ),
    (
        "Execute",
        lambda sender: sender.execute(
            [SendMessage("say", ["hi"]), JoinGroup("g"), LeaveGroup("h"), CloseConnection("bye"), CloseConnection()],
            "userId eq 'ann'",
        ),
        f"POST {HUB}/:execute",
        [("filter", "userId eq 'ann'")],
        [
            {"type": "SendMessage", "message": {"target": "say", "arguments": ["hi"]}},
            {"type": "JoinGroup", "group": "g"},
            {"type": "LeaveGroup", "group": "h"},
            {"type": "CloseConnection", "reason": "bye"},
            {"type": "CloseConnection"},
        ],
    ),
    ("Execute", lambda sender: sender.execute([JoinGroup("g")], None), f"POST {HUB}/:execute", [], ...),
    (
        "GenerateClientToken",
        lambda sender: sender.generate_token("ann", 61),
        f"POST {HUB}/:generateToken",
        [("userId", "ann"), ("minutesToExpire", "2")],
        None,
    ),
    (
        "GenerateClientToken",
        lambda sender: sender.generate_token(None, 1),
        f"POST {HUB}/:generateToken",
        [("minutesToExpire", "1")],
        None,
    ),
]
ANSWERS = {
    "InvokeClientConnection": answer(200, {"result": 1, "protocol": "json"}),
    "ListConnectionsInGroup": answer(200, {"value": []}),
    "GenerateClientToken": answer(200, {"token": "x"}),
}


@pytest.mark.requirement("rest-client.operations")
@pytest.mark.parametrize(("name", "act", "line", "query", "body"), OPERATIONS)
async def test_an_operation_is_the_request_that_the_api_describes(
    name: str, act: Act, line: str, query: list[tuple[str, str]], body: Any
) -> None:
    async with wired(ANSWERS.get(name, OK)) as (wire, sender):
        await act(sender)
    [request] = wire.requests
    assert check(request) == name
    assert f"{request.method} {request.path}" == line
    assert request.query == query
    if body is not ...:
        assert (orjson.loads(request.body) if request.body else None) == body
    assert request.headers["accept"] == "application/json"


def test_every_operation_is_there_but_those_of_app_servers() -> None:
    tested = {name for name, *_ in OPERATIONS}
    assert operations().keys() - tested == {"Auth_GetAccessKey", "HealthApi_GetServiceStatus"}


@pytest.mark.parametrize(
    "target",
    [
        f"{HUB}/:send?surprise=1&api-version=1",
        f"{HUB}/:send",
        "/api/hubs/9/:send?api-version=1",
        f"{HUB}/:send?api-version=1",
        f"{HUB}/surprise?api-version=1",
    ],
)
def test_a_check_can_fail(target: str) -> None:
    request = Request("POST", target, {"content-type": "application/json"}, b'{"arguments":[]}')
    with pytest.raises(WrongRequestError):
        check(request)


async def test_several_receivers_are_one_request_each_and_nobody_is_none() -> None:
    async with wired() as (wire, sender):
        kinds: tuple[MemberKind, ...] = ("connections", "groups", "users")
        for kind in kinds:
            await sender.send(Receivers(kind, ("a", "b", "a")), "say", [])
            await sender.send(Receivers(kind, ()), "say", [])
            await sender.close(Receivers(kind, ("a", "b")), None)
        await sender.execute([], None)
    paths = [request.path for request in wire.requests]
    assert len(paths) == len(set(paths)) == 12
    assert sorted(paths[:2]) == [f"{HUB}/connections/a/:send", f"{HUB}/connections/b/:send"]


async def test_many_receivers_are_sent_to_with_a_bound_and_the_first_error_comes_after_all() -> None:
    refused = [answer(202), answer(400, {"message": "first"}), answer(403)]
    async with wired(*refused) as (wire, sender):
        with pytest.raises(InvalidArgumentError, match="first"):
            await sender.send(Receivers("users", tuple(map(str, range(100)))), "say", [])
        assert len(wire.requests) == 100
        assert wire.most_connections <= 32


async def test_nothing_is_sent_when_one_name_is_wrong() -> None:
    async with wired() as (wire, sender):
        with pytest.raises(InvalidArgumentError, match="user id is blank"):
            await sender.send(Receivers("users", ("ann", "")), "say", [])
        with pytest.raises(InvalidArgumentError, match="half a character"):
            await sender.close(Receivers("users", ("ann", "bob")), "\ud800")
    assert wire.requests == []


WRONG: list[tuple[Act, str]] = [
    (lambda sender: sender.exists("users", ".."), "user id consists of dots"),
    (lambda sender: sender.add_to_group(".", "g"), "connection id consists of dots"),
    (lambda sender: sender.add_to_group("a", " \n"), "group is blank"),
    (lambda sender: sender.add_to_group("a", "g" * 1025), "more than 1024 characters"),
    (lambda sender: sender.complete_stream("a", "s" * 101, None), "more than 100 characters"),
    (lambda sender: sender.exists("users", "\udfff"), "user id has half a character"),
    (say(Receivers("users", ("a",), ("c",))), "cannot exclude"),
    (lambda sender: sender.send(Receivers("all"), "", []), "target is blank"),
    (
        lambda sender: sender.send(Receivers("all"), "say", ["x" * 1024 * 1024]),
        "1048609 bytes, more than the 1048576",
    ),
    (say(Receivers("all", (), ("c" * 100,) * 120)), "13[0-9]{3} bytes, more than the 12288"),
    (lambda sender: sender.exists("users", "u" * 4000), "too long: no token"),
    (lambda sender: sender.group_members("g", page_size=0, continuation=None), "page_size"),
    (lambda sender: sender.add_user_to_group("a", "g", -1), "ttl is not"),
    (lambda sender: sender.add_user_to_group("a", "g", float("nan")), "ttl is not"),
    (lambda sender: sender.add_user_to_group("a", "g", 2**31), "ttl is not"),
    (lambda sender: sender.generate_token("a", 0), "lifetime"),
]


@pytest.mark.requirement("rest-client.limits", "rest-client.dots")
@pytest.mark.parametrize(("act", "text"), WRONG)
async def test_what_no_service_takes_is_not_sent(act: Act, text: str) -> None:
    async with wired() as (wire, sender):
        with pytest.raises(InvalidArgumentError, match=text) as failure:
            await act(sender)
    assert failure.value.retry_is_safe
    assert wire.requests == []


@pytest.mark.requirement("rest-client.values")
@pytest.mark.parametrize("body", ["json", "messagepack"])
@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, object(), "\ud800", {"s3cret": {1, object()}}])
async def test_what_cannot_be_serialised_is_a_type_error_that_holds_no_value(body: str, value: object) -> None:
    async with wired(body=body) as (wire, sender):
        with pytest.raises(TypeError, match="the arguments of 'say' cannot be sent") as failure:
            await sender.send(Receivers("all"), "say", ["hi", value])
        with pytest.raises(TypeError, match="item of the stream cannot be sent"):
            await sender.send_stream_item("a", "1", value, completed=False)
    assert "s3cret" not in str(failure.value)
    assert wire.requests == []


@pytest.mark.requirement("rest-client.octet-stream")
async def test_bytes_are_base64_for_everybody_or_bytes_for_clients_that_take_them() -> None:
    async with wired() as (wire, sender):
        await sender.send(Receivers("all"), "say", [b"\xff"])
    assert orjson.loads(wire.requests[0].body)["arguments"] == ["/w=="]
    async with wired(body="messagepack") as (wire, sender):
        await sender.send(Receivers("all"), "say", [b"\xff"])
    assert check(wire.requests[0]) == "SignalR_Broadcast"
    assert msgspec.msgpack.decode(wire.requests[0].body) == {
        "json": b'{"type":1,"target":"say","arguments":["/w=="]}\x1e',
        "messagepack": b"\x0d\x96\x01\x80\xc0\xa3say\x91\xc4\x01\xff\x90",
    }


async def test_so_are_bytes_in_a_stream() -> None:
    async with wired(body="messagepack") as (wire, sender):
        await sender.send_stream_item("a", "1", b"\xff", completed=False)
    assert check(wire.requests[0]) == "SendToConnectionStream"
    assert msgspec.msgpack.decode(wire.requests[0].body) == {
        "json": b'{"type":2,"invocationId":"1","item":"/w=="}\x1e',
        "messagepack": b"\x08\x94\x02\x80\xa11\xc4\x01\xff",
    }
