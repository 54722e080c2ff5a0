"""What cannot be called on clients is refused when a hub is defined or registered, with what to write instead."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from types import new_class
from typing import Any, Generic, Protocol

import pytest
from pydantic import BaseModel
from typing_extensions import TypeVar

from serverless_hub import HubDefinitionError, ServerlessHub, hub_method
from serverless_hub.hub.client_contract import client_contract
from serverless_hub.hub.descriptor import describe_hub

T = TypeVar("T")


class Message(BaseModel):
    text: str


class Presence(Protocol):
    async def joined(self) -> None: ...


class Chatter(Protocol):
    async def told(self, text: str) -> None: ...


class Chat(ServerlessHub[Chatter]): ...


class Quiet(ServerlessHub[Presence]): ...


class Base(ServerlessHub[T], Generic[T]): ...


def new_hub(*bases: Any) -> type[ServerlessHub[Any]]:
    return new_class("Chat", bases, {"naming": "camel"})


def refused(protocol: Any, text: str) -> None:
    with pytest.raises(HubDefinitionError, match=text):
        client_contract(protocol)


def protocol_with(**members: Any) -> Any:
    return new_class("Told", (Presence, Protocol), exec_body=lambda namespace: namespace.update(members))


def plain(self: Any) -> None: ...


def promising(self: Any) -> Awaitable[int]: ...  # type: ignore[empty-body]  # of a Protocol


async def streaming(self: Any) -> AsyncIterator[int]:
    yield 1


async def told(self: Any) -> None: ...


class Attribute(Protocol):
    size: int


@pytest.mark.parametrize("member", [plain, promising, streaming, property(plain), staticmethod(told), partial(told), 5])
def test_whatever_is_no_async_method_is_refused(member: Any) -> None:
    refused(
        protocol_with(tell=member), r"Told\.tell cannot be called on clients: write `async def tell\(self, \.\.\.\)"
    )


def test_an_attribute_is_refused() -> None:
    refused(Attribute, r"Attribute\.size cannot be called on clients")


@pytest.mark.parametrize("name", ["_tell", "__call__"])
def test_a_method_that_begins_with_an_underscore_is_refused(name: str) -> None:
    refused(protocol_with(**{name: told}), rf"Told\.{name} begins with an underscore: rename it")


async def nameless(self: Any) -> None: ...
async def by_name(self: Any, first: int, *, told: int) -> None: ...
async def by_any_name(self: Any, **told: int) -> None: ...
async def without_self() -> None: ...
async def of_unknown(self: Any, told: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821 - that is the case  # pyright: ignore[reportUndefinedVariable]
async def silent(self: Any): ...  # type: ignore[no-untyped-def]  # noqa: ANN201 - that is the case
async def of_object(self: Any, told: Callable[[], range] | range) -> None: ...
async def returning_object(self: Any) -> range: ...  # type: ignore[empty-body]  # of a Protocol
async def of_variable(self: Any, told: list[T]) -> None: ...
async def with_ellipsis(self: Any, told: int = ...) -> None: ...  # pyright: ignore[reportArgumentType] - that is the case
async def with_none(self: Any, told: int = None) -> None: ...  # type: ignore[assignment]  # noqa: RUF013 - that is the case  # pyright: ignore[reportArgumentType]


REFUSED: list[tuple[Any, str]] = [
    (by_name, r"Told\.tell\(\*, told\) is passed by name, and clients get arguments by position: move it before"),
    (by_any_name, r"Told\.tell\(\*\*told\) is passed by name"),
    (without_self, r"Told\.tell lacks self"),
    (of_unknown, r"of_unknown cannot be resolved: name 'Nowhere' is not defined\. Import the name"),
    (silent, r"Told\.tell does not say what it returns: write `-> None`"),
    (of_object, r"Told\.tell\(told: .*\) cannot be serialised by pydantic: what clients get is"),
    (returning_object, r"Told\.tell cannot have this result: range is no type that pydantic can validate"),
    (of_variable, r"Told\.tell has the type variable T, and nothing says what it is"),
    (with_ellipsis, r"Told\.tell\(told: int = Ellipsis\) has a default of another type"),
    (with_none, r"Told\.tell\(told: int = None\) has a default of another type"),
    (hub_method("")(nameless), r"Told\.tell has the target '': it must not be empty"),
]


@pytest.mark.parametrize(("function", "text"), REFUSED)
def test_a_method_that_cannot_be_called_on_clients_is_refused(function: Any, text: str) -> None:
    refused(protocol_with(tell=function), text)


async def letting_in(invocation: Any, call_next: Any) -> Any:
    return await call_next(invocation)


@pytest.mark.parametrize("mark", [hub_method(cancel_on_disconnect=True), hub_method(filters=[letting_in])])
def test_options_that_mean_nothing_on_clients_are_refused(mark: Callable[[Any], Any]) -> None:
    async def tell(self: Any) -> None: ...

    refused(protocol_with(tell=mark(tell)), r"Told\.tell runs on clients, so @hub_method can only say its name")


def test_two_methods_whose_targets_differ_only_by_case_are_refused() -> None:
    class Twins(Protocol):
        async def send_it(self) -> None: ...

        async def sendIt(self) -> None: ...  # noqa: N802 - that is the case

    with pytest.raises(HubDefinitionError, match=r"Twins\.sendIt and .*Twins\.send_it have the same target 'sendIt'"):
        new_hub(ServerlessHub[Twins])


@pytest.mark.parametrize("clients", [Message, Chat, list[int], int])
def test_clients_that_are_no_protocol_are_refused_by_the_class_statement(clients: Any) -> None:
    with pytest.raises(
        HubDefinitionError, match=r"the clients of Chat: .* is no Protocol: write `class .*\(Protocol\)`"
    ):
        new_hub(ServerlessHub[clients])
    refused(clients, r"^[^:]* is no Protocol")


@pytest.mark.parametrize(
    ("base", "text"),
    [
        (ServerlessHub["Nowhere"], "what Chat gives to its base cannot be resolved: name 'Nowhere' is not defined"),  # type: ignore[name-defined]  # pyright: ignore[reportUndefinedVariable] - the case
        (ServerlessHub[Presence | None], r"the clients of Chat: .*Presence \| None is no Protocol"),
        (Base, "Chat has the type variable T in the place of its clients, and nothing says what it is"),
    ],
)
def test_clients_that_cannot_be_found_are_refused_when_the_hub_is_registered(base: Any, text: str) -> None:
    with pytest.raises(HubDefinitionError, match=text):
        describe_hub(new_hub(base))


def test_bases_with_different_clients_are_refused() -> None:
    with pytest.raises(HubDefinitionError, match="has bases with different clients, Chatter and Presence: give all"):
        describe_hub(new_hub(Chat, Quiet))
