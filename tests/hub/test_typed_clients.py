"""Hubs that say what their clients implement: the methods of a Protocol are called on them."""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime
from enum import Enum
from types import new_class
from typing import Annotated, Any, Generic, Protocol
from uuid import UUID

import pytest
from anyio import from_thread
from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer
from typing_extensions import TypedDict, TypeVar

from serverless_hub import InvocationContext, ServerlessHub, hub_method
from serverless_hub.hub.client_contract import client_contract
from serverless_hub.hub.clients import CallerClients, ClientProxy, Clients
from serverless_hub.hub.descriptor import describe_hub
from serverless_hub.hub.hub import attach
from serverless_hub.hub.ports import Receivers
from serverless_hub.hub.typed_clients import ClientContract
from serverless_hub.protocol.upstream import Category
from serverless_hub.protocol.values import from_msgpack, to_json, to_msgpack
from tests.support.hub_bench import Bench
from tests.support.recording import RecordingSender, Sent

T = TypeVar("T")


def context(sender: RecordingSender) -> InvocationContext:
    return InvocationContext(hub="chat", category=Category.MESSAGES, event="run", connection_id="c1", sender=sender)


def new_hub(*bases: Any) -> type[ServerlessHub[Any]]:
    return new_class("Chat", bases, {"naming": "camel"})


class Message(BaseModel):
    text: str
    sender: Annotated[str, Field(serialization_alias="from")] = "ann"


class Special(Message):
    more: int = 0


class Colour(Enum):
    RED = "red"


class Point(TypedDict):
    x: float


class Chatter(Protocol):
    async def receive_message(self, sender: str | None, message: Message) -> None:
        """Show a message."""

    async def moved(self, x: float, y: float = 0) -> None: ...

    async def several(self, first: str, *rest: Message) -> None: ...

    async def anything(self, value: Any, other: Any = None) -> None: ...

    @hub_method("shown-as")
    async def renamed(self) -> None: ...


class Chat(ServerlessHub[Chatter], naming="camel"):
    async def send_message(self, room: str, text: str) -> None:
        await self.clients.group(room).receive_message(self.context.user_id, Message(text=text))

    def from_a_thread(self) -> None:
        from_thread.run(self.clients.others.moved, 1)

    async def untyped(self) -> None:
        await self.clients.untyped.caller.send("any_thing", 1)
        await self.clients.untyped.others.send("any_thing", 2)


def contract_of(hub: type[ServerlessHub[Any]]) -> ClientContract[Any]:
    describe_hub(hub)
    contract = hub.client_definition.contract
    assert contract is not None
    return contract


async def run(bench: Bench, target: str, *arguments: Any) -> None:
    assert (await bench.completion(target, *arguments)).error is None


def chatters(sender: RecordingSender) -> Clients[Chatter]:
    return Clients(sender, client_contract(Chatter, naming="camel"))


async def test_a_method_of_the_protocol_is_called_on_clients_under_its_target() -> None:
    bench = Bench(Chat)
    await run(bench, "sendMessage", "lobby", "hi")
    message = {"text": "hi", "from": "ann"}
    assert bench.sender.sent == [Sent(Receivers("groups", ("lobby",)), "receiveMessage", ("ann", message))]


async def test_a_synchronous_method_sends_from_its_thread() -> None:
    bench = Bench(Chat)
    await run(bench, "fromAThread")
    assert bench.sender.sent == [Sent(Receivers("all", excluded=("c1",)), "moved", (1, 0))]


async def test_other_targets_are_sent_to_untyped_clients() -> None:
    bench = Bench(Chat)
    await run(bench, "untyped")
    assert [(sent.target, sent.arguments) for sent in bench.sender.sent] == [("any_thing", (1,)), ("any_thing", (2,))]
    sender = RecordingSender()
    await chatters(sender).untyped.all.send("any_thing")
    assert sender.sent == [Sent(Receivers("all"), "any_thing", ())]


CHOICES: list[tuple[Callable[[CallerClients[Chatter]], Chatter], Receivers]] = [
    (lambda clients: clients.all, Receivers("all")),
    (lambda clients: clients.all_except(["c2"]), Receivers("all", excluded=("c2",))),
    (lambda clients: clients.client("c2"), Receivers("connections", ("c2",))),
    (lambda clients: clients.clients(["c2", "c3"]), Receivers("connections", ("c2", "c3"))),
    (lambda clients: clients.group("g"), Receivers("groups", ("g",))),
    (lambda clients: clients.group_except("g", ["c2"]), Receivers("groups", ("g",), ("c2",))),
    (lambda clients: clients.groups(["g", "h"]), Receivers("groups", ("g", "h"))),
    (lambda clients: clients.user("ann"), Receivers("users", ("ann",))),
    (lambda clients: clients.users(["ann", "ben"]), Receivers("users", ("ann", "ben"))),
    (lambda clients: clients.caller, Receivers("connections", ("c1",))),
    (lambda clients: clients.others, Receivers("all", excluded=("c1",))),
    (lambda clients: clients.others_in_group("g"), Receivers("groups", ("g",), ("c1",))),
]


@pytest.mark.parametrize(("choose", "receivers"), CHOICES)
async def test_every_choice_of_clients_has_the_methods(
    choose: Callable[[CallerClients[Chatter]], Chatter], receivers: Receivers
) -> None:
    sender = RecordingSender()
    clients = CallerClients(sender, "c1", client_contract(Chatter))
    await choose(clients).renamed()
    assert sender.sent == [Sent(receivers, "shown-as", ())]
    assert repr(choose(clients)) == f"<Chatter of {receivers}>"


async def test_a_context_gives_typed_clients_to_functions() -> None:
    contract = client_contract(Chatter, naming="camel")

    async def tell(context: InvocationContext) -> None:
        await context.clients.typed(contract).caller.moved(1.5)
        await Clients(bench.sender).typed(contract).all.moved(2.5)

    bench = Bench().register(tell, parameter_names=[])
    await run(bench, "run")
    assert [sent.arguments for sent in bench.sender.sent] == [(1.5, 0), (2.5, 0)]


CALLS: list[tuple[Callable[[Chatter], Awaitable[None]], tuple[Any, ...]]] = [
    (lambda all_: all_.moved(1), (1, 0)),
    (lambda all_: all_.moved(1, 2), (1, 2)),
    (lambda all_: all_.moved(y=2, x=1), (1, 2)),
    (lambda all_: all_.moved(1, y=2), (1, 2)),
    (lambda all_: all_.several("a"), ("a",)),
    (lambda all_: all_.several("a", Message(text="b")), ("a", {"text": "b", "from": "ann"})),
    (lambda all_: all_.several(first="a"), ("a",)),
    (
        lambda all_: all_.receive_message(message=Special(text="b"), sender=None),
        (None, {"text": "b", "from": "ann"}),
    ),
    (lambda all_: all_.anything(b"1"), (b"1", None)),
]


@pytest.mark.parametrize(("call", "arguments"), CALLS)
async def test_arguments_are_passed_as_the_protocol_says_and_sent_by_position(
    call: Callable[[Chatter], Awaitable[None]], arguments: tuple[Any, ...]
) -> None:
    sender = RecordingSender()
    await call(chatters(sender).all)
    assert sender.sent[0].arguments == arguments


SECRET = "p4ssw0rd"


WRONG_CALLS: list[tuple[Callable[[Any], Awaitable[None]], str]] = [
    (lambda all_: all_.moved(), r"Chatter\.moved\(x: float, y: float = 0\): missing a required argument: 'x'"),
    (lambda all_: all_.moved(1, 2, SECRET), r"Chatter\.moved\(.*\): too many positional arguments"),
    (lambda all_: all_.moved(1, z=SECRET), r"Chatter\.moved\(.*\): got an unexpected keyword argument 'z'"),
    (lambda all_: all_.moved(1, x=SECRET), r"Chatter\.moved\(.*\): multiple values for argument 'x'"),
    (lambda all_: all_.moved(1, SECRET), r"Chatter\.moved\(y: float\) cannot be sent this str"),
    (lambda all_: all_.receive_message(None, None), r"receive_message\(message: .*\) .* this NoneType"),
    (lambda all_: all_.receive_message(None, {"text": SECRET}), r"receive_message\(message: .*\) .* this dict"),
    (
        lambda all_: all_.several("", Message(text=""), SECRET),
        r"several\(\*rest: .*Message\) cannot be sent this str",
    ),
    (
        lambda all_: all_.receive_message(None, Message.model_construct(text=[SECRET])),
        r"receive_message\(message: .*\) cannot be sent this Message",
    ),
]


@pytest.mark.parametrize(("call", "text"), WRONG_CALLS)
async def test_a_call_that_does_not_fit_is_a_type_error_before_anything_is_sent(
    call: Callable[[Any], Awaitable[None]], text: str
) -> None:
    sender = RecordingSender()
    with pytest.raises(TypeError, match=text) as caught:
        await call(chatters(sender).all)
    assert sender.sent == []
    assert SECRET not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__suppress_context__ or caught.value.__context__ is None) == (
        None,
        True,
    )


class Values(Protocol):
    async def send(self, value: Any) -> None: ...


NOTHING = object()


def values_of(annotation: Any) -> ClientContract[Any]:
    async def send(self: Any, value: Any) -> None: ...

    send.__annotations__["value"] = annotation
    if annotation is NOTHING:
        del send.__annotations__["value"]
    return client_contract(new_class("Values", (Values, Protocol), exec_body=lambda members: members.update(send=send)))


@pytest.mark.parametrize(
    ("annotation", "value", "json", "plain"),
    [
        (bytes, b"\xff", b'"/w=="', b"\xff"),
        (list[bytes], [b"\xff"], b'["/w=="]', [b"\xff"]),
        (datetime, datetime(2026, 7, 1, tzinfo=UTC), b'"2026-07-01T00:00:00+00:00"', datetime(2026, 7, 1, tzinfo=UTC)),
        (date, date(2026, 7, 1), b'"2026-07-01"', "2026-07-01"),
        (UUID, UUID(int=1), b'"00000000-0000-0000-0000-000000000001"', "00000000-0000-0000-0000-000000000001"),
        (Colour, Colour.RED, b'"red"', "red"),
        (Point, {"x": 1.5}, b'{"x":1.5}', {"x": 1.5}),
        (float | None, None, b"null", None),
        (frozenset[int], frozenset([1]), b"[1]", [1]),
        (Iterable[int], [1, 2], b"[1,2]", [1, 2]),
        pytest.param(Iterable[int], (n for n in (1, 2)), b"[1,2]", [1, 2], id="generator"),
        (Annotated[int, PlainSerializer(str, when_used="json")], 5, b'"5"', "5"),
        (Annotated[int | None, PlainSerializer(str, when_used="json-unless-none")], None, b"null", None),
    ],
    ids=repr,
)
async def test_what_is_sent_has_a_form_in_both_protocols(annotation: Any, value: Any, json: bytes, plain: Any) -> None:
    sender = RecordingSender()
    await Clients(sender, values_of(annotation)).all.send(value)
    (sent,) = sender.sent[0].arguments
    assert to_json(sent) == json
    assert from_msgpack(to_msgpack(sent)) == plain


async def test_a_parameter_without_an_annotation_takes_anything() -> None:
    sender = RecordingSender()
    await Clients(sender, values_of(NOTHING)).all.send(b"1")
    assert sender.sent[0].arguments == (b"1",)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, "1"),
        (int, None),
        (Annotated[str, BeforeValidator(str.strip)], None),
        (Iterable[int], ["1"]),
        (list[Message], [None, 1]),
        (Colour, "red"),
        (Iterable[int], 5),
    ],
    ids=repr,
)
async def test_a_value_of_another_type_is_refused(annotation: Any, value: Any) -> None:
    with pytest.raises(TypeError, match=r"Values\.send\(value: .*\) cannot be sent this"):
        await Clients(RecordingSender(), values_of(annotation)).all.send(value)


def test_a_method_looks_like_that_of_the_protocol() -> None:
    method: Any = chatters(RecordingSender()).all.receive_message
    assert list(inspect.signature(method).parameters) == ["sender", "message"]
    assert (method.__name__, method.__qualname__) == ("receive_message", "Chatter.receive_message")
    assert method.__doc__ == "Show a message."
    assert inspect.iscoroutinefunction(method)


def test_what_the_protocol_does_not_have_the_clients_do_not_have() -> None:
    proxy: Any = chatters(RecordingSender()).all
    with pytest.raises(AttributeError, match="'Chatter' object has no attribute 'send'"):
        proxy.send  # noqa: B018 - that is the case


class Presence(Protocol):
    async def joined(self) -> None: ...


class Listing(Presence, Protocol[T]):
    async def listed(self, items: list[T]) -> None: ...


class WithPresence(ServerlessHub[T], Generic[T]): ...


class Renamed(WithPresence[T], Generic[T]): ...


class Sub(Chat): ...


class Twice(Renamed[Presence], WithPresence[Presence]): ...


Default = TypeVar("Default", default=Presence)


class ByDefault(ServerlessHub[Default], Generic[Default]): ...


@pytest.mark.parametrize(
    ("hub", "methods"),
    [
        (Sub, {"anything", "moved", "receive_message", "renamed", "several"}),
        (new_hub(Chat, ServerlessHub), {"anything", "moved", "receive_message", "renamed", "several"}),
        (Twice, {"joined"}),
        (ByDefault, {"joined"}),
    ],
)
def test_subclasses_and_generic_bases_keep_their_clients(hub: type[ServerlessHub[Any]], methods: set[str]) -> None:
    assert set(contract_of(hub).methods) == methods


async def test_a_protocol_may_be_generic_and_inherit() -> None:
    class Chat(Renamed[Listing[Message]]): ...

    contract = contract_of(Chat)
    sender = RecordingSender()
    await Clients(sender, contract).all.joined()
    await Clients(sender, contract).all.listed([Message(text="a")])
    assert [sent.arguments for sent in sender.sent] == [(), ([{"text": "a", "from": "ann"}],)]
    with pytest.raises(TypeError, match="cannot be sent this list"):
        await Clients(sender, contract).all.listed([1])
    assert contract.protocol is Listing


def test_names_of_later_classes_are_looked_up_when_the_hub_is_registered() -> None:
    class Chat(ServerlessHub["Later"]): ...

    assert set(contract_of(Chat).methods) == {"told"}


class Later(Protocol):
    async def told(self, what: "LaterMessage") -> None: ...


class LaterMessage(BaseModel):
    text: str


class Bare(ServerlessHub): ...


class Anything(ServerlessHub[Any]): ...


class Plain(ServerlessHub[ClientProxy]): ...


@pytest.mark.parametrize("hub", [Bare, Anything, Plain])
def test_a_hub_without_a_protocol_sends_any_target(hub: type[ServerlessHub[Any]]) -> None:
    assert hub.client_definition.contract is None
    instance = hub()
    attach(instance, lambda: context(RecordingSender()))
    assert isinstance(instance.clients.all, ClientProxy)
