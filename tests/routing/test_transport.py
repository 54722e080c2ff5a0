"""Bodies as they come over a network: in chunks, too large, half of them; and connections that live on."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable

import pytest

from tests.routing.caller import Caller, both_ways, headers, message
from tests.routing.conftest import LIMIT, LogWatch, calls
from tests.routing.raw import chunked, connection, head, request

pytestmark = [pytest.mark.asyncio(loop_scope="module"), both_ways]

each_way = pytest.mark.parametrize("target", ["direct", "injected"])
TOO_LARGE = f"refused an upstream call with 413: the body has more than {LIMIT} bytes"


async def pieces(body: bytes, size: int) -> AsyncGenerator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]
        await asyncio.sleep(0)  # so that the pieces go out one by one


def of_size(target: str, size: int) -> bytes:
    """Return a call with a body of exactly `size` bytes."""
    return message(target, "x" * (size - len(message(target, ""))))


@each_way
@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_a_body_in_chunks_is_put_together(caller: Caller, target: str, size: int) -> None:
    answer = await caller.post(headers(target), pieces(message(target, "hi" * 50), size))
    assert answer.completion["result"] == "hi" * 50


@each_way
async def test_a_body_as_large_as_the_limit_is_taken(caller: Caller, target: str) -> None:
    body = of_size(target, LIMIT)
    assert len(body) == LIMIT
    assert (await caller.post(headers(target), body)).status == 200
    assert (await caller.post(headers(target), pieces(body, 10_000))).status == 200


@each_way
@pytest.mark.parametrize("size", [LIMIT + 1, 10 * LIMIT])
async def test_a_larger_body_is_413(caller: Caller, target: str, size: int, problems: Callable[[], list[str]]) -> None:
    body = of_size(target, size)
    assert (await caller.post(headers(target), body)).status == 413
    assert (await caller.post(headers(target), pieces(body, 10_000))).status == 413
    assert problems() == [TOO_LARGE, TOO_LARGE]
    assert (await caller.invoke(target, "on")).completion["result"] == "on"


async def test_the_rest_of_a_body_that_is_too_large_is_not_waited_for(caller: Caller) -> None:
    async with connection(caller.url) as raw:
        await raw.send(head([*headers("direct"), ("Content-Length", "1000000000")]) + b" " * (LIMIT + 1))
        assert (await raw.answer())[0] == 413


async def test_a_stranger_is_refused_before_the_body_has_come(caller: Caller) -> None:
    async with connection(caller.url) as raw:
        await raw.send(head([*headers("direct")[:-1], ("Content-Length", "1000")]))
        assert (await raw.answer())[0] == 401


@each_way
async def test_who_hangs_up_half_way_through_the_body_is_logged_and_nothing_runs(
    caller: Caller, target: str, log_watch: LogWatch
) -> None:
    body = message(target, "hi")
    calls.clear()
    for sent in (b"", body[:5], body[:-1]):
        async with connection(caller.url) as raw:
            await raw.send(head([*headers(target), ("Content-Length", str(len(body)))]) + sent)
        await log_watch.until("a SignalR service hung up before the body of its call was complete")
    async with connection(caller.url) as raw:
        await raw.send(chunked(headers(target), [body])[:-7])
    await log_watch.until("a SignalR service hung up before the body of its call was complete")
    assert calls == []
    assert (await caller.invoke(target, "on")).completion["result"] == "on"


ANSWERS = {
    "405": (405, request(headers("direct"), b"{}", method="PUT")),
    "415": (415, request([], b"{}")),
    "400 by a header": (400, request([("Content-Type", "application/json")], b"{}")),
    "401": (401, request(headers("direct")[:-1], b"{}")),
    "404": (404, request(headers("nothing"), b"{}")),
    "400 by the body": (400, request(headers("direct"), b"{")),
    "413": (413, request(headers("direct"), of_size("direct", 2 * LIMIT))),
    "413 in chunks": (413, chunked(headers("direct"), [b"x" * LIMIT] * 3)),
    "401 in chunks": (401, chunked(headers("direct")[:-1], [b"x" * LIMIT] * 3)),
    "wrong arguments": (200, request(headers("direct"), message("direct", 1, 2))),
    "failed send": (200, request(headers("injected"), message("injected", 1, invocation_id=None))),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_a_connection_lives_on_after_a_refusal(caller: Caller, name: str) -> None:
    status, bad = ANSWERS[name]
    async with connection(caller.url) as raw:
        for target in ("direct", "injected"):
            assert (await raw.ask(bad))[0] == status
            assert (await raw.ask(request(headers(target), message(target, "on"))))[1].endswith(b'"result":"on"}\x1e')


async def test_pipelined_calls_are_answered_in_order(caller: Caller) -> None:
    async with connection(caller.url) as raw:
        await raw.send(b"".join(request(headers(target), message(target, target)) for target in ("direct", "injected")))
        assert b'"result":"direct"' in (await raw.answer())[1]
        assert b'"result":"injected"' in (await raw.answer())[1]


@pytest.mark.parametrize(("value", "user_id"), [(b"\xff\xfe", "\xff\xfe"), (b"h\xc3\xa4", "hä")])
async def test_header_values_are_utf_8_or_else_latin_1(caller: Caller, value: bytes, user_id: str) -> None:
    sent = request(headers("who", X_ASRS_User_Id="USER"), message("who")).replace(b"USER", value)
    async with connection(caller.url) as raw:
        _, body = await raw.ask(sent)
        assert json.loads(body[:-1])["result"] == user_id
