"""pydantic's `Field` on a parameter: as the default value, or inside of `Annotated`."""

from inspect import Parameter
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from serverless_hub import HubDefinitionError, ServerlessHub
from serverless_hub.errors import BindingError
from serverless_hub.hub.binding import Binder
from serverless_hub.hub.descriptor import describe_hub
from serverless_hub.protocol.codec import JSON, MESSAGEPACK, HubProtocol
from tests.support.hub_bench import Bench

both_protocols = pytest.mark.parametrize("protocol", [JSON, MESSAGEPACK], ids=lambda protocol: protocol.name)


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"


class Chat(ServerlessHub):
    async def required(self, x: int = Field(gt=0)) -> int:
        return x

    async def default(self, x: int = Field(gt=0, default=5)) -> int:
        return x

    async def annotated(self, x: Annotated[int, Field(gt=0, default=5)]) -> int:
        return x

    async def both(self, x: Annotated[int, Field(gt=0, default=5)] = 7) -> int:
        return x

    async def twice(self, x: Annotated[int, Field(lt=9)] = Field(gt=0, default=5)) -> int:
        return x

    async def untyped(self, x=Field(default=5)) -> Any:  # type: ignore[no-untyped-def] # noqa: ANN001, B008 - that is the case
        return x  # pyright: ignore[reportUnknownVariableType] - that is the case

    async def made(self, x: list[int] = Field(default_factory=list[int], max_length=1)) -> list[int]:  # noqa: B008 - the case
        x.append(1)
        return x

    async def named(self, x: int = Field(alias="other", gt=0)) -> int:
        return x

    async def pet(self, pet: Cat | Dog = Field(discriminator="kind")) -> str:  # noqa: B008 - that is the case
        return pet.kind

    async def rest(self, *numbers: Annotated[int, Field(gt=0, default=5)]) -> list[int]:
        return list(numbers)


TOO_SMALL = "cannot be called like that: x: Input should be greater than 0"


@both_protocols
@pytest.mark.parametrize("target", ["required", "default", "annotated", "both", "twice", "named"])
async def test_a_field_constrains_its_parameter(protocol: HubProtocol, target: str) -> None:
    bench = Bench(Chat, protocol)
    assert await bench.result(target, 3) == 3
    assert await bench.error(target, 0) == f"'{target}' {TOO_SMALL}"


@both_protocols
@pytest.mark.parametrize(
    ("target", "default"), [("default", 5), ("annotated", 5), ("both", 7), ("twice", 5), ("untyped", 5)]
)
async def test_the_default_of_a_field_is_that_of_its_parameter(
    protocol: HubProtocol, target: str, default: int
) -> None:
    bench = Bench(Chat, protocol)
    assert await bench.result(target) == default
    assert await bench.error(target, 1, 2) == f"'{target}' takes 0 to 1 arguments: 2 came"


@pytest.mark.parametrize("target", ["required", "named"])
async def test_without_a_default_the_argument_has_to_come(target: str) -> None:
    assert await Bench(Chat).error(target) == f"'{target}' takes 1 argument: 0 came"


async def test_constraints_of_both_places_count() -> None:
    error = await Bench(Chat).error("twice", 9)
    assert error == "'twice' cannot be called like that: x: Input should be less than 9"


async def test_a_default_that_is_made_is_made_for_each_call() -> None:
    bench = Bench(Chat)
    assert await bench.result("made") == [1]
    assert await bench.result("made") == [1]
    assert "x: List should have at most 1 item" in await bench.error("made", [1, 2])


async def test_a_field_tells_models_apart() -> None:
    bench = Bench(Chat)
    assert await bench.result("pet", {"kind": "dog"}) == "dog"
    assert "one of the tags that are expected" in await bench.error("pet", {"kind": "cow"})


async def test_a_field_of_a_starred_parameter_constrains_each_argument() -> None:
    bench = Bench(Chat)
    assert await bench.result("rest") == []
    assert await bench.result("rest", 1, 2) == [1, 2]
    assert "numbers: Input should be greater than 0" in await bench.error("rest", 1, 0)


def test_a_default_is_validated_where_the_field_says_so() -> None:
    def binder(field: Any) -> Binder:
        return Binder("'send'", [Parameter("x", Parameter.POSITIONAL_OR_KEYWORD, annotation=int, default=field)])

    assert binder(Field(default=0, gt=0)).bind([]) == (0,)
    with pytest.raises(BindingError, match="x: Input should be greater than 0"):
        binder(Field(default=0, gt=0, validate_default=True)).bind([])


def test_what_a_field_says_stands_in_the_json_schema() -> None:
    field = Field(default=5, gt=0, description="How many")
    parameter = Parameter("x", Parameter.POSITIONAL_OR_KEYWORD, annotation=int, default=field)
    shown = TypeAdapter[Any](Annotated[list[Any], Binder("'send'", [parameter]).type]).json_schema()
    item = {"default": 5, "description": "How many", "exclusiveMinimum": 0, "title": "x", "type": "integer"}
    assert shown == {"type": "array", "minItems": 0, "maxItems": 1, "prefixItems": [item]}


def test_a_default_that_depends_on_other_arguments_is_refused() -> None:
    class Late(ServerlessHub):
        async def send(self, a: int, b: int = Field(default_factory=lambda data: data["a"])) -> None: ...

    with pytest.raises(HubDefinitionError, match="parameter b, whose default_factory takes other values"):
        describe_hub(Late)


def test_what_has_to_come_stands_before_what_may_be_left_out() -> None:
    class Mixed(ServerlessHub):
        async def send(self, a: Annotated[int, Field(default=1)], b: int) -> None: ...

    with pytest.raises(HubDefinitionError, match="'send' has the parameter b without a default after one with"):
        describe_hub(Mixed)
