"""Asking one client for a result, with the methods of a Protocol or without."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from inspect import Parameter
from types import NoneType
from typing import Any, Protocol

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, field_validator

from serverless_hub import ServerlessHub
from serverless_hub.errors import ClientResultError, ConnectionGoneError, ServiceTimeoutError
from serverless_hub.hub.client_arguments import ClientArguments
from serverless_hub.hub.client_contract import client_contract
from serverless_hub.hub.client_results import ClientResultReader
from serverless_hub.hub.clients import CallerClients, ClientProxy
from serverless_hub.hub.ports import Receivers
from serverless_hub.protocol.values import from_msgpack, to_json, to_msgpack
from tests.hub.annotated import PLAIN, VALUES
from tests.support.hub_bench import Bench
from tests.support.recording import RecordingSender, Sent

SECRET = "p4ssw0rd"


class Order(BaseModel):
    number: int
    picture: bytes = b""

    @field_validator("number")
    @classmethod
    def refuse(cls, number: int) -> int:
        if number < 0:
            raise ValueError(f"{number} is too little")
        return number


@dataclass
class Point:
    x: int


class Customer(Protocol):
    async def confirm(self, order: Order) -> bool: ...

    async def order(self) -> Order: ...

    async def maybe(self) -> Point | None: ...

    async def anything(self) -> Any: ...

    async def told(self) -> None: ...


class Shop(ServerlessHub[Customer], naming="camel"):
    async def buy(self, number: int) -> bool:
        return await self.clients.caller.confirm(Order(number=number))


def customers(sender: RecordingSender) -> CallerClients[Customer]:
    return CallerClients(sender, "c1", client_contract(Customer))


async def test_a_method_that_returns_something_asks_the_client_and_waits() -> None:
    bench = Bench(Shop, sender=RecordingSender(result=True))
    assert await bench.result("buy", 3) is True
    arguments = ({"number": 3, "picture": b""},)
    assert bench.sender.sent == [Sent(Receivers("connections", ("c1",)), "confirm", arguments)]
    assert bench.sender.steps == [("invoke", "c1", "confirm", 30.0)]


async def test_a_client_has_as_long_as_it_is_given() -> None:
    sender = RecordingSender(result=False)
    assert await customers(sender).client("c2", timeout=2.5).confirm(Order(number=1)) is False
    assert await customers(sender).untyped.client("c3", timeout=3).invoke("confirm") is False
    assert await customers(sender).untyped.client("c4", timeout=3).invoke("confirm", timeout=4) is False
    assert sender.steps == [
        ("invoke", "c2", "confirm", 2.5),
        ("invoke", "c3", "confirm", 3),
        ("invoke", "c4", "confirm", 4),
    ]


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
async def test_a_time_in_which_nothing_can_come_is_refused(seconds: float) -> None:
    sender = RecordingSender()
    with pytest.raises(ValueError, match=r"timeout=.* must be a number of seconds above 0"):
        customers(sender).client("c2", timeout=seconds)
    with pytest.raises(ValueError, match=r"timeout=.* must be a number of seconds above 0"):
        await customers(sender).untyped.caller.invoke("confirm", timeout=seconds)
    assert sender.sent == []


SEVERAL: list[Callable[[CallerClients[Any]], Any]] = [
    lambda clients: clients.all,
    lambda clients: clients.all_except(["c1"]),
    lambda clients: clients.clients(["c1"]),
    lambda clients: clients.group("g"),
    lambda clients: clients.user("ann"),
    lambda clients: clients.others,
]


@pytest.mark.parametrize("choose", SEVERAL)
async def test_what_may_be_several_clients_cannot_be_asked(choose: Callable[[CallerClients[Any]], Any]) -> None:
    sender = RecordingSender()
    with pytest.raises(TypeError, match=r"Customer\.confirm returns a result, and that comes from one client: call it"):
        await choose(customers(sender)).confirm(Order(number=1))
    with pytest.raises(TypeError, match=r"invoke\('confirm'\) returns a result, and that comes from one client"):
        await choose(customers(sender).untyped).invoke("confirm")
    assert sender.sent == []


RESULTS: list[tuple[Callable[[Customer], Coroutine[Any, Any, Any]], Any, Any]] = [
    (lambda client: client.order(), {"number": "5", "picture": "/w=="}, Order(number=5, picture=b"\xff")),
    (lambda client: client.order(), {"number": 5, "picture": b"\xff"}, Order(number=5, picture=b"\xff")),
    (lambda client: client.maybe(), {"x": 1}, Point(1)),
    (lambda client: client.maybe(), None, None),
    (lambda client: client.anything(), {"x": b"1"}, {"x": b"1"}),
    (lambda client: client.told(), "ignored", None),
]


@pytest.mark.parametrize(("ask", "result", "expected"), RESULTS)
async def test_a_result_is_read_as_the_type_of_the_method(
    ask: Callable[[Customer], Coroutine[Any, Any, Any]], result: Any, expected: Any
) -> None:
    assert await ask(customers(RecordingSender(result=result)).caller) == expected


@pytest.mark.parametrize(
    ("returns", "result", "expected"),
    [
        (Order, {"number": 5}, Order(number=5)),
        (list[Point], [{"x": 1}], [Point(1)]),
        (int | None, None, None),
        (bytes, "/w==", b"\xff"),
        (datetime, datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)),
        (NoneType, None, None),
        (Any, b"1", b"1"),
    ],
)
async def test_a_result_without_a_protocol_is_read_as_what_is_asked_for(
    returns: Any, result: Any, expected: Any
) -> None:
    sender = RecordingSender(result=result)
    assert await customers(sender).untyped.caller.invoke("ask", Point(1), returns=returns) == expected
    assert sender.sent == [Sent(Receivers("connections", ("c1",)), "ask", (Point(1),))]


WRONG_RESULTS: list[tuple[Callable[[Customer], Coroutine[Any, Any, Any]], Any, str]] = [
    (
        lambda client: client.confirm(Order(number=1)),
        SECRET,
        r"'confirm' is not bool: Input should be a valid bool",
    ),
    (lambda client: client.confirm(Order(number=1)), None, r"'confirm' is not bool: "),
    (lambda client: client.order(), {"number": SECRET}, r"'order' is not .*Order: number: Input should be a valid"),
    (
        lambda client: client.order(),
        {"number": -12345},
        r"'order' is not .*Order: number: Input is refused by a va",
    ),
    (lambda client: client.maybe(), {SECRET: 1}, r"'maybe' is not .*Point \| None: "),
    (lambda client: client.order(), {"number": 2**70}, r"'order' is not .*Order: it has no form in JSON"),
]


@pytest.mark.parametrize(("ask", "result", "text"), WRONG_RESULTS)
async def test_a_result_of_another_type_is_the_clients_error_and_is_not_shown(
    ask: Callable[[Customer], Coroutine[Any, Any, Any]], result: Any, text: str
) -> None:
    with pytest.raises(ClientResultError, match=f"the client's result of {text}") as caught:
        await ask(customers(RecordingSender(result=result)).caller)
    shown = repr((str(caught.value), caught.value.__cause__, caught.value.__context__))
    assert SECRET not in shown
    assert "12345" not in shown


@pytest.mark.parametrize(
    "error", [ServiceTimeoutError("late"), ConnectionGoneError("gone"), ClientResultError("the client said no")]
)
async def test_what_the_service_says_goes_to_the_caller(error: Exception) -> None:
    clients = customers(RecordingSender(result=error))
    with pytest.raises(type(error)) as typed:
        await clients.caller.order()
    with pytest.raises(type(error)) as untyped:
        await clients.untyped.caller.invoke("order")
    assert (typed.value, untyped.value) == (error, error)


@pytest.mark.parametrize("returns", [5, range])
async def test_a_type_that_is_none_is_refused_before_anything_is_sent(returns: Any) -> None:
    sender = RecordingSender()
    with pytest.raises(TypeError, match="is no type that pydantic can validate"):
        await customers(sender).untyped.caller.invoke("ask", returns=returns)
    assert sender.sent == []


async def test_a_question_needs_a_target() -> None:
    with pytest.raises(ValueError, match="target"):
        await customers(RecordingSender()).untyped.caller.invoke("")


async def test_what_is_asked_is_refused_before_it_is_sent() -> None:
    sender = RecordingSender()
    client: Any = customers(sender).caller
    with pytest.raises(TypeError, match=r"Customer\.confirm\(order: .*Order\) cannot be sent this int"):
        await client.confirm(1)
    assert sender.sent == []
    assert isinstance(customers(sender).untyped.caller, ClientProxy)


few = settings(max_examples=settings().max_examples // 5, deadline=None)
"""For a test that runs once for each annotation."""


@cache
def parts_of(name: str) -> tuple[ClientArguments, ClientResultReader]:
    """Return what writes an argument of a method of clients, and what reads the result of one."""
    parameter = Parameter("value", Parameter.POSITIONAL_OR_KEYWORD, annotation=PLAIN[name])
    return ClientArguments("echo", [parameter], None), ClientResultReader(PLAIN[name])


@pytest.mark.parametrize("name", PLAIN)
@few
@given(data=st.data())
def test_what_a_client_sends_back_is_what_was_sent_to_it(name: str, data: st.DataObject) -> None:
    arguments, reader = parts_of(name)
    value = data.draw(VALUES[name])
    (sent,) = arguments.write([value], {})
    for result in (orjson.loads(to_json(sent)), from_msgpack(to_msgpack(sent))):
        back = reader.read("echo", result)
        assert (back, type(back)) == (value, type(value))
