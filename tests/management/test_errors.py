"""Failures as the caller sees them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from serverless_hub.errors import (
    ClientResultError,
    ConnectionGoneError,
    InvalidArgumentError,
    NotFoundError,
    ServiceError,
    ServiceTimeoutError,
    ThrottledError,
    UnauthorizedError,
    UnreachableError,
)
from serverless_hub.hub.ports import GroupMember, GroupPage, Receivers
from serverless_hub.management.rest_sender import RestSender
from serverless_hub.management.retry import RetryPolicy
from serverless_hub.protocol.rest import ErrorCode
from tests.management.wire import HANG_UP, KEY, NEVER, OK, answer, client_of, endpoint_at, listening, wired
from tests.support.clock import ManualClock

ONCE = RetryPolicy.none()
Act = Callable[[RestSender], Awaitable[object]]


async def failure_of(content: bytes, act: Act | None = None, *, seconds: float = 20) -> ServiceError:
    async with wired(content, content, retry=ONCE, timeout=seconds) as (wire, sender):
        with pytest.raises(ServiceError) as failure:
            await (act(sender) if act else sender.send(Receivers("users", ("ann-s3cret",)), "say", ["s3cret"]))
    text = str(failure.value)
    assert text.startswith(wire.url) or act is not None
    assert failure.value.__cause__ is None
    for secret in ("s3cret", KEY, "eyJ", "?", "/api/"):
        assert secret not in text
    return failure.value


@pytest.mark.requirement("rest-client.errors")
@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (301, ServiceError, "redirects"),
        (400, InvalidArgumentError, "calls the request wrong"),
        (401, UnauthorizedError, "AccessKey of the connection string"),
        (403, UnauthorizedError, "AccessKey of the connection string"),
        (404, NotFoundError, "no SignalR service seems to be at that URL"),
        (405, InvalidArgumentError, "calls the request wrong"),
        (408, ServiceTimeoutError, "took too long"),
        (413, InvalidArgumentError, "too large"),
        (429, ThrottledError, "too many requests"),
        (500, ServiceError, "its logs"),
        (503, ServiceError, "its logs"),
        (504, ServiceTimeoutError, "took too long"),
    ],
)
async def test_each_status_has_its_error_and_its_advice(status: int, kind: type[ServiceError], advice: str) -> None:
    error = await failure_of(answer(status, x_ms_request_id="r-1"))
    assert type(error) is kind
    assert advice in str(error)
    assert f"answered {status} to sending to a user" in str(error)
    assert (error.status, error.request_id, error.code) == (status, "r-1", None)
    assert error.retry_is_safe == (status < 500 and status != 408)


@pytest.mark.requirement("rest-client.errors")
async def test_what_may_happen_twice_is_safe_to_repeat_after_any_failure() -> None:
    for content in (answer(500), NEVER, HANG_UP):
        seconds = 0.3 if content == NEVER else 20
        error = await failure_of(content, lambda sender: sender.add_to_group("a", "g"), seconds=seconds)
        assert error.retry_is_safe


async def test_a_404_with_a_code_says_that_the_name_is_missing() -> None:
    error = await failure_of(answer(404, x_ms_error_code="Error.Other"))
    assert type(error) is NotFoundError
    assert error.code == "Error.Other"
    assert "nothing of that name" in str(error)


@pytest.mark.parametrize(
    "gone",
    [
        answer(404, x_ms_error_code=ErrorCode.CONNECTION_NOT_EXISTED),
        answer(202, {"code": ErrorCode.CONNECTION_NOT_EXISTED, "isSuccess": True}),
    ],
)
async def test_a_stream_ends_when_its_connection_is_not_open(gone: bytes) -> None:
    async with wired(gone) as (_, sender):
        with pytest.raises(ConnectionGoneError):
            await sender.send_stream_item("a", "1", 1, completed=False)


@pytest.mark.requirement("rest-client.exists")
async def test_a_404_whose_code_is_only_in_the_body_may_be_of_anybody() -> None:
    error = await failure_of(answer(404, {"code": "NotFound", "message": "nothing here"}))
    assert "no SignalR service seems to be at that URL" in str(error)
    assert error.code == "NotFound"


async def test_the_code_may_stand_in_the_body_and_the_message_of_a_400_is_shown() -> None:
    error = await failure_of(answer(400, {"code": "Bad", "message": "The reason is too long."}))
    assert error.code == "Bad"
    assert "calls the request wrong: The reason is too long." in str(error)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[1]", b'"a"', b'{"message":7}', b"\xff", b'{"message":"a\\nb"}', b"[" * 100_000]
)
async def test_a_body_that_is_no_error_detail_changes_nothing(body: bytes) -> None:
    error = await failure_of(answer(400, body))
    assert str(error).endswith("it calls the request wrong")


@pytest.mark.requirement("rest-client.redirects")
async def test_a_redirect_is_not_followed() -> None:
    async with wired(answer(307, Location="/elsewhere"), retry=ONCE) as (wire, sender):
        with pytest.raises(ServiceError, match="redirects"):
            await sender.exists("users", "ann")
    assert len(wire.requests) == 1


@pytest.mark.requirement("rest-client.errors")
@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        (NEVER, ServiceTimeoutError, "did not answer to sending to a user within 0.3 seconds"),
        (HANG_UP, UnreachableError, "(ServerDisconnectedError)"),
        (b"no http\r\n\r\n", UnreachableError, "gave no answer to sending to a user"),
        (answer(202, b"x" * 100)[:-1], ServiceTimeoutError, "within 0.3 seconds"),
        (
            b"HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"ffff\r\n" + b"x" * 65535,
            ServiceTimeoutError,
            "0.3",
        ),
    ],
    ids=["slow", "hung up", "garbage", "half", "endless"],
)
async def test_no_usable_answer_is_unreachable_or_too_late(
    content: bytes, kind: type[ServiceError], reason: str
) -> None:
    error = await failure_of(content, seconds=0.3 if kind is ServiceTimeoutError else 20)
    assert type(error) is kind
    assert reason in str(error)
    assert error.status is None


async def test_an_answer_that_is_too_large_is_not_read() -> None:
    error = await failure_of(b"HTTP/1.1 202 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * (17 * 1024 * 1024))
    assert "more than 16777216 bytes" in str(error)


NOBODY = [ErrorCode.CONNECTION_NOT_EXISTED, ErrorCode.USER_NOT_EXISTED, ErrorCode.GROUP_NOT_EXISTED]


FORGIVING: list[Act] = [
    lambda sender: sender.send(Receivers("connections", ("a",)), "say", []),
    lambda sender: sender.close(Receivers("connections", ("a",)), None),
    lambda sender: sender.close(Receivers("groups", ("a",)), None),
    lambda sender: sender.add_to_group("a", "g"),
    lambda sender: sender.remove_from_group("a", "g"),
    lambda sender: sender.remove_from_all_groups("a"),
    lambda sender: sender.add_user_to_group("a", "g", None),
    lambda sender: sender.remove_user_from_group("a", "g"),
    lambda sender: sender.remove_user_from_all_groups("a"),
    lambda sender: sender.complete_stream("a", "1", None),
]


@pytest.mark.requirement("rest-client.unknown-names")
@pytest.mark.parametrize("act", FORGIVING)
async def test_names_that_the_service_does_not_know_are_no_error(act: Act) -> None:
    codes = [*NOBODY, ErrorCode.JOINING_CONNECTION_NOT_EXISTED, ErrorCode.USER_NOT_IN_GROUP.upper()]
    async with wired(*(answer(404, x_ms_error_code=code) for code in codes)) as (wire, sender):
        for _ in codes:
            await act(sender)
        assert len(wire.requests) == len(codes)
    with pytest.raises(NotFoundError, match="no SignalR service"):
        async with wired(answer(404)) as (_, sender):
            await act(sender)


@pytest.mark.requirement("rest-client.exists")
@pytest.mark.parametrize(("kind", "code"), [("connections", NOBODY[0]), ("users", NOBODY[1]), ("groups", NOBODY[2])])
async def test_what_exists_is_told_by_the_code(kind: Any, code: str) -> None:
    async with wired(answer(200), answer(404, x_ms_error_code=code)) as (_, sender):
        assert await sender.exists(kind, "a")
        assert not await sender.exists(kind, "a")
    for wrong in (answer(404), answer(404, x_ms_error_code="Error.Hub.NotExisted")):
        async with wired(wrong) as (_, sender):
            with pytest.raises(NotFoundError):
                await sender.exists(kind, "a")


@pytest.mark.requirement("rest-client.exists")
async def test_a_user_is_in_a_group_or_not() -> None:
    async with wired(answer(200), answer(404, x_ms_error_code=ErrorCode.USER_NOT_IN_GROUP)) as (_, sender):
        assert await sender.user_in_group("ann", "g")
        assert not await sender.user_in_group("ann", "g")


@pytest.mark.parametrize(
    ("content", "result"),
    [
        (answer(200, {"result": [1, {"a": None}], "protocol": "json"}), [1, {"a": None}]),
        (answer(200, {"protocol": "json"}), None),
        (answer(200, {"result": None}), None),
    ],
)
async def test_a_call_returns_what_the_client_answered(content: bytes, result: Any) -> None:
    async with wired(content) as (_, sender):
        assert await sender.invoke("a", "say", [], 5) == result


def refused(status: int, code: str | None, message: str) -> bytes:
    return answer(status, {"code": code, "message": message}, **({"x_ms_error_code": code} if code else {}))


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        (refused(404, ErrorCode.CONNECTION_NOT_EXISTED, "x"), ConnectionGoneError, "the connection is not open"),
        (refused(404, ErrorCode.JOINING_CONNECTION_NOT_EXISTED, "x"), ConnectionGoneError, "the connection is not"),
        (refused(400, ErrorCode.INVOCATION_FAILED, "no\nidea"), ClientResultError, "no\nidea"),
        (refused(502, ErrorCode.INVOCATION_FAILED, ""), ClientResultError, "the client answered with an error"),
        (refused(504, ErrorCode.INVOCATION_TIMED_OUT, "x"), ServiceTimeoutError, "the client did not answer in time"),
        (answer(400, b"This is bad."), ClientResultError, "This is bad."),
        (answer(400, {"message": "m" * 9999}), ClientResultError, "m" * 4096),
        (answer(400, {"other": 1}), ClientResultError, "the client answered with an error"),
    ],
)
async def test_a_call_that_fails_says_whose_failure_it_is(content: bytes, kind: type[ServiceError], text: str) -> None:
    error = await failure_of(content, lambda sender: sender.invoke("a", "say", [], 5))
    assert type(error) is kind
    assert str(error).startswith(text)
    assert len(str(error)) <= 4096


async def test_a_call_that_is_wrong_or_not_allowed_is_no_failure_of_the_client() -> None:
    def call(sender: RestSender) -> Awaitable[object]:
        return sender.invoke("a", "say", [], 5)

    assert type(await failure_of(refused(400, ErrorCode.INVALID_REQUEST, "x"), call)) is InvalidArgumentError
    assert type(await failure_of(answer(401), call)) is UnauthorizedError
    assert type(await failure_of(answer(404), call)) is NotFoundError
    assert "calling a client: it took too long" in str(await failure_of(answer(504), call))


async def test_a_client_that_does_not_answer_is_given_up_on_the_clock() -> None:
    clock = ManualClock()
    async with wired(NEVER, clock=clock) as (wire, sender):
        call = asyncio.create_task(sender.invoke("a", "say", [], 20))
        await wire.wait_for(1)
        await clock.advance(19.9)
        assert not call.done()
        await clock.advance(0.2)
        with pytest.raises(ServiceTimeoutError, match="did not answer within 20 seconds"):
            await call


async def test_a_call_may_take_longer_than_other_requests() -> None:
    async with wired(answer(200, {"result": 1}), timeout=0.3, retry=ONCE) as (wire, sender):
        wire.hold = asyncio.Event()
        call = asyncio.create_task(sender.invoke("a", "say", [], 20))
        await wire.wait_for(1)
        with pytest.raises(ServiceTimeoutError):
            await sender.exists("users", "a")
        wire.hold.set()
        assert await call == 1


@pytest.mark.requirement("rest-client.next-link")
async def test_a_page_leads_to_the_next() -> None:
    link = "https://elsewhere.example/api/hubs/chat/groups/g/connections?continuationToken=a%26b%3D&api-version=1"
    members = [{"connectionId": "a", "userId": "ann"}, {"connectionId": "b", "userId": None}, {"connectionId": "c"}]
    async with wired(answer(200, {"value": members, "nextLink": link}), answer(200, {"value": []})) as (wire, sender):
        page = await sender.group_members("g", page_size=3, continuation=None)
        assert page == GroupPage((GroupMember("a", "ann"), GroupMember("b"), GroupMember("c")), "a&b=")
        assert await sender.group_members("g", page_size=3, continuation=page.continuation) == GroupPage(())
    assert dict(wire.requests[1].query)["continuationToken"] == "a&b="


async def test_a_group_that_is_not_there_has_no_members() -> None:
    async with wired(answer(404, x_ms_error_code=ErrorCode.GROUP_NOT_EXISTED)) as (_, sender):
        assert await sender.group_members("g", page_size=3, continuation=None) == GroupPage(())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]",
        b'{"value":[{"userId":"a"}],"token":7,"result":[}',
        b'{"value":[],"nextLink":"https://[::1"}',
        b'{"value":[],"nextLink":"/next"}',
        b"[" * 100_000,
        b'{"value":"\xff","token":"\xff","result":"\xff"}',
    ],
)
async def test_an_answer_that_the_api_does_not_have_is_an_error(body: bytes) -> None:
    error = await failure_of(
        answer(200, body), lambda sender: sender.group_members("g", page_size=3, continuation=None)
    )
    assert "answered with something that the REST API does not have" in str(error)
    if b"nextLink" not in body:
        acts: list[Act] = [
            lambda sender: sender.generate_token(None, 60),
            lambda sender: sender.invoke("a", "say", [], 5),
        ]
        for act in acts:
            assert "does not have" in str(await failure_of(answer(200, body), act))


async def test_a_token_for_a_client_comes_from_the_service() -> None:
    async with wired(answer(200, {"token": "abc"})) as (_, sender):
        assert await sender.generate_token("ann", 60) == "abc"


async def test_a_service_is_healthy_or_not_or_none() -> None:
    answers = [OK, answer(200), answer(503), answer(500), answer(404), HANG_UP, HANG_UP, NEVER]
    async with listening(*answers) as wire, client_of(endpoint_at(wire.url)) as client:
        assert [await client.is_healthy(1) for _ in range(4)] == [True, True, False, False]
        for kind, seconds in ((NotFoundError, 20), (UnreachableError, 20), (ServiceTimeoutError, 0.3)):
            with pytest.raises(kind, match="a health check"):
                await client.is_healthy(seconds)
    assert {f"{request.method} {request.target}" for request in wire.requests} == {
        "HEAD /api/health?api-version=2024-12-01"
    }
    assert not any("authorization" in request.headers for request in wire.requests)
