"""Generic hubs: what a subclass puts in the place of a type variable is what clients must send."""

from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import pytest
from fastapi import Depends
from pydantic import BaseModel

from serverless_hub import HubDefinitionError, ServerlessHub
from serverless_hub.hub.descriptor import describe_hub
from tests.support.hub_bench import Bench

T = TypeVar("T")
U = TypeVar("U")


class Model(BaseModel):
    number: int


class Page(BaseModel, Generic[T]):
    items: list[T]


@dataclass
class Box(Generic[T]):
    item: T


class Base(ServerlessHub, Generic[T]):
    async def send(self, item: T) -> T:
        return item

    async def on_connected(self) -> None: ...


class Pair(Base[U], Generic[T, U]):
    async def pair(self, first: list[T], second: U | None) -> list[Any]:
        return [first, second]


class Chat(Base[Model]): ...


class Numbers(Pair[int, float]): ...


class Further(Numbers): ...


class Same(Base[T], Generic[T]):
    async def page(self, page: Page[T], box: Box[T]) -> Any:
        return [type(page.items[0]).__name__, type(box.item).__name__]


class Models(Same[Model]): ...


async def test_a_subclass_says_what_a_type_variable_is() -> None:
    assert await Bench(Chat).result("send", {"number": "5"}) == {"number": 5}
    assert "number" in str(await Bench(Chat).error("send", {"number": "x"}))
    assert await Bench(Models).result("page", {"items": [{"number": 1}]}, {"item": {"number": 1}}) == ["Model", "Model"]


@pytest.mark.parametrize("hub", [Numbers, Further])
async def test_a_variable_that_is_passed_on_under_another_name_is_found(hub: type[ServerlessHub]) -> None:
    assert await Bench(hub).result("pair", ["1"], "2.5") == [[1], 2.5]
    assert await Bench(hub).result("send", "2.5") == 2.5
    assert "item" in str(await Bench(hub).error("send", "x"))


def current() -> str:
    return "ann"


def test_a_variable_may_even_be_what_is_injected() -> None:
    class Injected(Base[Annotated[str, Depends(current)]]): ...

    class Read(ServerlessHub, Generic[T]):
        async def send(self, user: Annotated[T, Depends(current)]) -> None: ...

    for hub in (Injected, Read):
        assert describe_hub(hub).events["messages", "send"].binder.names == []


class Argument(ServerlessHub, Generic[T]):
    async def send(self, item: T) -> None: ...


class Inside(ServerlessHub, Generic[T]):
    async def send(self, item: dict[str, list[T] | None]) -> None: ...


class Result(ServerlessHub, Generic[T]):
    async def send(self) -> list[T]:
        return []


class InModels(ServerlessHub, Generic[T]):
    async def send(self, pages: list[Page[T]]) -> None: ...


class OfModels(InModels[Model]): ...


class OtherVariable(ServerlessHub, Generic[U]):
    async def send(self, page: Page[U]) -> None: ...


class Plain(Argument): ...  # type: ignore[type-arg] # pyright: ignore[reportMissingTypeArgument] - that is the case


class OwnVariable(ServerlessHub):
    async def send(self, item: T) -> T:
        return item


FREE: list[Any] = [Argument, Inside, Result, InModels, OfModels, OtherVariable, Plain, OwnVariable]


@pytest.mark.parametrize("hub", FREE)
def test_a_variable_that_nobody_fills_is_refused_since_it_would_take_anything(hub: type[ServerlessHub]) -> None:
    with pytest.raises(
        HubDefinitionError, match=r"\.send has the type variable [TU], .* class Chat\(Base\[Message\]\)"
    ):
        describe_hub(hub)


async def test_a_generic_model_without_arguments_takes_anything() -> None:
    class Anything(ServerlessHub):
        async def send(self, page: Page) -> Any:  # type: ignore[type-arg] # pyright: ignore[reportUnknownParameterType, reportMissingTypeArgument] - that is the case
            return page.items  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - that is the case

    assert await Bench(Anything).result("send", {"items": [1, "x"]}) == [1, "x"]
