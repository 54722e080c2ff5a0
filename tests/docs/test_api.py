"""Claims of `reference/api.md`."""

import inspect
import re
from dataclasses import fields
from typing import Any

import pytest

import serverless_hub
from serverless_hub import HubRouter, InvocationContext, bindings
from serverless_hub.hub import filters
from serverless_hub.hub.hub import ServerlessHub
from serverless_hub.protocol.upstream import Category
from serverless_hub.routing.binding_methods import BindingMethods
from tests.docs.pages import DOCS, cells
from tests.support.recording import RecordingSender

API = (DOCS / "reference/api.md").read_text("utf-8")


def shown_signature(name: str) -> list[str] | None:
    """Return the names of the parameters that the page gives `name`; None where it gives no parameters."""
    found = re.search(rf"^\| `(?:class \w+\()?{name}(?:\(|, )?(?P<parameters>.*?)\)?` \|", API, re.MULTILINE)
    assert found is not None, name
    names = re.findall(r"(?:^|, )\*{0,2}(\w+)(?==|,|$)", found["parameters"])
    return names or None


def explained(heading: str) -> set[str]:
    """Return what has a row of its own in the tables of a section."""
    return {name for row in cells("reference/api.md", heading) for name in re.findall(r"`(\w+)`", row[0])}


def real_signature(value: Any) -> list[str]:
    target = value.__init_subclass__ if value is ServerlessHub else value
    skipped = {"self", "cls", "options"} if value is ServerlessHub else {"self"}
    return [name for name in inspect.signature(target).parameters if name not in skipped]


@pytest.mark.parametrize("name", sorted(set(serverless_hub.__all__) - {"InvocationContext"}))
def test_every_public_name_stands_in_the_page_with_its_parameters(name: str) -> None:
    value = getattr(serverless_hub, name)
    shown = shown_signature(name)
    if isinstance(value, type) and issubclass(value, Exception):
        assert shown in (None, ["text"])
    else:
        assert (shown or []) == real_signature(value)


def test_every_member_of_the_context_stands_in_the_page() -> None:
    shown = {name for row in cells("reference/api.md", "InvocationContext") for name in re.findall(r"\w+", row[0])}
    members = {name for name in dir(InvocationContext) if not name.startswith("_")}
    names = members | {field.name for field in fields(InvocationContext)}
    assert names - {"identity_source"} <= shown


def test_every_option_of_the_router_is_explained() -> None:
    assert set(real_signature(HubRouter)) - {"hubs"} <= explained("Router")


def test_every_option_of_hubs_and_methods_is_explained() -> None:
    options = {*real_signature(ServerlessHub), *real_signature(serverless_hub.hub_method)}
    assert options <= explained("Hubs")


METHODS = ("install", "trigger", "output", "sends", "connection_info", "negotiation", "endpoints", "reload")


@pytest.mark.parametrize("name", METHODS)
def test_every_method_of_the_router_stands_in_the_page_with_its_parameters(name: str) -> None:
    assert (shown_signature(rf"HubRouter\.{name}") or []) == real_signature(getattr(HubRouter, name))
    own = {method for part in (HubRouter, BindingMethods) for method in vars(part) if not method.startswith("_")}
    assert own == set(METHODS)


@pytest.mark.parametrize("name", bindings.__all__)
def test_every_binding_stands_in_the_page(name: str) -> None:
    shown = shown_signature(name)
    value: Any = getattr(bindings, name)
    if hasattr(value, "model_fields"):
        assert shown == list(value.model_fields)
    elif shown is not None:
        assert shown == real_signature(value)


@pytest.mark.parametrize("name", ["groups", "user_groups", "connections"])
def test_every_method_of_groups_and_connections_stands_in_the_page(name: str) -> None:
    context = InvocationContext(
        hub="chat", category=Category.MESSAGES, event="x", connection_id="c", sender=RecordingSender()
    )
    methods = {method for method in dir(getattr(context, name)) if not method.startswith("_")}
    assert methods == set(re.findall(rf"`self\.{name}\.(\w+)\(", API))


def test_the_names_for_filters_are_where_the_page_says() -> None:
    for name in ("HubInvocation", "CallNext", "HubFilter"):
        assert f"`{name}`" in API
        assert name in filters.__all__
