"""Arguments and options as values."""

import json
from contextlib import suppress
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.cli.arguments import Receivers, read_argument, read_claims
from serverless_hub.hub.clients import Clients
from serverless_hub.hub.ports import Receivers as To
from tests.support.recording import RecordingSender, Sent

NOBODY: dict[str, list[str]] = {"users": [], "groups": [], "connections": [], "excluded": []}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-1.5", -1.5),
        ("true", True),
        ("null", None),
        ('"5"', "5"),
        ('{"a": [1, "b"]}', {"a": [1, "b"]}),
        (" 5 ", 5),
    ],
)
def test_an_argument_is_json(text: str, value: Any) -> None:
    assert read_argument(text) == value


@pytest.mark.parametrize(
    "text", ["five", "", " ", "It rains.", "{a: 1}", "NaN", "-Infinity", "[1e999]", "[1,", "01", "[" * 100_000]
)
def test_what_is_not_json_is_text(text: str) -> None:
    assert read_argument(text) == text


@pytest.mark.parametrize("text", ["\udcff", '"\\ud800"', '{"\\udc00": 1}', "1" + "0" * 20, "[-9999999999999999999999]"])
def test_what_no_message_can_hold_is_a_wrong_command_line(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="cannot be sent"):
        read_argument(text)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_is_a_value_or_a_wrong_command_line(text: str) -> None:
    with suppress(typer.BadParameter):
        json.dumps(read_argument(text), allow_nan=False)


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)


@given(st.recursive(_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10))
def test_what_is_written_as_json_comes_back(value: Any) -> None:
    assert json.dumps(read_argument(json.dumps(value))) == json.dumps(value)


def test_claims_are_names_with_one_value_or_several() -> None:
    assert read_claims(["role=admin", "a=b=c", "empty=", "role=owner"]) == {
        "role": ["admin", "owner"],
        "a": "b=c",
        "empty": "",
    }
    assert read_claims([]) == {}


@pytest.mark.parametrize("text", ["role", "=admin", ""])
def test_a_claim_of_another_form_is_a_wrong_command_line(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="NAME=VALUE"):
        read_claims([text])


@pytest.mark.parametrize(
    ("given_names", "expected", "shown"),
    [
        ({}, To("all", (), ()), "everybody"),
        ({"excluded": ["c1"]}, To("all", (), ("c1",)), "everybody"),
        ({"users": ["ann"]}, To("users", ("ann",), ()), "user ann"),
        ({"users": ["ann", "ben"]}, To("users", ("ann", "ben"), ()), "users ann, ben"),
        ({"groups": ["red"]}, To("groups", ("red",), ()), "group red"),
        ({"groups": ["red", "blue"]}, To("groups", ("red", "blue"), ()), "groups red, blue"),
        ({"groups": ["red"], "excluded": ["c1", "c2"]}, To("groups", ("red",), ("c1", "c2")), "group red"),
        ({"connections": ["c1"]}, To("connections", ("c1",), ()), "connection c1"),
    ],
)
async def test_receivers_are_everybody_or_those_of_one_kind(
    given_names: dict[str, list[str]], expected: To, shown: str
) -> None:
    receivers = Receivers(**(NOBODY | given_names))
    assert str(receivers) == shown
    sender = RecordingSender()
    await receivers.among(Clients(sender)).send("news")
    assert sender.sent == [Sent(expected, "news", ())]


@pytest.mark.parametrize(
    "given_names",
    [
        {"users": ["ann"], "groups": ["red"]},
        {"groups": ["red"], "connections": ["c1"]},
        {"users": ["ann"], "excluded": ["c1"]},
        {"connections": ["c1"], "excluded": ["c1"]},
        {"groups": ["red", "blue"], "excluded": ["c1"]},
    ],
)
def test_other_combinations_are_a_wrong_command_line(given_names: dict[str, list[str]]) -> None:
    with pytest.raises(typer.BadParameter):
        Receivers(**(NOBODY | given_names))
