"""Filters of connections, as Azure documents them for Web PubSub, and those that are none."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import InvalidArgumentError
from serverless_hub.protocol.rest import ErrorCode
from serverless_hub.service.odata import MAX_DEPTH, read_filter
from serverless_hub.service.odata_tokens import MAX_LENGTH
from serverless_hub.service.odata_values import Subject

ANN = Subject("c1", "ann", {"g", "h"})
QUOTED = Subject("c2", "user'1", {"it's"})
LONG = Subject("c3", "user-ab-de", {"g"})
SPACED = Subject("c4", " User1 ", set[str]())
NOBODY = Subject("c5", None, set[str]())
EVERYBODY = (ANN, QUOTED, LONG, SPACED, NOBODY)


def taken(text: str) -> list[str]:
    takes = read_filter(text)
    return [subject.connection_id for subject in EVERYBODY if takes(subject)]


@pytest.mark.requirement("service.execute.filter")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The examples of Azure's page.
        ("'g' in groups or 'it''s' in groups or 'group3' in groups", ["c1", "c2", "c3"]),
        ("userId in ('ann', 'user2', 'user-ab-de') and 'h' in groups", ["c1"]),
        ("userId eq 'ann' and connectionId ne '123'", ["c1"]),
        ("userId eq 'ann' and (not ('g' in groups))", []),
        ("userId eq 'user''1'", ["c2"]),
        ("userId eq null", ["c5"]),
        ("userId ne null", ["c1", "c2", "c3", "c4"]),
        ("userId ne 'ann'", ["c2", "c3", "c4", "c5"]),
        ("not endswith(userId, 'milk')", ["c1", "c2", "c3", "c4"]),
        ("userId eq 'ann' or (not (startswith(userId,'user')))", ["c1", "c4"]),
        ("tolower(userId) eq ' user1 '", ["c4"]),
        ("toupper(userId) eq 'ANN'", ["c1"]),
        ("trim(userId) eq 'User1'", ["c4"]),
        ("substring(userId,5,2) eq 'ab'", ["c3"]),
        ("substring(userId,8) eq 'de'", ["c3"]),
        ("endswith(userId,'de')", ["c3"]),
        ("startswith(userId,'user')", ["c2", "c3"]),
        ("contains(userId,'ser')", ["c2", "c3", "c4"]),
        ("indexof(userId,'-ab-') ge 0", ["c3"]),
        ("length(userId) gt 3", ["c2", "c3", "c4"]),
        ("length(groups) gt 1", ["c1"]),
        ("not (length(userId) gt 5)", ["c1", "c5"]),  # nothing is longer than five, and null is not either
        ("length(userId) gt 0 and length(userId) lt 4 or length(userId) gt 7 and length(userId) le 10", ["c1", "c3"]),
        # Names and operators in any case, values as they are; spaces where and as many as one likes.
        ("\tUSERID  EQ\n'ann' ", ["c1"]),
        ("userId eq 'ANN'", []),
        ("not(userId eq'ann')and connectionId ne'c5'", ["c2", "c3", "c4"]),
        # Both sides may be anything.
        ("'ann' eq userId", ["c1"]),
        ("null eq userId", ["c5"]),
        ("userId eq connectionId", []),
        ("null eq null and null in (null)", ["c1", "c2", "c3", "c4", "c5"]),
        ("userId in (null, 'ann')", ["c1", "c5"]),
        ("userId in ('ann')", ["c1"]),
        ("length(userId) in (3, +10)", ["c1", "c3"]),
        ("userId in groups", []),
        ("'g' in (groups)", ["c1", "c3"]),
        ("'g' in ((groups))", ["c1", "c3"]),
        ("null in groups", []),
        ("startswith(userId,'user') eq true", ["c2", "c3"]),
        ("startswith(userId,'user') ne false", ["c2", "c3", "c5"]),
        ("startswith(userId,'user') in (false, true)", ["c1", "c2", "c3", "c4"]),
        ("indexof(userId, 'x') eq -1", ["c1", "c2", "c3", "c4"]),
        ("substring(userId, -5, 3) eq 'ann'", ["c1"]),
        ("substring(userId, 0, -1) eq ''", ["c1", "c2", "c3", "c4"]),
        ("connectionId ge 'c3' and connectionId lt 'c5'", ["c3", "c4"]),
        ("true", ["c1", "c2", "c3", "c4", "c5"]),
        ("false or not not true", ["c1", "c2", "c3", "c4", "c5"]),
        ("not not not true", []),
        # Null is neither true nor false.
        ("startswith(userId, 'a')", ["c1"]),
        ("not startswith(userId, 'a')", ["c2", "c3", "c4"]),
        ("startswith(userId, 'a') or true", ["c1", "c2", "c3", "c4", "c5"]),
        ("startswith(userId, 'a') or connectionId eq 'c2'", ["c1", "c2"]),
        ("not (startswith(userId, 'a') and false)", ["c1", "c2", "c3", "c4", "c5"]),
        ("not (startswith(userId, 'a') and true)", ["c2", "c3", "c4"]),
        ("startswith(null, 'a') eq null", ["c1", "c2", "c3", "c4", "c5"]),
        ("userId gt null or null le userId", []),
        ("userId lt 'b'", ["c1", "c4"]),
        # `not` binds before comparisons, these before `and`, that before `or`.
        ("true or true and false", ["c1", "c2", "c3", "c4", "c5"]),
        ("(true or true) and false", []),
        ("not false and false", []),
        ("not startswith(userId,'a') eq true", ["c2", "c3", "c4"]),
    ],
)
def test_a_filter_takes_whom_it_describes(text: str, expected: list[str]) -> None:
    assert taken(text) == expected


@pytest.mark.requirement("service.execute.filter")
@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 1, "a value, userId, connectionId, groups or a function"),
        ("   ", 4, "a value, userId, connectionId, groups or a function"),
        ("hunter2", 1, "a value, userId, connectionId, groups or a function"),
        ("userId", 1, "a condition"),
        ("'hunter2'", 1, "a condition"),
        ("null", 1, "a condition"),
        ("userId eq", 10, "a value, userId, connectionId, groups or a function"),
        ("userId eq 'hunter2", 11, "the quote that ends this text"),
        ("userId eq 'hunter2''", 11, "the quote that ends this text"),
        ("userId eq 'a' hunter", 15, "an operator or the end"),
        ("userId eq 'a' 'hunter2'", 15, "an operator or the end"),
        ("userId eq 'a')", 14, "an operator or the end"),
        ("(userId eq 'a'", 15, "')'"),
        ("userId eq 'a' and", 18, "a value, userId, connectionId, groups or a function"),
        ("userId eq 'a' or userId", 18, "a condition"),
        ("userId and true", 1, "a condition"),
        ("userId eq 5", 11, "a text or null"),
        ("length(userId) eq 'hunter2'", 19, "a number or null"),
        ("true gt false", 1, "a text or a number or null"),
        ("null gt true", 9, "a text or a number or null"),
        ("null eq groups", 9, "a text or a number or null or a condition"),
        ("groups eq 'hunter2'", 1, "a text or a number or null or a condition"),
        ("not userId eq 'hunter2'", 5, "a condition"),
        ("not null", 5, "a condition"),
        ("not", 4, "a value, userId, connectionId, groups or a function"),
        ("userId in 'hunter2'", 11, "groups"),
        ("userId in ()", 12, "a value, userId, connectionId, groups or a function"),
        ("userId in ('a' 'hunter2')", 16, "')'"),
        ("userId in ('a', 5)", 17, "a text or null"),
        ("userId in ('a', groups)", 17, "a text or null"),
        ("5 in groups", 1, "a text or null"),
        ("groups in ('a')", 1, "a text or a number or null or a condition"),
        ("startswith(userId)", 1, "as many arguments of startswith as it takes, which is 2"),
        ("substring(userId, 1, 2, 3) eq 'a'", 1, "as many arguments of substring as it takes, which is 2 or 3"),
        ("substring(userId, 'hunter2') eq 'a'", 19, "a number"),
        ("startswith(groups, 'hunter2')", 12, "a text or null"),
        ("length(5) gt 1", 8, "a text or null or groups"),
        ("startswith 'hunter2'", 12, "'('"),
        ('userId eq "hunter2"', 11, "a name, a value or an operator"),
        ("userId == 'hunter2'", 8, "a name, a value or an operator"),
        ("userId eq ٣", 11, "a name, a value or an operator"),
        ("userId eq 'a' eq true", 15, "an operator or the end"),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_an_error_that_says_where_and_what_was_expected_and_nothing_of_it(
    text: str, position: int, expected: str
) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        read_filter(text)
    assert str(raised.value) == f"the filter cannot be read at character {position}: expected {expected}"
    assert raised.value.code == ErrorCode.INVALID_REQUEST


def test_a_filter_has_at_most_so_many_characters() -> None:
    text = "true or".ljust(MAX_LENGTH - 4) + "true"
    assert len(taken(text)) == 5
    with pytest.raises(InvalidArgumentError, match="a filter is at most that long"):
        read_filter(text + " ")


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("(", ")"),
        ("true and (", ")"),
        ("not (", ")"),
        ("true or true and not (", ")"),
        ("true in (false,", ")"),
        ("true in (true and true eq (", "))"),
    ],
)
def test_parentheses_are_at_most_so_many_inside_of_each_other(begin: str, end: str) -> None:
    times = MAX_DEPTH // begin.count("(")
    assert taken(begin * times + "true" + end * times) is not None
    with pytest.raises(InvalidArgumentError, match="at most 64 parentheses inside of each other"):
        read_filter(begin * (times + 1) + "true" + end * (times + 1))


def test_what_is_only_long_is_not_deep() -> None:
    assert taken("not " * 1000 + "true") == ["c1", "c2", "c3", "c4", "c5"]
    assert taken(" and ".join(["true"] * 400)) == ["c1", "c2", "c3", "c4", "c5"]
    assert taken(f"userId in ({','.join(['null'] * 500)})") == ["c5"]
    assert taken("length(userId) lt " + "9" * 4000) == ["c1", "c2", "c3", "c4"]


names = st.sampled_from(["userId", "connectionId", "groups", "null", "true", "x", "startswith", "length", "substring"])
operators = st.sampled_from(["eq", "ne", "gt", "and", "or", "not", "in", "(", ")", ",", '"', "\x00"])
pieces = st.sampled_from(["'a'", "'", "''", "5", "-1", "('a')", "in groups", "startswith(userId,", "length(groups) gt"])
words = names | operators | pieces


@given(st.one_of(st.text(), st.lists(words).map(" ".join), st.lists(words).map("".join)))
def test_any_text_is_a_filter_or_an_invalid_argument(text: str) -> None:
    with suppress(InvalidArgumentError):
        takes = read_filter(text)
        assert {takes(subject) for subject in EVERYBODY} <= {True, False}
