"""Which parameter gets which value."""

import logging
from typing import Annotated, Any

import pytest
from fastapi import BackgroundTasks, Depends, Header, Request

from serverless_hub import HubDefinitionError, HubRouter, Ignore, InvocationContext, ServerlessHub
from tests.conformance.upstream import posting
from tests.support.hub_bench import Bench


async def one() -> int:
    return 1


class Chat(ServerlessHub):
    async def three(self, first: Any, second: Any, third: Any) -> list[Any]:
        return [third, first, second]

    async def number(self, value: int) -> int:
        return value

    async def maybe(self, value: int | None) -> int | None:
        return value

    async def between(
        self, context: InvocationContext, text: str, request: Request, log: logging.Logger, *, tasks: BackgroundTasks
    ) -> list[Any]:
        return [context is self.context, text, request.method, log.name.endswith("Chat"), tasks.tasks]

    async def depends(
        self,
        text: str,
        first: Annotated[int, Depends(one)],
        second: int = Depends(one),  # the older spelling
        *,
        x_asrs_hub: Annotated[str, Header()],
    ) -> list[Any]:
        return [text, first, second, x_asrs_hub]

    async def anything(self, value: object, other) -> list[Any]:  # type: ignore[no-untyped-def]  # noqa: ANN001 - the case
        return [value, other]

    async def ignoring(self, text: str, times: Annotated[int, Ignore()] = 2) -> str:
        return text * times


@pytest.mark.requirement("binding.positional")
async def test_arguments_are_bound_by_position() -> None:
    assert await Bench(Chat).result("three", 1, "x", [None]) == [[None], 1, "x"]


@pytest.mark.requirement("binding.convert.null")
async def test_null_is_none_where_none_is_allowed() -> None:
    assert await Bench(Chat).result("maybe", None) is None
    assert await Bench(Chat).error("number", None) == (
        "'number' cannot be called like that: value: Input should be a valid integer"
    )


@pytest.mark.requirement("binding.injected.types")
async def test_what_is_injected_by_type_counts_as_no_argument() -> None:
    async with posting(Chat) as upstream:
        assert await upstream.invoke("between", "x") == {"result": [True, "x", "POST", True, []]}
        assert await upstream.invoke("between", 1, "x") == {"error": "'between' takes 1 argument: another number came"}


@pytest.mark.requirement("binding.injected.dependencies")
async def test_what_is_declared_as_fastapi_does_counts_as_no_argument() -> None:
    async with posting(Chat) as upstream:
        assert await upstream.invoke("depends", "x") == {"result": ["x", 1, 1, "chat"]}
        assert await upstream.invoke("depends", "x", 2) == {"error": "'depends' takes 1 argument: another number came"}


@pytest.mark.requirement("binding.injected.anything")
@pytest.mark.parametrize("value", [1, "x", None, [{}]], ids=repr)
async def test_a_parameter_of_any_type_takes_anything(value: Any) -> None:
    assert await Bench(Chat).result("anything", value, value) == [value, value]


@pytest.mark.requirement("binding.ignore")
async def test_an_ignored_parameter_keeps_its_default() -> None:
    assert await Bench(Chat).result("ignoring", "x") == "xx"
    assert await Bench(Chat).error("ignoring", "x", 3) == "'ignoring' takes 1 argument: another number came"


@pytest.mark.requirement("binding.hooks")
def test_a_hook_with_arguments_that_no_event_has_is_refused() -> None:
    class Connected(ServerlessHub):
        async def on_connected(self, name: str) -> None: ...

    class Disconnected(ServerlessHub):
        async def on_disconnected(self, error: str | None, name: str) -> None: ...

    for hub in (Connected, Disconnected):
        with pytest.raises(HubDefinitionError, match=r"event has (no|one) argument"):
            HubRouter(hub)
