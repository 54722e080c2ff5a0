"""Claims of `reference/api.md`."""

import inspect
import re
from dataclasses import fields
from typing import Any

import pytest

import serverless_hub
from serverless_hub import InvocationContext
from serverless_hub.hub import filters
from serverless_hub.hub.hub import ServerlessHub
from tests.docs.pages import DOCS, cells

API = (DOCS / "reference/api.md").read_text("utf-8")


def shown_signature(name: str) -> list[str] | None:
    """Return the names of the parameters that the page gives `name`; None where it gives no parameters."""
    found = re.search(rf"^\| `(?:class \w+\()?{name}(?:\(|, )?(?P<parameters>.*?)\)?` \|", API, re.MULTILINE)
    assert found is not None, name
    names = re.findall(r"(?:^|, )\*{0,2}(\w+)(?==|,|$)", found["parameters"])
    return names or None


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
    hidden = {"connections", "identity_source"}
    names = {field.name for field in fields(InvocationContext)} - hidden
    assert names | {"identity", "tracing_id", "to_json", "abort"} <= shown


def test_every_option_of_the_router_is_explained() -> None:
    explained = {name for row in cells("reference/api.md", "Router") for name in re.findall(r"`(\w+)`", row[0])}
    assert set(real_signature(serverless_hub.HubRouter)) - {"hubs"} <= explained


def test_the_names_for_filters_are_where_the_page_says() -> None:
    for name in ("HubInvocation", "CallNext", "HubFilter"):
        assert f"`{name}`" in API
        assert name in filters.__all__
