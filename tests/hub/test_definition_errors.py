"""Class statements that fail, and what they say."""

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from serverless_hub import HubDefinitionError, ServerlessHub, hub_method
from serverless_hub.hub.descriptor import describe_hub


async def method(self: ServerlessHub) -> None: ...


def define(members: dict[str, Any], **options: Any) -> type[ServerlessHub]:
    return type("Chat", (ServerlessHub,), members, **options)


@pytest.mark.requirement("routing.key.duplicate")
def test_two_methods_whose_names_differ_only_by_case_are_refused_with_both_names() -> None:
    with pytest.raises(HubDefinitionError, match=r"Chat\.Send and Chat\.send have the same target 'send'"):
        define({"Send": method, "send": method})


@pytest.mark.requirement("routing.key.duplicate")
def test_two_methods_that_naming_makes_the_same_are_refused() -> None:
    with pytest.raises(HubDefinitionError, match=r"Chat\.send_it and Chat\.sendIt have the same target"):
        define({"send_it": method, "sendIt": method}, naming="camel")


def test_a_marked_method_may_not_take_the_name_of_another() -> None:
    async def other(self: ServerlessHub) -> None: ...

    with pytest.raises(HubDefinitionError, match="give one another target with @hub_method"):
        define({"send": method, "other": hub_method("SEND")(other)})


@pytest.mark.parametrize("name", ["context", "clients", "groups", "connections"])
def test_a_method_that_hides_something_of_the_base_class_is_refused_with_the_way_out(name: str) -> None:
    with pytest.raises(HubDefinitionError, match=rf"Chat\.{name} hides .*@hub_method\('{name}'\)"):
        define({name: method})


def test_even_a_property_may_not_hide_something_of_the_base_class() -> None:
    with pytest.raises(HubDefinitionError, match=r"Chat\.clients hides ServerlessHub\.clients"):
        define({"clients": property(lambda _: None)})


def test_even_the_definition_may_not_be_hidden() -> None:
    with pytest.raises(HubDefinitionError, match=r"Chat\.hub_definition hides .*@hub_method\('hub_definition'\)"):
        define({"hub_definition": method})


def cached(function: Callable[..., Any]) -> Any:
    return functools.cache(function)


def no_method(_: Any) -> None: ...


WRAPPERS: list[Any] = [
    staticmethod,
    classmethod,
    cached,
    functools.partialmethod,
    functools.partial,
    functools.cached_property,
    property,
]


@pytest.mark.requirement("class-model.hooks")
@pytest.mark.parametrize("hook", ["on_connected", "on_disconnected"])
@pytest.mark.parametrize("wrap", [*WRAPPERS, no_method])
def test_a_hook_that_is_no_plain_method_is_refused(hook: str, wrap: Callable[..., Any]) -> None:
    with pytest.raises(HubDefinitionError, match=rf"Chat\.{hook} is no plain method, so it would never run"):
        define({hook: wrap(method)})


@pytest.mark.requirement("class-model.hooks")
def test_a_hook_that_a_mixin_shadows_is_refused() -> None:
    class Mixin:
        on_connected = None

    with pytest.raises(HubDefinitionError, match=r"Chat\.on_connected is no plain method"):
        type("Chat", (Mixin, ServerlessHub), {})


async def marked(self: ServerlessHub) -> None: ...


hub_method()(marked)


@pytest.mark.parametrize("wrap", WRAPPERS)
def test_what_hub_method_marks_must_be_a_plain_method(wrap: Callable[..., Any]) -> None:
    with pytest.raises(HubDefinitionError, match=r"Chat\.send is no plain method, so it would never run"):
        define({"send": wrap(marked)})


@pytest.mark.parametrize("mark", [hub_method(), hub_method("send")])
def test_hub_method_marks_what_is_wrapped_too(mark: Callable[..., Any]) -> None:
    with pytest.raises(HubDefinitionError, match=r"Chat\.send is no plain method, so it would never run"):
        define({"send": mark(staticmethod(method))})


def test_what_hub_method_marks_may_not_begin_with_an_underscore() -> None:
    with pytest.raises(HubDefinitionError, match=r"Chat\._send begins with an underscore.*@hub_method\('_send'\)"):
        define({"_send": marked})


@pytest.mark.requirement("class-model.hooks")
@pytest.mark.parametrize(
    ("name", "hook"),
    [
        ("onConnected", "on_connected"),
        ("OnConnected", "on_connected"),
        ("on_conected", "on_connected"),
        ("on_connectedd", "on_connected"),
        ("on_connectet", "on_connected"),
        ("onconected", "on_connected"),
        ("on_connect", "on_connected"),
        ("onDisconnected", "on_disconnected"),
        ("on_disconected", "on_disconnected"),
        ("on_disconnect", "on_disconnected"),
    ],
)
def test_a_method_that_is_almost_called_like_a_hook_is_refused(name: str, hook: str) -> None:
    with pytest.raises(
        HubDefinitionError, match=rf"Chat\.{name}: is it the hook {hook}\? else mark it with @hub_method\('{name}'\)"
    ):
        define({name: method})


def test_a_private_method_that_is_called_like_a_hook_needs_another_name() -> None:
    with pytest.raises(
        HubDefinitionError, match=r"_on_connected: is it the hook on_connected\? else give it another name"
    ):
        define({"_on_connected": method})


def test_data_may_have_any_name() -> None:
    assert dict(define({"on_connect": 5}).hub_definition.targets) == {}


def test_such_a_method_is_a_target_when_it_is_marked() -> None:
    async def on_connect(self: ServerlessHub) -> None: ...

    assert set(define({"on_connect": hub_method()(on_connect)}).hub_definition.targets) == {"on_connect"}


@pytest.mark.parametrize("name", ["connected", "reconnected", "on_message", "on_connecting_user", "disconnect"])
def test_other_names_are_just_names(name: str) -> None:
    assert set(define({name: method}).hub_definition.targets) == {name}


async def streaming(self: ServerlessHub) -> AsyncIterator[int]:
    yield 1


def streaming_in_a_thread(self: ServerlessHub) -> Iterator[int]:
    yield 1


@pytest.mark.parametrize("name", ["send", "on_connected"])
@pytest.mark.parametrize("function", [streaming, streaming_in_a_thread])
def test_a_generator_is_refused_since_nobody_would_run_it(name: str, function: Any) -> None:
    with pytest.raises(HubDefinitionError, match=rf"Chat\.{name} is a generator, and streams are not supported"):
        define({name: function})


async def nothing() -> None: ...


async def keywords_only(*, text: str) -> None: ...


async def keywords(**options: str) -> None: ...


async def rest(*arguments: Any) -> None: ...


async def annotated(text: str) -> None: ...


async def written(text: "list[str]") -> None: ...


@pytest.mark.parametrize("name", ["send", "on_connected"])
@pytest.mark.parametrize("function", [nothing, keywords_only, keywords, rest, annotated, written])
def test_a_method_without_self_is_refused(name: str, function: Any) -> None:
    with pytest.raises(HubDefinitionError, match=f"{function.__name__} lacks self, its first parameter"):
        describe_hub(define({name: function}))


@pytest.mark.parametrize("target", ["", "a\nb", "a\x1eb"])
def test_an_empty_target_and_one_with_control_characters_are_refused(target: str) -> None:
    async def send(self: ServerlessHub) -> None: ...

    with pytest.raises(HubDefinitionError, match=r"Chat\.send has the target .*: it must not be empty"):
        define({"send": hub_method(target)(send)})


@pytest.mark.requirement("class-model.hub-name")
@pytest.mark.parametrize("name", ["", "1chat", "a b", "chät", "a/b", "x" * 129])
def test_a_hub_name_that_no_service_takes_is_refused(name: str) -> None:
    with pytest.raises(HubDefinitionError, match=r"cannot be the name of a hub: .*hub='name'"):
        define({}, hub=name)


@pytest.mark.requirement("class-model.hub-name")
@pytest.mark.parametrize("name", ["a", "Chat_1", "a.b,c`d[e]", "x" * 128])
def test_every_name_that_services_take_is_taken(name: str) -> None:
    assert define({}, hub=name).hub_definition.name == name


def test_a_definition_error_is_a_type_error_too() -> None:
    assert issubclass(HubDefinitionError, TypeError)
