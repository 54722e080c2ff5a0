"""How fields of models are spelt when they go to clients."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import new_class
from typing import Annotated, Any, Protocol
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, SerializeAsAny, computed_field, model_serializer
from pydantic.alias_generators import to_snake
from pydantic.dataclasses import dataclass as checked_dataclass
from typing_extensions import TypedDict

from serverless_hub import HubDefinitionError, InvocationContext, ServerlessHub
from serverless_hub.hub.casing import OutgoingCasing, outgoing_casing
from serverless_hub.hub.client_contract import client_contract
from serverless_hub.hub.clients import Clients
from serverless_hub.hub.descriptor import describe_hub
from serverless_hub.hub.typed_clients import ClientContract
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from tests.support.hub_bench import Bench
from tests.support.recording import RecordingSender

both_protocols = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)


class Part(BaseModel):
    part_number: int
    type: str = "part"


class Special(Part):
    more_text: str = ""


class Order(BaseModel):
    order_id: int = 1
    with_alias: Annotated[int, Field(alias="with_an_alias")] = 2
    out_only: Annotated[int, Field(serialization_alias="OUT")] = 3
    in_only: Annotated[int, Field(validation_alias="in")] = 4
    main_part: Part = Part(part_number=5)
    more_parts: dict[str, list[Part]] = {}
    any_thing: Any = None
    any_part: SerializeAsAny[Part] | None = None
    next_order: "Order | None" = None

    @computed_field  # type: ignore[prop-decorator]  # as pydantic has it
    @property
    def total_price(self) -> int:
        return 6

    @computed_field(alias="named_so")  # type: ignore[prop-decorator]  # as pydantic has it
    @property
    def other_price(self) -> int:
        return 7


ORDER = {
    "orderId": 1,
    "with_an_alias": 2,
    "OUT": 3,
    "inOnly": 4,
    "mainPart": {"partNumber": 5, "type": "part"},
    "moreParts": {},
    "anyThing": None,
    "anyPart": None,
    "nextOrder": None,
    "totalPrice": 6,
    "named_so": 7,
}


class Generated(BaseModel):
    model_config = ConfigDict(alias_generator=str.upper, validate_by_name=True)
    some_text: str = ""


class Custom(BaseModel):
    some_text: str = ""

    @model_serializer
    def write(self) -> dict[str, Any]:
        return {"own_name": self.some_text}


@dataclass
class Point:
    at_x: int
    inner_part: Part = field(default_factory=lambda: Part(part_number=1))


@checked_dataclass
class Checked:
    at_x: int
    at_y: Annotated[int, Field(alias="AT_Y")] = 2


class Options(TypedDict):
    max_count: int
    type: str


class Parts(RootModel[list[Part]]): ...


PART = {"partNumber": 1, "type": "part"}
VALUES: list[tuple[Any, Any, Any]] = [
    (Order, Order(), ORDER),
    (Order, Order(next_order=Order()), ORDER | {"nextOrder": ORDER}),
    (Order, Order(more_parts={"a_b": [Part(part_number=1)]}), ORDER | {"moreParts": {"a_b": [PART]}}),
    (Order, Order(any_thing={"a_b": (Part(part_number=1),)}), ORDER | {"anyThing": {"a_b": [PART]}}),
    (Order, Order(any_part=Special(part_number=1)), ORDER | {"anyPart": PART | {"moreText": ""}}),
    (Generated, Generated(), {"SOME_TEXT": ""}),
    (Custom, Custom(), {"own_name": ""}),
    (Point, Point(1), {"atX": 1, "innerPart": PART}),
    (Checked, Checked(1), {"atX": 1, "AT_Y": 2}),
    (Parts, Parts([Part(part_number=1)]), [PART]),
    (list[Part], [Part(part_number=1)], [PART]),
    (frozenset[int], frozenset([1]), [1]),
    (Any, deque([Point(1)]), [{"atX": 1, "innerPart": PART}]),
    (Any, UUID(int=1), UUID(int=1)),
    (Any, {"a_b": 1, "c_d": [b"1", None, 1.5, "x"]}, {"a_b": 1, "c_d": [b"1", None, 1.5, "x"]}),
]
"""Types, values of them, and what is sent."""


class Plain(ServerlessHub, casing="camel"):
    async def tell(self) -> None:
        await self.clients.all.send("told", Part(part_number=1), 2)
        await self.context.clients.all.send("told", Part(part_number=1))
        await self.clients.caller.invoke("told", Point(1))


def listed(value: Any) -> Any:
    """Return `value` as JSON has it, but for bytes."""
    if isinstance(value, dict):
        return {key: listed(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType] - of anything
    return [listed(item) for item in value] if isinstance(value, list | tuple | frozenset) else value  # pyright: ignore[reportUnknownVariableType] - as above


def telling(annotation: Any) -> ClientContract[Any]:
    async def told(self: Any, value: Any) -> None: ...

    told.__annotations__["value"] = annotation
    protocol = new_class("Told", (Protocol,), exec_body=lambda members: members.update(told=told))
    return client_contract(protocol, casing="camel")


@pytest.mark.parametrize(("annotation", "value", "expected"), VALUES, ids=repr)
async def test_fields_without_an_alias_are_spelt_as_the_casing_says(annotation: Any, value: Any, expected: Any) -> None:
    typed, untyped = RecordingSender(), RecordingSender()
    await Clients(typed, telling(annotation)).all.told(value)
    await Clients(untyped, casing=outgoing_casing("camel")).all.send("told", value)
    assert listed(typed.sent[0].arguments) == [expected]
    assert listed(untyped.sent[0].arguments) == [expected]


@both_protocols
@pytest.mark.parametrize(("annotation", "value", "expected"), VALUES, ids=repr)
async def test_results_are_spelt_like_arguments(
    protocol: HubProtocol, annotation: Any, value: Any, expected: Any
) -> None:
    async def get(self: ServerlessHub) -> Any:
        return value

    get.__annotations__["return"] = annotation
    hub: type[ServerlessHub] = type("Chat", (ServerlessHub,), {"get": get}, casing="camel")
    result = await Bench(hub, protocol).result("get")
    assert result == protocol.decode_value(protocol.encode_value(expected))


async def test_a_typed_dict_is_spelt_where_its_type_is_known() -> None:
    sender = RecordingSender()
    options = {"max_count": 1, "type": "x"}
    await Clients(sender, telling(list[Options])).all.told([options])
    await Clients(sender, casing=outgoing_casing("camel")).all.send("told", options)
    assert [sent.arguments for sent in sender.sent] == [([{"maxCount": 1, "type": "x"}],), (options,)]


async def test_all_that_a_hub_sends_is_spelt_by_one_setting() -> None:
    bench = Bench(Plain)
    assert (await bench.completion("tell")).error is None
    point = {"atX": 1, "innerPart": PART}
    assert [list(sent.arguments) for sent in bench.sender.sent] == [[PART, 2], [PART], [point]]


async def test_the_setting_is_inherited_and_may_be_changed_by_a_subclass() -> None:
    class Sub(Plain): ...

    class Snake(Plain, casing=to_snake): ...

    class Shouting(Plain, casing=str.upper): ...

    for hub, names in (
        (Sub, ["partNumber", "type"]),
        (Snake, ["part_number", "type"]),
        (Shouting, ["PART_NUMBER", "TYPE"]),
    ):
        bench = Bench(hub)
        assert (await bench.completion("tell")).error is None
        assert list(bench.sender.sent[0].arguments[0]) == names


async def test_functions_send_as_they_always_did() -> None:
    async def tell(context: InvocationContext) -> None:
        await context.clients.all.send("told", Part(part_number=1))

    bench = Bench().register(tell, parameter_names=[])
    assert (await bench.completion("run")).error is None
    assert bench.sender.sent[0].arguments == (Part(part_number=1),)


async def test_the_models_of_the_app_stay_as_they_are() -> None:
    before = Order(next_order=Order()).model_dump_json(by_alias=True)
    await Clients(RecordingSender(), telling(Order)).all.told(Order())
    assert Order(next_order=Order()).model_dump_json(by_alias=True) == before
    assert Order.model_validate_json('{"order_id": 3}').order_id == 3


class Iterating(BaseModel):
    some_items: Iterable[int] = ()


async def test_what_can_be_read_only_once_is_sent_as_a_list() -> None:
    sender = RecordingSender()
    await Clients(sender, telling(Iterating)).all.told(Iterating(some_items=iter([1, 2])))
    assert sender.sent[0].arguments == ({"someItems": [1, 2]},)


class Twins(BaseModel):
    a_b: int = 1
    aB: int = 2  # noqa: N815 - that is the case


@dataclass
class TwinFields:
    a_b: int = 1
    aB: int = 2  # noqa: N815 - that is the case


class TwinKeys(TypedDict):
    a_b: int
    aB: int


@pytest.mark.parametrize(("kind", "name"), [(Twins, "Twins"), (TwinFields, "TwinFields"), (TwinKeys, "TwinKeys")])
def test_two_fields_with_one_name_are_refused(kind: Any, name: str) -> None:
    with pytest.raises(HubDefinitionError, match=rf"casing= gives two fields of {name} the same name 'aB': give one"):
        telling(kind)


def test_a_result_whose_fields_would_have_one_name_is_refused_when_the_hub_is_registered() -> None:
    class Chat(ServerlessHub, casing="camel"):
        async def get(self) -> Twins:
            return Twins()

    with pytest.raises(HubDefinitionError, match="two fields of Twins"):
        describe_hub(Chat)


def circle() -> list[Any]:
    inside: list[Any] = []
    inside.append(inside)
    return inside


class Failing(BaseModel):
    text: str = "p4ssw0rd"

    @model_serializer
    def write(self) -> dict[str, Any]:
        raise ValueError(self.text)


@dataclass
class Odd:
    sender: RecordingSender | range


@pytest.mark.parametrize(
    "value", [circle(), Failing(), Odd(range(3)), [Failing()]], ids=["circle", "model", "type", "list"]
)
async def test_what_cannot_be_sent_is_a_type_error_without_values(value: Any) -> None:
    sender = RecordingSender()
    with pytest.raises(TypeError, match=r"^a value of type (list|Failing|Odd) cannot be sent$") as caught:
        await Clients(sender, casing=outgoing_casing("camel")).all.send("told", 1, value)
    assert caught.value.__context__ is None
    assert sender.sent == []


def test_one_rule_is_one_casing() -> None:
    assert outgoing_casing("camel") is outgoing_casing("camel")
    assert isinstance(outgoing_casing(to_snake), OutgoingCasing)
    assert outgoing_casing(None) is None


@pytest.mark.parametrize("casing", ["snake", 5])
def test_a_casing_that_nobody_knows_is_refused_by_the_class_statement(casing: Any) -> None:
    with pytest.raises(HubDefinitionError, match=r"casing=.* is unknown: use 'camel' or a function from field to name"):
        type("Chat", (ServerlessHub,), {}, casing=casing)
