"""Parameters that pydantic cannot validate are named when a hub is registered, with what to do."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from serverless_hub import HubDefinitionError, ServerlessHub
from serverless_hub.hub.descriptor import describe_hub


class Thing:
    pass


class Cat(BaseModel):
    kind: str


class Unfinished(BaseModel):
    amount: "Decimal"  # type: ignore[name-defined] # noqa: F821 # pyright: ignore[reportUndefinedVariable, reportUnknownVariableType] - that is the case


def refusal_of(*annotations: Any) -> str:
    async def send(self: ServerlessHub, fine: int, first: Any, *rest: Any) -> None: ...

    send.__annotations__ |= dict(zip(("first", "rest"), annotations, strict=False))
    with pytest.raises(HubDefinitionError) as refusal:
        describe_hub(type("Chat", (ServerlessHub,), {"send": send}))
    return str(refusal.value)


WAY_OUT = (
    ". What clients send is a pydantic model, a dataclass or a type that pydantic knows; declare what comes from the "
    "app with Depends"
)


@pytest.mark.parametrize(
    ("annotation", "shown"),
    [
        (Thing, "Thing"),
        (list[Thing], f"list[{__name__}.Thing]"),
        (Thing | None, f"{__name__}.Thing | None"),
        (Annotated[Thing, Field(description="a thing")], "Thing"),
    ],
    ids=["a class", "a list", "an optional", "annotated"],
)
def test_the_parameter_and_its_type_are_named(annotation: Any, shown: str) -> None:
    text = refusal_of(annotation)
    start = "'send' has a parameter that pydantic cannot validate: first: "
    assert text.startswith(start)
    assert shown in text.removeprefix(start)
    assert text.endswith(WAY_OUT)
    assert "fine" not in text


def test_every_one_of_them_is_named() -> None:
    text = refusal_of(Thing, Thing)
    assert "validate: first: Thing, *rest: Thing. What" in text


def test_a_model_that_is_not_finished_says_what_it_lacks() -> None:
    text = refusal_of(Unfinished)
    assert "first: Unfinished (" in text
    assert "Decimal" in text


def test_a_field_as_the_default_is_looked_at_too() -> None:
    async def send(self: ServerlessHub, fine: int, pet: Cat | int = Field(discriminator="kind")) -> None: ...  # noqa: B008 - that is the case

    with pytest.raises(HubDefinitionError, match=r"cannot validate: pet: .*needs field 'kind'"):
        describe_hub(type("Chat", (ServerlessHub,), {"send": send}))


def test_the_union_that_cannot_be_told_apart_is_named() -> None:
    text = refusal_of(Annotated[Cat | int, Field(discriminator="kind")])
    assert "first: " in text
    assert "fine" not in text
