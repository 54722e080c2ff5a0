"""Pages of a collection that changes between them."""

from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import InvalidArgumentError
from serverless_hub.service.paging import page_of


@dataclass(frozen=True)
class Member:
    id: str
    user_id: str | None = None


def ids(members: list[Member]) -> list[str]:
    return [member.id for member in members]


@pytest.mark.requirement("service.groups.paging")
def test_pages_come_in_the_order_of_ids_and_the_last_has_no_continuation() -> None:
    members = [Member(name) for name in "edcba"]
    first, after_first = page_of(members, 2, None)
    second, after_second = page_of(members, 2, after_first)
    third, after_third = page_of(members, 2, after_second)
    assert [ids(first), ids(second), ids(third)] == [["a", "b"], ["c", "d"], ["e"]]
    assert after_third is None
    assert page_of(members, 5, None)[1] is None
    assert page_of([], 5, None) == ([], None)


def test_a_continuation_holds_also_when_its_last_member_has_gone() -> None:
    _, continuation = page_of([Member(name) for name in "abcd"], 2, None)
    assert ids(page_of([Member(name) for name in "aacd"], 2, continuation)[0]) == ["c", "d"]


names = st.text("abcä\U0001f600", min_size=1, max_size=3)
few = st.sets(names, max_size=4)


@pytest.mark.requirement("service.groups.paging")
@given(st.sets(names, min_size=1, max_size=12), st.lists(st.tuples(few, few), max_size=6), st.integers(1, 3))
def test_who_is_there_all_the_time_is_on_exactly_one_page(
    begin: set[str], changes: list[tuple[set[str], set[str]]], size: int
) -> None:
    present, always = set(begin), set(begin)
    seen: list[str] = []
    continuation: str | None = None
    quiet = [(set[str](), set[str]())] * 200
    for joined, left in [*changes, *quiet]:
        page, continuation = page_of([Member(name) for name in present], size, continuation)
        seen += ids(page)
        if continuation is None:
            break
        present = (present | joined) - left
        always -= left
    assert continuation is None
    assert len(seen) == len(set(seen))
    assert always <= set(seen)


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode()


@pytest.mark.parametrize(
    "continuation",
    ["", "c1", "%%%", "hä", "\ud800", encoded(b"c1"), encoded(b"after:\xff"), encoded(b"after:c1") + "=", "A" * 4000],
)
def test_a_continuation_that_is_not_from_here_is_an_error(continuation: str) -> None:
    with pytest.raises(InvalidArgumentError, match="is not from here"):
        page_of([Member("c1")], 1, continuation)


@given(st.text())
def test_any_text_as_a_continuation_is_a_page_or_an_invalid_argument(text: str) -> None:
    with suppress(InvalidArgumentError):
        page_of([Member("c1")], 1, text)


@pytest.mark.parametrize("size", [0, -1, 201])
def test_a_page_size_out_of_range_is_an_error(size: int) -> None:
    with pytest.raises(InvalidArgumentError, match="1 to 200 members"):
        page_of([Member("c1")], size, None)
