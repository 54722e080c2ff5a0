"""Annotations are read when a router registers a hub, so they may name what comes later."""

import typing
from typing import Any, Optional

import pytest
from pydantic import BaseModel

from serverless_hub import HubDefinitionError, ServerlessHub
from serverless_hub.hub.descriptor import describe_hub
from tests.support.hub_bench import Bench

if typing.TYPE_CHECKING:
    from decimal import Decimal


class Shop(ServerlessHub):
    async def plain(self, item: "Item") -> "Item":
        return item

    async def nested(self, items: list["Item"]) -> dict[str, "Item"]:
        return {item.name: item for item in items}

    async def optional(self, item: Optional["Item"]) -> "Item | None":
        return item

    async def rest(self, *items: "Item") -> int:
        return len(items)


class Item(BaseModel):
    name: str


async def test_an_annotation_in_quotes_may_name_a_later_class() -> None:
    assert await Bench(Shop).result("plain", {"name": "tea"}) == {"name": "tea"}


async def test_so_may_one_inside_of_another_type() -> None:
    assert await Bench(Shop).result("nested", [{"name": "tea"}]) == {"tea": {"name": "tea"}}
    assert await Bench(Shop).result("optional", {"name": "tea"}) == {"name": "tea"}
    assert await Bench(Shop).result("rest", {"name": "tea"}, {"name": "jam"}) == 2


async def test_nested_forward_references_are_validated_like_all_others() -> None:
    assert "items.0.name: Field required" in await Bench(Shop).error("nested", [{}])


async def test_a_local_class_may_be_named_without_quotes() -> None:
    class Local(BaseModel):
        name: str

    class Chat(ServerlessHub):
        async def send(self, local: Local) -> str:
            return local.name

    assert await Bench(Chat).result("send", {"name": "tea"}) == "tea"


def test_a_name_that_exists_only_for_type_checkers_is_an_error_that_says_what_to_do() -> None:
    class Chat(ServerlessHub):
        async def pay(self, amount: "Decimal") -> None: ...

    with pytest.raises(
        HubDefinitionError, match=r"an annotation of .*Chat\.pay cannot be resolved: .*'Decimal'"
    ) as error:
        describe_hub(Chat)
    assert "Import the name at the top of the module" in str(error.value)


def test_so_is_one_inside_of_another_type() -> None:
    class Chat(ServerlessHub):
        async def pay(self, amounts: list["Decimal"]) -> None: ...

    with pytest.raises(HubDefinitionError, match=r"Chat\.pay cannot be resolved: .*'Decimal'"):
        describe_hub(Chat)


def test_so_is_one_in_the_result() -> None:
    class Chat(ServerlessHub):
        async def pay(self) -> list["Decimal"]:
            return []

    with pytest.raises(HubDefinitionError, match=r"Chat\.pay cannot be resolved: .*'Decimal'"):
        describe_hub(Chat)


class Unfinished(BaseModel):
    amount: "Decimal"


def test_a_model_that_is_not_fully_defined_is_an_error_at_registration_in_a_parameter() -> None:
    class Chat(ServerlessHub):
        async def pay(self, what: Unfinished) -> None: ...

    with pytest.raises(HubDefinitionError, match="'pay' has a parameter that pydantic cannot validate"):
        describe_hub(Chat)


def test_a_model_that_is_not_fully_defined_is_an_error_at_registration_in_a_result() -> None:
    class Chat(ServerlessHub):
        async def pay(self) -> Unfinished:
            raise NotImplementedError

    with pytest.raises(HubDefinitionError, match=r"Chat\.pay returns .*Unfinished.*, which pydantic cannot serialise"):
        describe_hub(Chat)


class Odd:
    pass


def test_a_parameter_of_a_class_that_pydantic_does_not_know_is_an_error_that_names_depends() -> None:
    class Chat(ServerlessHub):
        async def send(self, odd: Odd) -> None: ...

    with pytest.raises(
        HubDefinitionError, match=r"'send' has a parameter that pydantic cannot validate: .*with Depends"
    ):
        describe_hub(Chat)


def test_a_result_of_a_class_that_pydantic_does_not_know_is_an_error() -> None:
    class Chat(ServerlessHub):
        async def send(self) -> Odd:
            return Odd()

    with pytest.raises(HubDefinitionError, match=r"returns <class '.*Odd'>, which pydantic cannot serialise"):
        describe_hub(Chat)


async def test_parameters_without_an_annotation_take_anything() -> None:
    class Chat(ServerlessHub):
        async def send(self, what) -> Any:  # type: ignore[no-untyped-def] # noqa: ANN001 - that is the case
            return what  # pyright: ignore[reportUnknownVariableType] - that is the case

    assert await Bench(Chat).result("send", {"a": [1, None]}) == {"a": [1, None]}
