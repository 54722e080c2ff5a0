"""Decorators and class options that are written wrong, and what their errors say."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from serverless_hub import HubDefinitionError, ServerlessHub, hub_method, requires
from serverless_hub.hub.filters import CallNext, HubInvocation
from tests.support.hub_bench import Bench


async def method(self: ServerlessHub) -> str:
    return "done"


def test_hub_method_without_parentheses_is_refused() -> None:
    bare: Any = hub_method
    with pytest.raises(HubDefinitionError, match=re.escape("write @hub_method() or @hub_method('name')")):
        bare(method)


@pytest.mark.parametrize("arguments", [(method,), (ServerlessHub,), ("admin",), ("admin", "editor")])
def test_requires_without_parentheses_or_names_is_refused(arguments: tuple[Any, ...]) -> None:
    bare: Any = requires
    with pytest.raises(HubDefinitionError, match=re.escape("write @requires() or @requires(role='admin')")):
        bare(*arguments)


def test_a_claim_may_have_any_name() -> None:
    async def run(self: ServerlessHub) -> None: ...

    assert requires(claims="x", decorated="y", self="z")(run) is run


@pytest.mark.parametrize("decorate", [hub_method(), requires(role="admin")])
@pytest.mark.parametrize("decorated", [property(method), print])
def test_what_cannot_be_marked_is_refused(decorate: Callable[[Any], Any], decorated: Any) -> None:
    with pytest.raises(HubDefinitionError, match="put the decorator directly on a method"):
        decorate(decorated)


class Tagged:
    def __init_subclass__(cls, *, tag: str = "", **options: Any) -> None:
        super().__init_subclass__(**options)


@pytest.mark.parametrize("bases", [(ServerlessHub,), (ServerlessHub, Tagged), (Tagged, ServerlessHub)])
@pytest.mark.parametrize("option", ["name", "filter"])
def test_an_option_that_nobody_knows_is_refused_with_the_known_ones(bases: Any, option: str) -> None:
    known = "hub=, naming=, connection=, casing=, filters="
    with pytest.raises(HubDefinitionError, match=rf"Chat has an unknown option '{option}': {known}"):
        type("Chat", bases, {}, **{option: "chat"})


@pytest.mark.parametrize("bases", [(ServerlessHub, Tagged), (Tagged, ServerlessHub)])
def test_an_option_of_another_base_is_taken(bases: Any) -> None:
    hub: Any = type("Chat", bases, {}, tag="x", hub="chat")
    assert hub.hub_definition.name == "chat"


class Demanding:
    def __init_subclass__(cls, *, tag: str) -> None:
        super().__init_subclass__()


def test_what_another_base_says_of_its_options_is_not_changed() -> None:
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'tag'"):
        type("Chat", (ServerlessHub, Demanding), {})
    with pytest.raises(TypeError, match="unexpected keyword argument 'other'"):
        type("Chat", (ServerlessHub, Demanding), {}, tag="x", other="y")


def in_a_thread(invocation: HubInvocation, call_next: CallNext) -> Any: ...


class NoFilter:
    def __call__(self, invocation: HubInvocation, call_next: CallNext) -> Any: ...


class Filter:
    async def __call__(self, invocation: HubInvocation, call_next: CallNext) -> Any:
        return f"filtered {await call_next(invocation)}"

    async def bound(self, invocation: HubInvocation, call_next: CallNext) -> Any:
        return f"bound {await call_next(invocation)}"


@pytest.mark.requirement("filters.around")
@pytest.mark.parametrize("wrong", [in_a_thread, NoFilter, NoFilter(), "admin", None, object(), print])
def test_a_filter_that_is_no_async_callable_is_refused(wrong: Any) -> None:
    with pytest.raises(HubDefinitionError, match="is no filter: write an `async def` of an invocation and call_next"):
        type("Chat", (ServerlessHub,), {}, filters=[wrong])
    with pytest.raises(HubDefinitionError, match="is no filter"):
        hub_method(filters=[wrong])(method)


def test_one_filter_is_no_list_of_filters() -> None:
    with pytest.raises(HubDefinitionError, match=r"filters= is a list: filters=\[\.\.\.\]"):
        type("Chat", (ServerlessHub,), {}, filters=Filter())


@pytest.mark.requirement("filters.around")
@pytest.mark.parametrize(("right", "said"), [(Filter, "filtered"), (Filter(), "filtered"), (Filter().bound, "bound")])
async def test_every_async_callable_is_a_filter(right: Any, said: str) -> None:
    hub: type[ServerlessHub] = type("Chat", (ServerlessHub,), {"run": method}, filters=[right])
    assert await Bench(hub).result("run") == f"{said} done"
