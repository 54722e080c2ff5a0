"""Continuations of lists that run over several endpoints: what comes back may be anything."""

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serverless_hub.errors import InvalidArgumentError
from serverless_hub.management.page_mark import PageMark

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(url=TEXTS, continuation=st.none() | TEXTS)
def test_a_mark_comes_back_as_it_was(url: str, continuation: str | None) -> None:
    mark = PageMark(url, continuation)
    text = mark.encode()
    assert PageMark.decode(text) == mark
    assert text.replace("-", "").replace("_", "").isalnum()


@given(st.text())
def test_any_other_text_is_refused_or_a_mark(text: str) -> None:
    try:
        found = PageMark.decode(text)
    except InvalidArgumentError:
        return
    assert PageMark.decode(found.encode()) == found


@pytest.mark.parametrize(
    "content", ["", "1", "[]", '["a"]', '["a",1]', '["a",null,null]', '{"url":"a"}', "[" * 5000, '["a","' + "x" * 16384]
)
def test_content_of_another_shape_is_refused(content: str) -> None:
    with pytest.raises(InvalidArgumentError):
        PageMark.decode(urlsafe_b64encode(content.encode()).decode().rstrip("="))


def test_a_mark_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidArgumentError):
        PageMark.decode(PageMark("a", "x" * 20_000).encode())
