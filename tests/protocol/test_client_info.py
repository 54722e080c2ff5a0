"""Claims and query in upstream headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.protocol.client_info import parse_claims, parse_query, write_claims, write_query

words = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=",:"), min_size=1, max_size=8)


def test_claims_are_written_as_azure_writes_them() -> None:
    assert write_claims([("role", "admin"), ("role", "editor")]) == "role: admin, role: editor"
    assert write_claims([]) is None


def test_a_claim_with_control_characters_is_left_out() -> None:
    assert write_claims([("a", "x\r\nX-Evil: 1"), ("b", "2")]) == "b: 2"


@pytest.mark.requirement("context.claims.values", "context.claims.commas")
@pytest.mark.parametrize(
    ("header", "claims"),
    [
        (None, []),
        ("", []),
        ("nonsense", []),
        ("role: admin, role: editor", [("role", "admin"), ("role", "editor")]),
        ("name: Doe, Jane, role: x", [("name", "Doe, Jane"), ("role", "x")]),
        ("url: http://x, time: 10: 30", [("url", "http://x"), ("time", "10: 30")]),
        ("empty: , b: 1", [("b", "1")]),
    ],
)
def test_claims_are_read_without_losing_commas_colons_or_repetitions(
    header: str | None, claims: list[tuple[str, str]]
) -> None:
    parsed = parse_claims(header)
    assert [(name, value) for name in parsed for value in parsed.all(name)] == claims


@given(claims=st.lists(st.tuples(words, words), max_size=5))
def test_plain_claims_survive_the_round_trip(claims: list[tuple[str, str]]) -> None:
    parsed = parse_claims(write_claims(claims))
    for name, _ in claims:
        assert list(parsed.all(name)) == [value for other, value in claims if other == name]


@given(header=st.text(max_size=100))
def test_arbitrary_headers_are_read_without_an_exception(header: str) -> None:
    len(parse_claims(header))
    len(parse_query(header))


@pytest.mark.requirement("context.query.secrets")
def test_a_query_keeps_its_secrets_to_itself() -> None:
    assert write_query("hub=chat&id=secret&access_token=secret&a=1&a=&b=%C3%A4") == "?hub=chat&a=1&a=&b=%C3%A4"
    assert write_query("id=secret") is None


def test_a_query_with_too_many_parameters_is_dropped() -> None:
    assert write_query("&".join(["a=1"] * 300)) is None


@pytest.mark.requirement("context.query")
@pytest.mark.parametrize("header", ["?a=1&a=2&b=x+y%21", "a=1&a=2&b=x+y%21"])
def test_a_query_is_read_with_every_value(header: str) -> None:
    parsed = parse_query(header)
    assert (parsed.all("a"), parsed["a"], parsed["b"]) == (("1", "2"), "1", "x y!")
