"""Bases of hubs: private ones, protocols, mixins with constructors of their own."""

from abc import ABC, abstractmethod
from typing import Annotated, Any, Protocol, runtime_checkable

import pytest
from fastapi import Depends

from serverless_hub import HubDefinitionError, ServerlessHub
from serverless_hub.hub.descriptor import describe_hub
from tests.support.hub_bench import Bench


class _Base(ServerlessHub):
    async def run(self) -> str:
        return "done"


@pytest.mark.requirement("class-model.hub-name")
async def test_a_private_base_needs_no_name_that_services_take() -> None:
    class Chat(_Base): ...

    assert await Bench(Chat).result("run") == "done"


@pytest.mark.requirement("class-model.hub-name")
@pytest.mark.parametrize("name", ["_Base", "Größe", "x" * 129])
def test_a_name_that_no_service_takes_is_refused_when_the_hub_is_registered(name: str) -> None:
    hub: type[ServerlessHub] = type(name, (ServerlessHub,), {})
    with pytest.raises(HubDefinitionError, match=rf"'{name}' cannot be the name of a hub"):
        describe_hub(hub)


@pytest.mark.requirement("class-model.hub-name")
def test_a_private_class_with_a_name_of_its_own_is_a_hub() -> None:
    class _Chat(ServerlessHub, hub="chat"): ...

    size: type[ServerlessHub] = type("Größe", (ServerlessHub,), {}, hub="size")
    assert describe_hub(_Chat).name == "chat"
    assert describe_hub(size).name == "size"


@runtime_checkable
class Runs(Protocol):
    async def run(self) -> str: ...


class Looks(ABC):  # noqa: B024 - its `__subclasshook__` needs the metaclass
    """A base whose `issubclass` says more than its subclasses."""

    @classmethod
    def __subclasshook__(cls, other: type) -> bool:
        return True

    async def look(self) -> str:
        return "seen"


class Abstract(ABC):
    @abstractmethod
    async def run(self) -> str: ...


class Cooperative:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.made = True


class Injecting:
    def __init__(self, store: Annotated[str, Depends(str)], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.store = store


@pytest.mark.parametrize("base", [Runs, Abstract, Cooperative])
@pytest.mark.parametrize("first", [True, False])
async def test_a_protocol_an_abstract_class_and_a_cooperative_mixin_are_bases(base: Any, first: bool) -> None:
    bases: tuple[Any, ...] = (base, _Base) if first else (_Base, base)

    async def run(self: ServerlessHub) -> str:
        return "done"

    hub: Any = type(base)("Chat", bases, {"run": run})
    assert await Bench(hub).result("run") == "done"


async def test_a_base_that_calls_everything_its_subclass_keeps_its_methods() -> None:
    class Chat(Looks, ServerlessHub): ...

    assert await Bench(Chat).result("look") == "seen"


def test_what_an_inherited_constructor_injects_is_found() -> None:
    class Chat(Injecting, ServerlessHub): ...

    class Passing(Cooperative, Chat): ...

    class Needing(Chat):
        def __init__(self, room: str, **kwargs: Any) -> None: ...

    class Providing(Needing):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__("lobby", **kwargs)

    for hub in (Chat, Passing, Providing):
        assert describe_hub(hub).events["connections", "connected"].constructor_names == {"store"}


@pytest.mark.parametrize("kind", ["arguments", "keywords"])
def test_a_constructor_of_its_own_may_pass_everything_on(kind: str) -> None:
    class Arguments(Cooperative, ServerlessHub):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)

    class Keywords(Injecting, ServerlessHub):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)

    hub, names = (Arguments, frozenset[str]()) if kind == "arguments" else (Keywords, frozenset({"store"}))
    assert describe_hub(hub).events["connections", "connected"].constructor_names == names
