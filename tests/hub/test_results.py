"""What a method returns, as its return annotation says."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from itertools import repeat
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import AfterValidator, BaseModel, Field, PlainSerializer

from serverless_hub import HubException, ServerlessHub
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from serverless_hub.protocol.messages import NO_RESULT
from tests.support.hub_bench import Bench

both_protocols = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)


class Colour(Enum):
    RED = "red"


class Message(BaseModel):
    sender: Annotated[str, Field(serialization_alias="from")]
    secret: Annotated[str, Field(exclude=True)] = "hidden"


class Typed(BaseModel):
    type: str


class Tree(BaseModel):
    children: list["Tree"] = []


def circle() -> list[Any]:
    inside: list[Any] = []
    inside.append(inside)
    return inside


def deep() -> list[Any]:
    inside: list[Any] = []
    for _ in range(100_000):
        inside = [inside]
    return inside


def endless() -> Tree:
    tree = Tree()
    tree.children.append(tree)
    return tree


@dataclass
class Point:
    x: int


def hub_that_returns(annotation: Any, value: Any) -> type[ServerlessHub]:
    async def get(self: ServerlessHub) -> Any:
        return value

    get.__annotations__["return"] = annotation
    return type("Chat", (ServerlessHub,), {"get": get})


@pytest.mark.requirement("completion.result")
@both_protocols
@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (str, "häß", "häß"),
        (int, 3, 3),
        (int, "3", 3),
        (list[int], (1, 2), [1, 2]),
        (dict[str, Point], {"a": Point(1)}, {"a": {"x": 1}}),
        (Colour, Colour.RED, "red"),
        (Message, Message(sender="ann"), {"from": "ann"}),
        (list[Message], [Message(sender="ann")], [{"from": "ann"}]),
        (Point, {"x": 1}, {"x": 1}),
        (Typed, Typed(type="a"), {"type": "a"}),
        (Any, {"a": [Message(sender="ann"), Point(2), Colour.RED]}, {"a": [{"from": "ann"}, {"x": 2}, "red"]}),
        (UUID, UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal, Decimal("1.10"), "1.10"),
    ],
    ids=repr,
)
async def test_a_result_is_written_as_its_annotation_says(
    protocol: HubProtocol, annotation: Any, value: Any, expected: Any
) -> None:
    assert await Bench(hub_that_returns(annotation, value), protocol).result("get") == expected


async def test_a_date_is_text_in_json_and_a_timestamp_in_messagepack() -> None:
    when = datetime(2026, 7, 1, 12, tzinfo=UTC)
    hub = hub_that_returns(datetime, when)
    assert await Bench(hub).result("get") == "2026-07-01T12:00:00Z"
    assert await Bench(hub, MESSAGEPACK).result("get") == when


@pytest.mark.requirement("completion.void")
@both_protocols
async def test_none_as_the_annotation_completes_without_a_result(protocol: HubProtocol) -> None:
    for annotation in (None, "None"):
        completion = await Bench(hub_that_returns(annotation, "ignored"), protocol).completion("get")
        assert (completion.result, completion.error) == (NO_RESULT, None)


@pytest.mark.requirement("completion.void")
@both_protocols
async def test_any_other_annotation_sends_null_for_none(protocol: HubProtocol) -> None:
    for annotation in (Any, int | None):
        assert await Bench(hub_that_returns(annotation, None), protocol).result("get") is None


@both_protocols
async def test_without_an_annotation_anything_goes(protocol: HubProtocol) -> None:
    class Chat(ServerlessHub):
        async def get(self):  # type: ignore[no-untyped-def] # noqa: ANN202 - that is the case
            return {"point": Point(1), "nothing": None}

    assert await Bench(Chat, protocol).result("get") == {"point": {"x": 1}, "nothing": None}


@both_protocols
async def test_bytes_without_an_annotation_are_the_same_as_with_one(protocol: HubProtocol) -> None:
    untyped = await Bench(hub_that_returns(Any, [b"\x00\xff\xfe"]), protocol).result("get")
    assert untyped == await Bench(hub_that_returns(list[bytes], [b"\x00\xff\xfe"]), protocol).result("get")


@both_protocols
@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, "x"),
        (Message, {}),
        (Any, object()),
        (Any, {"a": [object()]}),
        (Any, 2**70),
        (str, "\ud800"),
        (Any, circle()),
        (list[Any], circle()),
        (Any, deep()),
        (Tree, endless()),
        (Colour, deep()),
        (Any, repeat(b"\xff")),
    ],
    ids=[
        "not a number",
        "not the model",
        "no form",
        "no form inside",
        "too large",
        "not Unicode",
        "a circle",
        "a circle inside",
        "too deep",
        "an endless model",
        "too deep to compare",
        "not UTF-8",
    ],
)
async def test_what_cannot_be_sent_is_an_error_for_the_log_and_not_for_the_client(
    protocol: HubProtocol, annotation: Any, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    error = await Bench(hub_that_returns(annotation, value), protocol).error("get")
    assert error.startswith("An unexpected error occurred invoking 'get' on the server. Error id: ")
    assert "get returned what cannot be sent: " in caplog.text


SENTINEL = "hunter2"


def quoting(value: Any) -> Any:
    raise ValueError(f"do not say {value}")


def mistaken(value: Any) -> Any:
    raise TypeError(f"do not say {value}")


class Picky(BaseModel):
    text: int = 0
    inner: dict[str, int] = {}


class Dumb:
    def __repr__(self) -> str:
        return SENTINEL


WRONG: list[tuple[Any, Any, str]] = [
    (int, SENTINEL, "Input should be a valid integer, unable to parse string as an integer"),
    (Picky, {"text": SENTINEL}, "text: Input should be a valid integer, unable to parse string as an integer"),
    (Picky, {"inner": {SENTINEL: ""}}, "inner.*: Input should be a valid integer, unable to parse"),
    (list[Picky], [{}, SENTINEL], "1: Input should be a valid dictionary or instance of Picky"),
    (UUID, SENTINEL, "Input should be a valid UUID"),
    (list[int], [SENTINEL] * 1001, "more than 1000 reasons"),
    (Annotated[str, AfterValidator(quoting)], SENTINEL, "Input is refused by a validator"),
    (Annotated[str, AfterValidator(mistaken)], SENTINEL, "TypeError"),
    (Annotated[str, PlainSerializer(quoting)], SENTINEL, "PydanticSerializationError"),
    (Annotated[bytes, PlainSerializer(mistaken)], SENTINEL, "PydanticSerializationError"),
    (Any, {SENTINEL: Dumb()}, "Dumb"),
    (Any, [SENTINEL, "\ud800"], "Error"),
]


@both_protocols
@pytest.mark.parametrize(
    ("annotation", "value", "reason"),
    WRONG,
    ids=[
        "a number",
        "a field",
        "a key",
        "an item",
        "an identifier",
        "many items",
        "a validator",
        "a mistaken validator",
        "a serializer",
        "a mistaken serializer",
        "a class",
        "half a character",
    ],
)
async def test_neither_the_log_nor_a_detailed_error_holds_what_was_returned(
    protocol: HubProtocol, annotation: Any, value: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(hub_that_returns(annotation, value), protocol, detailed_errors=True)
    error = await bench.error("get")
    told = error.partition("ResultError: ")[2]
    assert "get returned what cannot be sent: " in told
    assert reason in told
    assert told in caplog.text
    assert SENTINEL not in error + caplog.text
    assert "\ud800" not in error + caplog.text


@both_protocols
async def test_a_model_with_a_field_of_another_type_is_sent_without_a_warning_that_quotes_it(
    protocol: HubProtocol,
) -> None:
    wrong = Picky.model_construct(text=SENTINEL)
    for annotation in (Picky, Any):
        assert await Bench(hub_that_returns(annotation, wrong), protocol).result("get") == {
            "text": SENTINEL,
            "inner": {},
        }


@pytest.mark.requirement("completion.send")
async def test_a_result_that_nobody_waits_for_is_not_even_looked_at() -> None:
    answer = await Bench(hub_that_returns(int, "x")).send("get")
    assert (answer.status, answer.body, answer.error_code) == (200, b"", None)


async def test_an_error_that_cannot_even_say_what_it_is_about_is_named_by_its_type() -> None:
    class Speechless(HubException):
        def __str__(self) -> str:
            raise RuntimeError

    class Chat(ServerlessHub):
        async def get(self) -> None:
            raise Speechless

    assert await Bench(Chat).error("get") == "Speechless"
