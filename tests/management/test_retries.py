"""What is sent again, and when."""

from collections.abc import Awaitable, Callable
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import (
    ConfigurationError,
    ServiceError,
    ServiceTimeoutError,
    ThrottledError,
    UnreachableError,
)
from serverless_hub.hub.ports import Receivers
from serverless_hub.management.rest_sender import RestSender
from serverless_hub.management.retry import RetryPolicy, read_retry_after
from serverless_hub.protocol.commands import JoinGroup, SendMessage
from tests.management.wire import HANG_UP, NEVER, OK, HastyClock, answer, client_of, endpoint_at, listening, wired

Act = Callable[[RestSender], Awaitable[object]]
NOW = 1_000_000_000.0


async def message(sender: RestSender) -> None:
    await sender.send(Receivers("all"), "say", [])


async def batch_with_message(sender: RestSender) -> None:
    await sender.execute([SendMessage("say")], None)


async def item(sender: RestSender) -> None:
    await sender.send_stream_item("a", "1", 1, completed=False)


async def joining(sender: RestSender) -> None:
    await sender.add_to_group("a", "g")


async def batch(sender: RestSender) -> None:
    await sender.execute([JoinGroup("g")], None)


@pytest.mark.requirement("rest-client.retry.message")
@pytest.mark.parametrize("act", [message, batch_with_message, item])
@pytest.mark.parametrize(("status", "repeated"), [(400, False), (408, False), (429, True), (500, False), (503, True)])
async def test_a_message_is_repeated_where_it_was_hardly_delivered(act: Act, status: int, repeated: bool) -> None:
    async with wired(answer(status), clock=HastyClock()) as (wire, sender):
        if repeated:
            await act(sender)
        else:
            with pytest.raises(ServiceError):
                await act(sender)
    assert len(wire.requests) == 1 + repeated


@pytest.mark.requirement("rest-client.retry.other")
@pytest.mark.parametrize("act", [joining, batch])
@pytest.mark.parametrize(
    ("first", "repeated"),
    [
        (answer(404), False),
        (answer(408), True),
        (answer(429), True),
        (answer(500), True),
        (answer(599), True),
        (NEVER, True),
        (answer(200, b"x" * 50)[:-1], True),
        (b"no http\r\n\r\n", False),
    ],
)
async def test_what_may_happen_twice_is_repeated_after_every_passing_failure(
    act: Act, first: bytes, repeated: bool
) -> None:
    async with wired(first, clock=HastyClock(), timeout=1) as (wire, sender):
        if repeated:
            await act(sender)
        else:
            with pytest.raises(ServiceError):
                await act(sender)
    assert len(wire.requests) == 1 + repeated


@pytest.mark.requirement("rest-client.retry.message")
@pytest.mark.parametrize(("first", "kind"), [(NEVER, ServiceTimeoutError), (HANG_UP, UnreachableError)])
async def test_a_message_that_may_have_arrived_is_not_repeated(first: bytes, kind: type[ServiceError]) -> None:
    async with wired(first, clock=HastyClock(), timeout=1) as (wire, sender):
        with pytest.raises(kind) as failure:
            await message(sender)
    assert len(wire.requests) == 1
    assert not failure.value.retry_is_safe


@pytest.mark.requirement("rest-client.retry.message")
@pytest.mark.parametrize("act", [message, joining])
async def test_who_was_not_reached_is_asked_again(act: Act) -> None:
    clock = HastyClock()
    async with listening() as gone:
        pass
    endpoint = endpoint_at(gone.url)
    async with client_of(endpoint, clock) as client:
        with pytest.raises(UnreachableError, match="Connect call failed") as failure:
            await act(RestSender(endpoint, "chat", client))
    assert failure.value.retry_is_safe
    assert clock.waits == [0.8, 1.6, 3.2]
    assert gone.requests == []


@pytest.mark.requirement("rest-client.retry.waits")
async def test_retries_end_and_the_last_answer_counts() -> None:
    clock = HastyClock()
    async with wired(answer(503), answer(503), answer(429), answer(429), clock=clock) as (wire, sender):
        with pytest.raises(ThrottledError, match="answered 429"):
            await message(sender)
    assert len(wire.requests) == 4
    assert clock.waits == [0.8, 1.6, 3.2]


async def test_without_retries_everything_is_sent_once() -> None:
    async with wired(answer(503), retry=RetryPolicy.none()) as (wire, sender):
        with pytest.raises(ServiceError):
            await message(sender)
    assert len(wire.requests) == 1


@pytest.mark.requirement("rest-client.retry.waits")
@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ("7", [7.0]),
        ("0", [0.0]),
        ("90", [60.0]),
        (formatdate(NOW + 20, usegmt=True), [20.0]),
        (formatdate(NOW - 20, usegmt=True), [0.0]),
        ("soon", [0.8]),
    ],
)
async def test_the_service_may_say_when(asked: str, waits: list[float]) -> None:
    clock = HastyClock()
    async with wired(answer(429, Retry_After=asked), clock=clock) as (_, sender):
        await message(sender)
    assert clock.waits == waits


async def test_a_repeated_request_is_the_same() -> None:
    async with wired(answer(503), OK, clock=HastyClock()) as (wire, sender):
        await message(sender)
    first, second = wire.requests
    assert first == second


@pytest.mark.requirement("rest-client.retry.waits")
def test_waits_double_up_to_the_longest_and_random_takes_up_to_half() -> None:
    policy = RetryPolicy(delay=1, max_delay=10)
    assert [policy.wait(retry, None, lambda: 1.0) for retry in (0, 1, 2, 3, 4, 10_000)] == [1, 2, 4, 8, 10, 10]
    assert [policy.wait(retry, None, lambda: 0.0) for retry in (0, 1, 4)] == [0.5, 1, 5]
    fixed = RetryPolicy(mode="fixed", delay=1, max_delay=0.5)
    assert [fixed.wait(retry, None, lambda: 0.0) for retry in (0, 5)] == [0.5, 0.5]


@pytest.mark.parametrize(
    "wrong", [{"max_retries": -1}, {"delay": -0.1}, {"max_delay": float("inf")}, {"delay": float("nan")}]
)
def test_a_policy_without_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        RetryPolicy(**wrong)  # type: ignore[arg-type]  # the case is that they are wrong


@given(
    st.one_of(st.none(), st.text(), st.integers().map(str), st.from_regex(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} .*"))
)
def test_any_header_is_a_wait_or_none(value: str | None) -> None:
    seconds = read_retry_after(value, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(("status", "repeated"), [(429, True), (500, False), (502, False), (503, True), (504, False)])
async def test_a_client_that_may_have_been_called_is_not_called_again(status: int, repeated: bool) -> None:
    quickly = RetryPolicy(mode="fixed", delay=0)
    async with wired(answer(status), answer(200, {"result": 1}), retry=quickly) as (wire, sender):
        if repeated:
            assert await sender.invoke("a", "confirm", [], 30) == 1
        else:
            with pytest.raises(ServiceError) as failure:
                await sender.invoke("a", "confirm", [], 30)
            assert not failure.value.retry_is_safe
    assert len(wire.requests) == 1 + repeated


async def test_what_some_have_got_is_not_safe_to_send_to_all_again() -> None:
    async with wired(OK, answer(429), retry=RetryPolicy.none()) as (_, sender):
        with pytest.raises(ThrottledError) as failure:
            await sender.send(Receivers("users", ("a", "b")), "say", [])
    assert not failure.value.retry_is_safe
    async with wired(answer(429), answer(429), retry=RetryPolicy.none()) as (_, sender):
        with pytest.raises(ThrottledError) as failure:
            await sender.send(Receivers("users", ("a", "b")), "say", [])
    assert failure.value.retry_is_safe
