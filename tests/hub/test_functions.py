"""The traditional model: functions for events, their arguments named beside them."""

import logging
from typing import Annotated, Any

import pytest
from pydantic import Field

from serverless_hub import HubDefinitionError, HubException, Ignore, InvocationContext
from serverless_hub.hub.filters import CallNext, HubInvocation, add_filter
from serverless_hub.hub.functions import SignalRParameter
from tests.support.hub_bench import Bench


@pytest.mark.requirement("functions.parameter-names")
async def test_named_parameters_take_the_arguments_in_the_order_of_the_names() -> None:
    async def run(text: str, context: InvocationContext, room: str) -> list[str]:
        return [room, text, context.connection_id]

    bench = Bench().register(run, parameter_names=["Room", "TEXT"])
    assert await bench.result("run", "lobby", "hello") == ["lobby", "hello", "c1"]


@pytest.mark.requirement("functions.signalr-parameter")
async def test_marked_parameters_take_the_arguments_in_their_own_order() -> None:
    async def run(
        room: Annotated[str, SignalRParameter()],
        context: InvocationContext,
        number: Annotated[int, SignalRParameter(), Field(gt=0)],
    ) -> list[Any]:
        return [room, number, context.event]

    bench = Bench().register(run)
    assert await bench.result("run", "lobby", 3) == ["lobby", 3, "run"]
    assert "number: Input should be greater than 0" in await bench.error("run", "lobby", 0)


async def test_the_mark_may_be_the_class_itself() -> None:
    async def run(room: Annotated[str, SignalRParameter]) -> str:
        return room

    assert await Bench().register(run).result("run", "lobby") == "lobby"


@pytest.mark.requirement("functions.parameter-names")
async def test_a_name_that_the_function_does_not_take_still_counts() -> None:
    async def run(room: str) -> str:
        return room

    bench = Bench().register(run, parameter_names=["room", "unused"])
    assert await bench.result("run", "lobby", {"any": "thing"}) == "lobby"
    assert await bench.error("run", "lobby") == "'run' takes 2 arguments: another number came"


@pytest.mark.requirement("functions.parameter-names.none")
async def test_without_names_any_number_of_arguments_may_come() -> None:
    async def run(context: InvocationContext) -> list[Any]:
        return list(context.arguments)

    bench = Bench().register(run)
    assert await bench.result("run") == []
    assert await bench.result("run", 1, "two") == [1, "two"]


async def test_an_argument_with_a_default_may_be_left_out() -> None:
    async def run(room: str, loud: bool = False) -> list[Any]:
        return [room, loud]

    assert await Bench().register(run, parameter_names=["room", "loud"]).result("run", "lobby") == ["lobby", False]


async def test_what_is_injected_need_not_be_named() -> None:
    def run(log: logging.Logger, text: str, *, size: Annotated[int, Ignore()] = 7) -> list[Any]:
        return [log.name.rpartition(".")[2], text, size]

    assert await Bench().register(run, parameter_names=["text"]).result("run", "x") == ["run", "x", 7]


@pytest.mark.requirement("functions.trigger")
async def test_functions_run_for_connections_too() -> None:
    seen: list[Any] = []

    async def come(context: InvocationContext) -> None:
        seen.append(context.event)

    async def go(context: InvocationContext) -> None:
        seen.append(context.error)

    bench = Bench().register(come, category="connections", event="connected")
    bench.register(go, category="connections", event="Disconnected".lower())
    assert (await bench.connect()).status == 200
    assert (await bench.disconnect("lost")).status == 200
    assert seen == ["connected", "lost"]


async def test_connections_events_without_a_function_are_fine() -> None:
    async def run() -> None: ...

    bench = Bench().register(run)
    assert (await bench.connect()).status == 200
    assert (await bench.disconnect()).status == 200


async def test_filters_run_around_functions() -> None:
    async def shout(invocation: HubInvocation, call_next: CallNext) -> str:
        assert invocation.hub is None
        return str(await call_next(invocation)).upper()

    async def refuse(invocation: HubInvocation, call_next: CallNext) -> None:
        raise HubException("not today")

    async def run() -> str:
        return "quiet"

    async def refused() -> None: ...

    assert await Bench().register(add_filter(run, shout)).result("run") == "QUIET"
    assert await Bench().register(refused, filters=(refuse,)).error("run") == "not today"


def plain(first: str, second: str) -> None: ...


def single(text: str) -> None: ...


def rest(*values: str) -> None: ...


def marked(value: Annotated[str, SignalRParameter()]) -> None: ...


def injected(context: InvocationContext) -> None: ...


@pytest.mark.requirement("functions.event", "functions.parameter-names.unique")
@pytest.mark.parametrize(
    ("function", "trigger", "text"),
    [
        (plain, {}, "one parameter takes the whole event, so name the arguments"),
        (rest, {}, "has no name for each argument"),
        (
            single,
            {"parameter_names": ["txt"]},
            r"single\(text\) would take the whole event, and no",
        ),
        (marked, {"parameter_names": ["value"]}, "names its arguments twice"),
        (plain, {"parameter_names": ["first", "FIRST"]}, "has a name twice"),
        (plain, {"parameter_names": "first"}, "is a list of names"),
        (plain, {"parameter_names": ["first, second"]}, "several are a list of names"),
        (injected, {"parameter_names": ["context"]}, "named as an argument of the call and injected as well"),
        (marked, {"category": "connections", "event": "connected"}, "has no arguments to name"),
        (injected, {"category": "news"}, "category='news' is unknown"),
        (injected, {"category": "connections", "event": "joined"}, "event='joined' is unknown"),
        (injected, {"event": ""}, "must not be empty"),
        (injected, {"hub": "1st"}, "cannot be the name of a hub"),
    ],
)
def test_a_trigger_that_cannot_work_is_refused_with_the_remedy(
    function: Any, trigger: dict[str, Any], text: str
) -> None:
    with pytest.raises(HubDefinitionError, match=text):
        Bench().register(function, **trigger)
