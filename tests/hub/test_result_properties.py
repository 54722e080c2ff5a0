"""Whatever a method returns is written as its annotation says, or its caller gets an error; another method takes it."""

import inspect
import json
import logging
import math
import re
from collections.abc import Generator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_hub import ServerlessHub
from serverless_hub.hub.binding import Binder
from serverless_hub.hub.results import ResultError, ResultWriter
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, PROTOCOLS, HubProtocol
from serverless_hub.protocol.messages import NO_RESULT
from tests.hub.annotated import ANNOTATIONS, PLAIN, VALUES, Cat, Pair, Point
from tests.support.hub_bench import Bench, completion_in

both_protocols = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)
each_annotation = pytest.mark.parametrize("name", ANNOTATIONS)
pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
"""pydantic takes instances of models for what they say they are, as FastAPI does, and only warns of wrong fields."""
few = settings(max_examples=settings().max_examples // 5, deadline=None)
"""For tests that run once for each annotation and protocol, on a machine that does other things besides."""


@cache
def parts_of(name: str) -> tuple[ResultWriter, Binder]:
    """Return what writes the result of a method, and what binds the argument of one."""
    parameter = inspect.Parameter("value", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=ANNOTATIONS[name])
    return ResultWriter("get", ANNOTATIONS[name]), Binder("'send'", [parameter])


@both_protocols
@pytest.mark.parametrize("name", PLAIN)
@few
@given(data=st.data())
def test_what_one_method_returns_another_one_takes(protocol: HubProtocol, name: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[name])
    writer, binder = parts_of(name)
    encoded = writer.write(value, protocol)
    assert encoded is not None
    arguments: Any = msgspec.Raw(b"[" + encoded + b"]") if protocol is JSON else [msgspec.msgpack.decode(encoded)]
    (bound,) = binder.bind(arguments)
    assert (bound, type(bound)) == (value, type(value))


class Unprintable:
    def __repr__(self) -> str:
        raise KeyError


def circle() -> list[Any]:
    inside: list[Any] = []
    inside.append({"inside": inside})
    return inside


odd_values = st.one_of(
    st.sampled_from([math.nan, math.inf, 2**64, 10**400, "\ud800", Decimal("NaN"), Decimal("1e9999"), timedelta.max]),
    st.sampled_from([datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))]),
    st.sampled_from(
        [{None: 1}, {(1, 2): 3}, {b"\xff": 1}, {datetime(1, 1, 1, tzinfo=UTC): 1}, {1.5: 1}, {True: 1, "true": 2}]
    ),
    st.sampled_from([Cat.model_construct(kind=object()), Point("x", 1), Pair(1, "\ud800")]),  # type: ignore[arg-type]  # the wrong types are the point
    st.builds(object) | st.builds(circle) | st.builds(iter, st.just(["\ud800"])),
    st.sampled_from([object, print, ..., NotImplemented, re.compile("a"), 1 + 2j, memoryview(b"a"), range(3)]),
)
"""What nobody can send, or almost nobody."""


@cache
def bench_of(name: str, protocol: str) -> tuple[Bench, list[Any]]:
    """Return a bench whose method `get` returns what stands in the list."""
    box: list[Any] = []

    async def get(self: ServerlessHub) -> Any:
        return box[0]

    get.__annotations__["return"] = ANNOTATIONS[name]
    return Bench(type("Chat", (ServerlessHub,), {"get": get}), PROTOCOLS[protocol]), box


@pytest.fixture(autouse=True, scope="module")
def no_log() -> Generator[None]:
    """Keep thousands of failures out of the log, where pytest would collect them."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


@both_protocols
@each_annotation
@few
@given(value=odd_values | st.builds(Unprintable) | st.one_of(list(VALUES.values())))
async def test_whatever_a_method_returns_its_caller_gets_a_completion(
    protocol: HubProtocol, name: str, value: Any
) -> None:
    bench, box = bench_of(name, protocol.name)
    box[:] = [value]
    answer = await bench.ask("get")
    assert answer.status == 200
    completion = completion_in(answer, protocol)
    if completion.error is None and completion.result is not NO_RESULT:
        if protocol is JSON:
            json.loads(bytes(completion.result), parse_constant=no_constant, parse_int=str)
        else:
            msgspec.msgpack.decode(completion.result)


@both_protocols
@each_annotation
@few
@given(value=odd_values | st.one_of(list(VALUES.values())))
def test_whatever_a_method_returns_is_written_or_refused(protocol: HubProtocol, name: str, value: Any) -> None:
    writer, _ = parts_of(name)
    with suppress(ResultError):
        assert isinstance(writer.write(value, protocol), bytes | None)
