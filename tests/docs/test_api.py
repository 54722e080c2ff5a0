"""Claims of `reference/api.md`, and that `reference/docstrings.md` leaves nothing out."""

import inspect
import re
from collections.abc import Iterable
from dataclasses import fields
from typing import Any, cast

import pytest

import serverless_hub
from serverless_hub import (
    HubContext,
    HubRouter,
    InvocationContext,
    SendOptions,
    SyncHubContext,
    bindings,
    errors,
    management,
    testing,
    tracing,
)
from serverless_hub.hub import filters
from serverless_hub.hub.clients import CallerClients, ClientProxy, Clients
from serverless_hub.hub.hub import ServerlessHub
from serverless_hub.protocol.upstream import Category
from serverless_hub.routing.binding_methods import BindingMethods
from tests.docs.pages import DOCS, cells
from tests.support.recording import RecordingSender

API = (DOCS / "reference/api.md").read_text("utf-8")
_INNER = {HubContext: {"of"}, CallerClients: {"typed"}}
"""What only our own modules can call, since they have what it takes."""


def parameters(text: str) -> list[str]:
    """Return the names in a list of parameters."""
    return re.findall(r"(?:^|, )\*{0,2}(\w+)(?==|,|$)", text)


def shown_signature(name: str) -> list[str] | None:
    """Return the names of the parameters that the page gives `name`; None where it gives no parameters."""
    found = re.search(rf"^\| `(?:class \w+\()?{name}(?:\(|, )?(?P<parameters>.*?)\)?` \|", API, re.MULTILINE)
    assert found is not None, name
    return parameters(found["parameters"]) or None


def shown_calls(prefix: str) -> dict[str, list[str]]:
    """Return the names of the parameters of every `prefix.name(...)` in the page."""
    found = re.finditer(rf"`{prefix}(?P<name>\w+)\((?P<parameters>[^`]*)\)`", API)
    return {call["name"]: parameters(call["parameters"]) for call in found}


def methods_of(value: type) -> dict[str, list[str]]:
    """Return the names of the parameters of every public method."""
    names = public(value) - {name for name in dir(value) if isinstance(getattr(value, name), property)}
    return {name: real_signature(getattr(value, name)) for name in names}


def public(value: type) -> set[str]:
    return {name for name in dir(value) if not name.startswith("_")} - _INNER.get(value, set())


def explained(heading: str) -> set[str]:
    """Return what has a row of its own in the tables of a section."""
    return {name for row in cells("reference/api.md", heading) for name in re.findall(r"`(\w+)`", row[0])}


def parts_of(value: object, names: Iterable[str]) -> dict[str, type[object]]:
    """Return the types of what `value` has under these names."""
    return {name: type(cast("object", getattr(value, name))) for name in names}


def real_signature(value: Any) -> list[str]:
    target = value.__init_subclass__ if value is ServerlessHub else value
    skipped = {"self", "cls", "options"} if value is ServerlessHub else {"self"}
    return [name for name in inspect.signature(target).parameters if name not in skipped]


@pytest.mark.parametrize("name", sorted(set(serverless_hub.__all__) - {"HubContext", "InvocationContext"}))
def test_every_public_name_stands_in_the_page_with_its_parameters(name: str) -> None:
    value = getattr(serverless_hub, name)
    shown = shown_signature(name)
    if isinstance(value, type) and issubclass(value, Exception) and "__init__" not in vars(value):
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


def test_every_option_of_sending_is_explained() -> None:
    assert set(real_signature(SendOptions)) <= explained("HubContext")


def test_every_method_of_the_router_stands_in_the_page_with_its_parameters() -> None:
    own = {name for kind in (HubRouter, BindingMethods) for name in vars(kind) if not name.startswith("_")}
    assert shown_calls(r"HubRouter\.") == {name: real_signature(getattr(HubRouter, name)) for name in own}


@pytest.mark.parametrize("name", bindings.__all__)
def test_every_binding_stands_in_the_page(name: str) -> None:
    shown = shown_signature(name)
    value: Any = getattr(bindings, name)
    if hasattr(value, "model_fields"):
        assert shown == list(value.model_fields)
    elif shown is not None:
        assert shown == real_signature(value)


def test_whom_one_can_send_to_stands_in_the_page_with_its_parameters() -> None:
    rows = [row[0] for row in cells("reference/api.md", "Clients")]
    shown = {name for row in rows for name in re.findall(r"`(\w+)[`(]", row)}
    assert shown == public(CallerClients)
    assert shown - public(Clients) == {"caller", "others", "others_in_group"}
    calls = {name: names for name, names in shown_calls("").items() if name in methods_of(CallerClients)}
    assert calls == methods_of(CallerClients)
    assert shown_calls("await ").items() >= methods_of(ClientProxy).items()


@pytest.mark.parametrize("name", ["groups", "user_groups", "connections"])
def test_every_method_of_groups_and_connections_stands_in_the_page(name: str) -> None:
    context = InvocationContext(
        hub="chat", category=Category.MESSAGES, event="x", connection_id="c", sender=RecordingSender()
    )
    assert shown_calls(rf"self\.{name}\.") == methods_of(parts_of(context, [name])[name])


def test_every_way_to_a_hub_context_and_all_that_it_has_stand_in_the_page() -> None:
    made = shown_calls(r"HubContext\.")
    called = shown_calls(r"chat\.")
    assert made.keys() == {"from_settings", "from_connection_string"}
    assert made | called == methods_of(HubContext)
    context = HubContext.from_connection_string("Endpoint=http://localhost;AccessKey=x;", "chat")
    parts = set(re.findall(r"`chat\.(\w+)[`.]", API))
    assert parts == public(HubContext) - methods_of(HubContext).keys()
    for name, kind in parts_of(context, ("users", "streams")).items():
        assert shown_calls(rf"chat\.{name}\.") == methods_of(kind)


def test_what_a_context_for_waiting_code_lacks_is_what_the_page_says() -> None:
    context = HubContext.from_connection_string("Endpoint=http://localhost;AccessKey=x;", "chat")
    waiting = SyncHubContext(context)
    made = {"from_settings", "from_connection_string"}
    lacking = {name for name in public(HubContext) - made if not hasattr(waiting, name)}
    (sentence,) = re.findall(r"A `SyncHubContext` has all of that but (.*?), which its", API, re.DOTALL)
    assert lacking == set(re.findall(r"`(\w+)`", sentence))
    for name, kind in parts_of(context, ("groups", "user_groups", "users", "connections")).items():
        assert all(hasattr(getattr(waiting, name), method) for method in public(kind))


@pytest.mark.parametrize("name", management.__all__)
def test_every_name_for_managing_stands_in_the_page_with_its_parameters(name: str) -> None:
    assert f"`{name}" in " ".join(row[0] for row in cells("reference/api.md", "Management"))
    if name != "EndpointRouter":  # which is no class, but the type of a function
        assert shown_signature(name) == real_signature(getattr(management, name))


def test_every_error_stands_in_the_page_with_what_it_is() -> None:
    rows = {row[0].strip("`"): row[1] for row in cells("reference/api.md", "Errors") if len(row) == 3}
    at_the_top = {name for name in serverless_hub.__all__ if name in errors.__all__}
    assert rows.keys() - {"name"} | at_the_top == set(errors.__all__)
    for name in rows.keys() - {"name"}:
        bases = [base.__name__ for base in getattr(errors, name).__bases__]
        assert re.findall(r"`(\w+)`", rows[name]) == bases


def test_the_names_for_filters_are_where_the_page_says() -> None:
    for name in ("HubInvocation", "CallNext", "HubFilter"):
        assert f"`{name}`" in API
        assert name in filters.__all__


def test_every_name_for_tests_stands_in_the_page() -> None:
    assert set(testing.__all__) <= set(re.findall(r"`(\w+)[(`]", API))
    for name in ("HubTestClient", "call", "SendRecorder"):
        assert shown_signature(rf"{name}\b") == real_signature(getattr(testing, name))
    members = next(row for row in cells("reference/api.md", "Tests") if row[0] == "`HubClient`")[1]
    own = {"take", "line_ended", "greet", "forget"}
    shown = set(re.findall(r"`(\w+)`", members)) - {"connect"}
    assert shown == (public(testing.HubClient) - own) | {"connection_id", "pings"}


@pytest.mark.parametrize(
    "module", [serverless_hub, bindings, management, errors, testing, tracing], ids=lambda module: module.__name__
)
def test_every_public_name_has_its_docstring_in_the_page_of_signatures(module: Any) -> None:
    text = (DOCS / "reference/docstrings.md").read_text("utf-8")
    shown = set(re.findall(r"^::: (\S+)$", text, re.MULTILINE))
    at_the_top = set(serverless_hub.__all__) & set(errors.__all__) if module is serverless_hub else set[str]()
    assert {f"{module.__name__}.{name}" for name in set(module.__all__) - at_the_top} <= shown
