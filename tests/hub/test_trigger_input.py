"""The whole event in a type of one's own: Azure documents that it "is filled from the request"."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_pascal

from serverless_hub import HubDefinitionError, InvocationContext
from tests.support.hub_bench import Bench


class Event(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal)

    connection_id: str
    user_id: str | None
    arguments: list[int]


@dataclass
class Sent:
    Hub: str
    Event: str


@pytest.mark.requirement("functions.input")
async def test_a_model_is_filled() -> None:
    async def run(event: Event) -> list[Any]:
        return [event.connection_id, event.user_id, event.arguments]

    assert await Bench().register(run).result("run", 1, 2) == ["c1", "ann", [1, 2]]


@pytest.mark.requirement("functions.input")
async def test_a_dataclass_is_filled() -> None:
    async def run(event: Sent) -> list[str]:
        return [event.Hub, event.Event]

    assert await Bench().register(run).result("run") == ["chat", "run"]


@pytest.mark.requirement("functions.input", "context.json")
async def test_a_dict_or_a_text_is_the_json_that_azure_hands_to_functions() -> None:
    seen: list[Any] = []

    async def take_dict(event: dict[str, Any]) -> None:
        seen.append(event)

    async def take_text(event: str) -> None:
        seen.append(json.loads(event))

    async def take_anything(event: Any) -> None:
        seen.append(event)

    async def take_context(event) -> None:  # type: ignore[no-untyped-def]  # the point of the test  # noqa: ANN001 - as before
        assert isinstance(event, InvocationContext)
        seen.append(json.loads(event.to_json()))

    functions: list[Callable[..., Any]] = [take_dict, take_text, take_anything, take_context]
    for function in functions:
        await Bench().register(function).send("run", 1)
    assert seen[0] == seen[1] == seen[2] == seen[3]
    assert list(seen[0]) == [
        "Arguments", "Error", "Category", "Event", "Hub", "ConnectionId", "UserId", "Headers", "Query", "Claims",
    ]  # fmt: skip
    assert seen[0]["Arguments"] == [1]


async def test_an_event_that_does_not_fit_is_an_error_without_values() -> None:
    async def run(event: Event) -> None: ...

    error = await Bench().register(run).error("run", "secret")
    assert error == "'run' cannot be called like that: it does not take this event: Arguments"


def test_a_type_that_nothing_can_fill_is_refused() -> None:
    class Service:
        pass

    async def run(event: Service) -> None: ...

    with pytest.raises(HubDefinitionError, match="which pydantic cannot fill"):
        Bench().register(run)
