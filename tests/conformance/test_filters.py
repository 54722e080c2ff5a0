"""Filters: before and after methods, or instead of them."""

from typing import Any, ClassVar

import pytest
from fastapi import HTTPException

from serverless_hub import HubException, ServerlessHub
from serverless_hub.hub.filters import CallNext, HubInvocation, add_filter
from tests.conformance.upstream import posting

steps: list[Any] = []


@pytest.fixture(autouse=True)
def no_steps() -> None:
    steps.clear()


class Named:
    """Notes when it begins and ends."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, invocation: HubInvocation, call_next: CallNext) -> Any:
        steps.append(self.name)
        result = await call_next(invocation)
        steps.append(f"{self.name} ends")
        return result


async def look(invocation: HubInvocation, call_next: CallNext) -> Any:
    context = invocation.context
    steps.append((context.event, context.connection_id, type(invocation.hub).__name__, invocation.arguments))
    return await call_next(invocation)


async def refuse(invocation: HubInvocation, call_next: CallNext) -> Any:
    del call_next
    raise HubException(f"no {invocation.context.event}")


class Base(ServerlessHub, filters=[Named("base")]): ...


class Chat(Base, filters=[Named("hub"), Named("hub, second")]):
    async def echo(self, number: int) -> int:
        steps.append("method")
        return number

    add_filter(echo, Named("method's"))


class Seen(ServerlessHub, hub="chat", filters=[look]):
    async def bare(self) -> None: ...

    async def number(self, number: int) -> int:
        return number


class Closed(ServerlessHub, hub="chat", filters=[refuse]):
    calls: ClassVar[list[str]] = []

    async def on_connected(self) -> None:
        self.calls.append("connected")

    async def on_disconnected(self) -> None:
        self.calls.append("disconnected")

    async def echo(self) -> None:
        self.calls.append("echo")


@pytest.mark.requirement("filters.around", "filters.order")
async def test_filters_run_around_the_method_from_the_outermost_to_the_innermost() -> None:
    async with posting(Chat, filters=[Named("router")]) as upstream:
        assert await upstream.invoke("echo", 5) == {"result": 5}
    inwards = ["router", "base", "hub", "hub, second", "method's"]
    assert steps == [*inwards, "method", *(f"{name} ends" for name in reversed(inwards))]


@pytest.mark.requirement("filters.around")
async def test_filters_do_not_run_for_arguments_that_do_not_fit() -> None:
    async with posting(Chat) as upstream:
        assert "error" in await upstream.invoke("echo", "x")
    assert steps == []


@pytest.mark.requirement("filters.around")
async def test_a_filter_that_raises_keeps_the_method_from_running() -> None:
    async with posting(Closed) as upstream:
        await upstream.connect()
        await upstream.send("echo")
        await upstream.disconnect()
    assert Closed.calls == []


@pytest.mark.requirement("filters.refuse.connected")
async def test_a_filter_that_refuses_connected_is_403_with_its_text() -> None:
    async with posting(Closed) as upstream:
        answer = await upstream.connect()
    assert (answer.status, answer.body) == (403, b'{"error":"no connected"}')


@pytest.mark.requirement("filters.refuse.message")
async def test_a_filter_that_refuses_a_call_makes_it_fail_like_any_other() -> None:
    async with posting(Closed) as upstream:
        assert await upstream.invoke("echo") == {"error": "no echo"}
        answer = await upstream.send("echo")
    assert (answer.status, answer.body, answer.error_code) == (200, b"", "hub_exception")


@pytest.mark.requirement("filters.context")
async def test_a_filter_sees_context_hub_and_bound_arguments() -> None:
    async with posting(Seen) as upstream:
        await upstream.connect()
        await upstream.invoke("bare")
        await upstream.invoke("number", "5")
    assert steps == [
        ("connected", "c1", "Seen", ()),
        ("bare", "c1", "Seen", ()),
        ("number", "c1", "Seen", (5,)),
    ]


@pytest.mark.requirement("filters.refuse.http")
@pytest.mark.parametrize(
    ("status", "answer"),
    [(401, (403, b'{"error":"Later."}')), (429, (403, b'{"error":"Later."}')), (500, (500, b"")), (503, (500, b""))],
)
async def test_a_filter_refuses_connected_with_a_4xx_and_fails_with_a_5xx(
    status: int, answer: tuple[int, bytes]
) -> None:
    async def busy(invocation: HubInvocation, call_next: CallNext) -> Any:
        del invocation, call_next
        raise HTTPException(status, "Later.")

    class Busy(ServerlessHub, hub="chat", filters=[busy]): ...

    async with posting(Busy) as upstream:
        found = await upstream.connect()
    assert (found.status, found.body) == answer
