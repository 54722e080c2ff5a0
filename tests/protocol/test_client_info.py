"""Claims and query in upstream headers."""

from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from serverless_hub.protocol.client_info import parse_claims, parse_query, write_claims, write_query
from serverless_hub.protocol.multimap import MultiMap


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
    assert pairs_of(parsed) == claims


def pairs_of(parsed: MultiMap) -> list[tuple[str, str]]:
    return [(name, value) for name in parsed for value in parsed.all(name)]


def by_name(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return `pairs` in the order in which a MultiMap gives them: names as they came first, values as they came."""
    return pairs_of(MultiMap(pairs))


words = st.text("ab1.:/äß😀", min_size=1, max_size=6)
beginnings = st.lists(words, min_size=1, max_size=3).map(" ".join)
continuations = st.lists(st.sampled_from([",", ", "]).flatmap(lambda comma: words.map(comma.__add__)), max_size=2)
values = st.builds(str.__add__, beginnings, continuations.map("".join))
"""Values with colons and commas in them, and nothing behind a comma that looks like a claim of its own."""


@given(claims=st.lists(st.tuples(words, values), max_size=5))
@example(claims=[("http://schemas.example/name", "Doe, Jane"), ("a", "1"), ("a", "b:c, d:e"), ("a", "1")])
def test_claims_that_are_not_ambiguous_survive_the_round_trip(claims: list[tuple[str, str]]) -> None:
    assert pairs_of(parse_claims(write_claims(claims))) == by_name(claims)


@given(claims=st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=5))
def test_whatever_is_in_claims_their_header_is_one_line(claims: list[tuple[str, str]]) -> None:
    header = write_claims(claims)
    assert header is None or header.isprintable()


parameters = st.tuples(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=9), st.text("a&=?#%+; ä\r\n\0", max_size=9)
)


@given(parameters=st.lists(parameters.filter(lambda pair: pair[0] not in {"id", "access_token"}), max_size=5))
def test_a_query_survives_the_round_trip_with_every_value(parameters: list[tuple[str, str]]) -> None:
    header = write_query(urlencode(parameters))
    assert (header is None) == (not parameters)
    assert header is None or (header.isascii() and header.isprintable())
    assert pairs_of(parse_query(header)) == by_name(parameters)


@pytest.mark.parametrize("name", ["id", "access_token", "%69d", "access%5Ftoken"])
def test_no_spelling_of_a_private_parameter_passes(name: str) -> None:
    assert write_query(f"a=1&{name}=secret") == "?a=1"


headers = st.text(max_size=100) | st.text(",: ?&=%ab", max_size=100)


@given(header=headers)
def test_arbitrary_headers_are_read_without_an_exception_and_nothing_is_made_up(header: str) -> None:
    for found in (pairs_of(parse_claims(header)), pairs_of(parse_query(header))):
        assert sum(len(name) + len(value) for name, value in found) <= len(header)


@given(count=st.integers(250, 260))
def test_a_query_has_at_most_256_parameters(count: int) -> None:
    assert len(parse_query("?" + "&".join(["a=1"] * count)).all("a")) == (count if count <= 256 else 0)


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
