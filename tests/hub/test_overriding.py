"""Methods that override others: what protected those protects these."""

import functools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from serverless_hub import ServerlessHub, hub_method, requires
from serverless_hub.hub.descriptor import describe_hub
from serverless_hub.hub.filters import CallNext, HubInvocation
from serverless_hub.hub.identity import Identity
from tests.support.hub_bench import Bench

REFUSED = "You are not allowed to do this."


class Note:
    """A filter with a name."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, invocation: HubInvocation, call_next: CallNext) -> Any:
        return f"{self.name} {await call_next(invocation)}"


class Base(ServerlessHub, filters=[Note("class")]):
    @hub_method(filters=[Note("base")])
    async def run(self) -> Any:
        return "run"


class Protected(ServerlessHub):
    @requires(role="admin")
    async def ban(self) -> str:
        return "banned"

    @requires(role="member")
    async def on_connected(self) -> None: ...


class Plain(Protected):
    async def ban(self) -> str:
        return await super().ban()

    async def on_connected(self) -> None: ...


class TakenAway(Protected):
    ban = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - taking it away is the point


class Returned(TakenAway):
    async def ban(self) -> str:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - that is the case
        return "banned"


class Presence:
    @requires(role="admin")
    async def ban(self) -> str:
        return "banned"


class Mixed(Presence, ServerlessHub):
    @hub_method(filters=[Note("own")])
    async def ban(self) -> str:
        return "banned"


@pytest.mark.requirement("upstream-security.claims")
@pytest.mark.parametrize("hub", [Plain, Returned, Mixed])
async def test_what_the_overridden_method_requires_the_overriding_one_requires(hub: type[ServerlessHub]) -> None:
    assert (await Bench(hub).completion("ban")).error == REFUSED
    assert (await Bench(hub, identity=Identity("ann", {"role": "member"})).completion("ban")).error == REFUSED
    admin = await Bench(hub, identity=Identity("ann", {"role": "admin"})).completion("ban")
    assert admin.error is None


async def test_what_an_overridden_hook_requires_counts() -> None:
    assert (await Bench(Plain).connect()).status == 403
    assert (await Bench(Plain, identity=Identity("ann", {"role": "member"})).connect()).status == 200


@pytest.mark.requirement("filters.order")
async def test_filters_of_overridden_methods_are_outside_of_those_of_the_overriding_one() -> None:
    class Middle(Base, filters=[Note("second class")]):
        @hub_method(filters=[Note("middle")])
        async def run(self) -> Any:
            return "run"

    class Chat(Middle):
        @hub_method("GO", filters=[Note("own")])
        async def run(self) -> Any:
            return "run"

    assert await Bench(Chat).result("go") == "class second class base middle own run"
    assert await Bench(Base).result("run") == "class base run"


def logged(function: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(self: ServerlessHub) -> Any:
        return await function(self)

    return wrapper


def test_a_filter_that_a_wrapper_took_over_runs_once() -> None:
    class Chat(Base):
        run = logged(Base.run)

    class Further(Base):
        run = hub_method(filters=[Note("own")])(logged(Base.run))

    def names(hub: type[ServerlessHub]) -> list[Any]:
        return [getattr(each, "name", None) for each in describe_hub(hub).events["messages", "run"].filters]

    assert names(Chat) == ["class", "base"]
    assert names(Further) == ["class", "base", "own"]


def test_a_filter_that_a_method_names_twice_runs_twice() -> None:
    twice = Note("twice")

    class Chat(ServerlessHub):
        @hub_method(filters=[twice, twice])
        async def run(self) -> None: ...

    assert describe_hub(Chat).events["messages", "run"].filters == (twice, twice)
