"""Class statements that fail, and what they say."""

from typing import Any

import pytest

from serverless_hub import HubDefinitionError, ServerlessHub, hub_method


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


def test_a_class_whose_own_name_no_service_takes_needs_another_one() -> None:
    with pytest.raises(HubDefinitionError, match="'Größe' cannot be the name of a hub"):
        type("Größe", (ServerlessHub,), {})
    size: type[ServerlessHub] = type("Größe", (ServerlessHub,), {}, hub="size")
    assert size.hub_definition.name == "size"


@pytest.mark.requirement("class-model.hub-name")
@pytest.mark.parametrize("name", ["a", "Chat_1", "a.b,c`d[e]", "x" * 128])
def test_every_name_that_services_take_is_taken(name: str) -> None:
    assert define({}, hub=name).hub_definition.name == name


def test_a_definition_error_is_a_type_error_too() -> None:
    assert issubclass(HubDefinitionError, TypeError)
