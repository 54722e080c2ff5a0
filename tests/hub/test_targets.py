"""What clients can call."""

from collections.abc import Sized
from typing import Any, ClassVar, Self, TypeVar

import pytest

from serverless_hub import ServerlessHub
from serverless_hub.hub.descriptor import describe_hub

S = TypeVar("S", bound=ServerlessHub)


async def plain(me) -> None: ...  # type: ignore[no-untyped-def] # noqa: ANN001 - that is the case


async def by_class(me: "Lobby") -> None: ...


async def by_base(me: ServerlessHub, /) -> None: ...


async def by_variable(me: S) -> None: ...  # pyright: ignore[reportInvalidTypeVarUse] - that is the case


async def by_anything(me: Any) -> None: ...


async def by_protocol(self: Sized) -> None: ...


class Lobby(ServerlessHub):
    async def by_self(self: Self) -> None: ...


def targets_of(hub: type[ServerlessHub]) -> set[str]:
    return set(hub.hub_definition.targets)


@pytest.mark.requirement("class-model.public")
def test_public_methods_are_targets_whether_async_or_not() -> None:
    class Chat(ServerlessHub):
        async def send(self) -> None: ...

        def count(self) -> None: ...

    assert targets_of(Chat) == {"send", "count"}


@pytest.mark.requirement("class-model.public")
def test_the_methods_of_bases_are_targets_too() -> None:
    class Presence:
        async def who(self) -> None: ...

    class Base(ServerlessHub):
        async def send(self) -> None: ...

    class Chat(Presence, Base):
        async def shout(self) -> None: ...

    assert targets_of(Chat) == {"who", "send", "shout"}


def test_an_overridden_method_is_one_target_with_the_newest_function() -> None:
    class Base(ServerlessHub):
        async def send(self) -> None: ...

    class Chat(Base):
        async def send(self) -> None: ...

    assert Chat.hub_definition.targets["send"] is Chat.send


FIRST: list[Any] = [plain, by_class, by_base, by_variable, by_anything, by_protocol, Lobby.by_self]


@pytest.mark.parametrize("function", FIRST)
def test_self_may_be_annotated_and_have_another_name(function: Any) -> None:
    hub: type[ServerlessHub] = type("Chat", (Lobby,), {"send": function})
    assert describe_hub(hub).events["messages", "send"].parameters == ()


@pytest.mark.requirement("class-model.public")
def test_names_with_an_underscore_in_front_are_never_targets() -> None:
    class Chat(ServerlessHub):
        async def _internal(self) -> None: ...

        async def __mangled(self) -> None: ...  # pyright: ignore[reportUnusedFunction] - nobody calls any of them

        async def __call__(self) -> None: ...

    assert targets_of(Chat) == set()


@pytest.mark.requirement("class-model.public")
def test_properties_static_methods_class_methods_and_attributes_are_never_targets() -> None:
    class Chat(ServerlessHub):
        rooms: ClassVar[list[str]] = []

        @property
        def room(self) -> str:
            return "lobby"

        @staticmethod
        def helper() -> None: ...

        @classmethod
        def make(cls) -> None: ...

        class Inner: ...

    assert targets_of(Chat) == set()


def test_a_method_that_a_subclass_replaces_with_something_else_is_no_target_there() -> None:
    class Base(ServerlessHub):
        async def send(self) -> None: ...

    class Chat(Base):
        send = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType] - taking it away is the point

    assert targets_of(Chat) == set()


@pytest.mark.requirement("class-model.public")
def test_nothing_of_the_hub_base_class_is_a_target() -> None:
    class Chat(ServerlessHub): ...

    assert targets_of(Chat) == set()
    assert dict(Chat.hub_definition.hooks) == {}


@pytest.mark.requirement("class-model.hooks")
def test_hooks_are_no_targets() -> None:
    class Chat(ServerlessHub):
        async def on_connected(self) -> None: ...

        async def on_disconnected(self) -> None: ...

    assert targets_of(Chat) == set()
    assert set(Chat.hub_definition.hooks) == {"connected", "disconnected"}
